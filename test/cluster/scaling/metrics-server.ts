import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import type { Pod } from '../harness/workloads';
import { ApiExtension } from './api-extension';

/** What a pod uses of CPU (cores) and memory (bytes). */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/** A pod with what metrics-server reads of it. */
export type Measured = Pod & { readonly spec: { readonly containers: readonly { readonly name: string }[] } };

/**
 * Plays metrics-server: answers the resource metrics API with what `usage` says of a server's pods, undefined for one
 * that has not been measured.
 */
export class MetricsServer extends ApiExtension {
  constructor(
    cluster: Cluster,
    client: Client,
    usage: (selector: string, pods: readonly Measured[]) => Promise<readonly (Usage | undefined)[]>,
  ) {
    super(cluster, client, API, async (path, query) => {
      const namespace = /^\/namespaces\/([^/]+)\/pods$/.exec(path)?.[1];
      if (namespace === undefined) return undefined;
      const selector = query.get('labelSelector') ?? '';
      const pods = await podsOf(client, namespace, selector);
      const measured = await usage(selector, pods);
      return {
        apiVersion: 'metrics.k8s.io/v1beta1',
        kind: 'PodMetricsList',
        metadata: {},
        items: pods.flatMap((pod, i) => itemOf(pod, measured[i])),
      };
    });
  }
}

async function podsOf(client: Client, namespace: string, labelSelector: string): Promise<Measured[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?${new URLSearchParams({ labelSelector })}`;
  return (await client.request<{ items: Measured[] }>('GET', path)).body.items;
}

function itemOf({ metadata, spec }: Measured, used: Usage | undefined): object[] {
  if (used === undefined) return [];
  const usage = { cpu: `${Math.round(used.cpu * 1e9)}n`, memory: String(Math.round(used.memory)) };
  return [
    {
      metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
      timestamp: new Date().toISOString(),
      window: '15s',
      containers: spec.containers.map(({ name }) => ({ name, usage })),
    },
  ];
}

const API = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};
