import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../../lib/synth/manifest';
import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import type { Pod } from '../harness/workloads';

const API = '/apis/metrics.k8s.io/v1beta1';

/** What a pod uses of CPU (cores) and memory (bytes). */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * Plays metrics-server: answers the resource metrics API with what `usage` says of each of a server's running pods.
 * The API server reaches it on loopback through a Service that is nothing but another name for `localhost`.
 */
export class MetricsServer {
  private readonly server: Server;

  constructor(
    { caFile }: Cluster,
    private readonly client: Client,
    private readonly usage: (pods: number) => Usage,
  ) {
    // Any certificate does, since the APIService below doesn't verify it: the API server's own is at hand.
    const key = readFileSync(join(dirname(caFile), 'apiserver.key'));
    this.server = createServer({ key, cert: readFileSync(caFile) }, (request, response) => {
      this.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  /** Listens, and tells the API server where. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    for (const manifest of this.registration()) await this.client.apply(manifest);
  }

  /** A service of the API that nobody answers for would keep every namespace from being deleted. */
  async stop(): Promise<void> {
    for (const manifest of this.registration().reverse()) await this.client.delete(manifest);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private registration(): Manifest[] {
    const { port } = this.server.address() as AddressInfo;
    const service = { name: 'metrics-server', namespace: 'kube-system' };
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: service,
        spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1beta1.metrics.k8s.io' },
        spec: {
          group: 'metrics.k8s.io',
          version: 'v1beta1',
          service: { ...service, port },
          insecureSkipTLSVerify: true,
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      },
    ];
  }

  private async answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, 'https://localhost');
    const namespace = new RegExp(`^${API}/namespaces/([^/]+)/pods$`).exec(pathname)?.[1];
    const body = namespace === undefined ? resources : await this.podMetrics(namespace, searchParams);
    const known = namespace !== undefined || pathname === API;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  private async podMetrics(namespace: string, query: URLSearchParams): Promise<object> {
    const selector = new URLSearchParams({ labelSelector: query.get('labelSelector') ?? '' });
    const path = `/api/v1/namespaces/${namespace}/pods?${selector}`;
    const { items } = (await this.client.request<{ items: (Pod & PodContainers)[] }>('GET', path)).body;
    const running = items.filter(({ status }) => status.phase === 'Running');
    const { cpu, memory } = this.usage(running.length);
    const usage = { cpu: `${Math.round(cpu * 1e9)}n`, memory: String(Math.round(memory)) };
    return {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetricsList',
      metadata: {},
      items: running.map(({ metadata, spec }) => ({
        metadata: { name: metadata.name, namespace, labels: metadata.labels },
        timestamp: new Date().toISOString(),
        window: '15s',
        containers: spec.containers.map(({ name }) => ({ name, usage })),
      })),
    };
  }
}

interface PodContainers {
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
}

const resources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};
