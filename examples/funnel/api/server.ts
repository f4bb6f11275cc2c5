import { createServer, type Server } from 'node:http';
import type { FunnelConfig } from '../../../lib';
import { FunnelMetrics } from './metrics';
import { Recommender } from './recommend';

/** An API of a funnel: `/recommend/USER`, and what Kubernetes and Prometheus ask. */
export function api(config: FunnelConfig): Server {
  const metrics = new FunnelMetrics(config);
  const recommender = new Recommender(config, metrics);
  return createServer((request, response) => {
    const { url = '' } = request;
    const [, user] = /^\/recommend\/([\w-]+)$/.exec(url) ?? [];
    if (user !== undefined) {
      recommender.recommend(user).then(
        (items) => response.end(JSON.stringify({ items })),
        // Try again would only add to the load: 503 without retry-after.
        (error: Error) => response.writeHead(503).end(JSON.stringify({ error: error.message })),
      );
    } else if (url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics.toString());
    } else {
      response.writeHead(url === '/ready' || url === '/live' ? 200 : 404).end();
    }
  });
}
