import type { Client } from '../harness/client';
import type { Cluster } from '../harness/cluster';
import { ApiExtension } from './api-extension';

/** Answers the API of external metrics with what `value` says of each, undefined for one that can't be had. */
export class ExternalMetrics extends ApiExtension {
  constructor(cluster: Cluster, client: Client, value: (metric: string) => number | undefined) {
    super(cluster, client, API, async (path) => {
      const metric = /^\/namespaces\/[^/]+\/([^/]+)$/.exec(path)?.[1] ?? '';
      const found = value(metric);
      return found === undefined ? undefined : valueList(metric, found);
    });
  }
}

function valueList(metricName: string, value: number): object {
  const item = {
    metricName,
    metricLabels: {},
    timestamp: new Date().toISOString(),
    value: `${Math.round(value * 1000)}m`,
  };
  return {
    kind: 'ExternalMetricValueList',
    apiVersion: 'external.metrics.k8s.io/v1beta1',
    metadata: {},
    items: [item],
  };
}

const API = {
  group: 'external.metrics.k8s.io',
  version: 'v1beta1',
  resources: [
    { name: 'externalmetrics', singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
  ],
};
