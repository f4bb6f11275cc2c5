import * as kplus from 'cdk8s-plus-28';
import { z } from 'zod';
import {
  autoscaleOnResources,
  clusterSchema,
  ModelServer,
  Monitoring,
  modelSchema,
  Platform,
  RecommendationFunnel,
  Slo,
  Stack,
  tensorflowServing,
  triton,
} from '../../lib';

/** The home page of a shop: two models behind an API that answers within 150 ms, whatever becomes of them. */
export default new Stack({
  environment: z.strictObject({ cluster: clusterSchema, retrieval: modelSchema, ranking: modelSchema }),
  compose(app, environment, { images }) {
    const shop = new Platform(app, 'funnel', { cluster: environment.cluster, images });
    const retrieval = new ModelServer(shop, 'retrieval', {
      model: environment.retrieval,
      runtime: tensorflowServing({ version: '2.19.1' }),
      slo: Slo.latency({ under: '25ms', objective: '99%' }),
    });
    const ranker = new ModelServer(shop, 'ranker', {
      model: environment.ranking,
      runtime: triton({ version: '25.08' }),
      gpu: { count: 1, type: 'nvidia-l4' },
      slo: Slo.latency({ under: '50ms', objective: '99%' }),
    });
    const home = new RecommendationFunnel(shop, 'home', {
      api: {
        image: 'registry.example.com/shop/home-api:1.4.2',
        port: 8080,
        probes: { ready: '/ready', live: '/live' },
      },
      deadline: '150ms',
      stages: {
        retrieval: {
          deadline: '30ms',
          candidates: 500,
          sources: [{ server: retrieval, path: '/v1/models/two-tower:predict' }],
          fallback: { popularItems: { file: '/data/popular.json' } },
        },
        // Stock and what was bought already: the API looks at them itself.
        filtering: { deadline: '10ms', candidates: 400, fallback: 'fail' },
        ranking: {
          deadline: '60ms',
          candidates: 50,
          sources: [{ server: ranker, path: '/v2/models/dlrm/infer', batch: 200 }],
          fallback: 'previous-order',
        },
      },
    });
    home.autoscale(autoscaleOnResources({ replicas: [3, 30], cpu: '60%' }));
    home.allowFrom(
      kplus.Pods.select(shop, 'gateway', {
        labels: { 'app.kubernetes.io/name': 'gateway' },
        namespaces: kplus.Namespaces.select(shop, 'gateways', {
          labels: { 'kubernetes.io/metadata.name': 'gateway-system' },
        }),
      }),
    );
    new Monitoring(shop, 'monitoring');
  },
});
