import type { Chart } from 'cdk8s';
import type { StatefulSetSpec } from 'kubernetes-types/apps/v1';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { parse } from 'yaml';
import { Monitoring, type MonitoringProps, type Slo } from '../../lib';
import type { ObservedServer, ObservedTraining } from '../../lib/core/observed';
import type { ServerMetrics } from '../../lib/core/server-metrics';
import type { Manifests } from '../../lib/testing';
import { objectsOf, platform, specOf } from '../serving/fixtures';

/** Metrics of every kind, with latency as a histogram in milliseconds. */
export const METRICS = {
  port: 'metrics',
  path: '/metrics',
  requests: [{ name: 'good' }, { name: 'bad' }],
  errors: [{ name: 'bad' }],
  latency: { type: 'histogram', name: 'latency', unit: 'ms' },
  queued: { name: 'queued' },
  queueTime: { type: 'mean', sum: { name: 'waited' }, count: { name: 'good' }, unit: 's' },
  running: { name: 'running' },
  batchSize: { inferences: { name: 'inferences' }, batches: { name: 'batches' } },
  gpuUtilization: { name: 'gpu_utilization' },
  gpuMemoryUsed: { name: 'gpu_memory_used_bytes' },
  gpuMemoryTotal: { name: 'gpu_memory_bytes' },
} as const satisfies ServerMetrics;

/** Latency as a pair of counters, as Triton has it. */
export const MEAN = { type: 'mean', sum: { name: 'spent' }, count: { name: 'good' }, unit: 'us' } as const;

/** A server called ranker in the namespace shop, without a GPU and without objectives. */
export function server(props: Partial<ObservedServer> = {}, slos: readonly Slo[] = []): ObservedServer {
  return {
    name: 'ranker',
    namespace: 'shop',
    metrics: METRICS,
    usesGpu: false,
    slos,
    pods: 'ranker-[a-z0-9]+-[a-z0-9]{5}',
    container: 'server',
    ...props,
  };
}

/** Training called retraining in the namespace shop, of four nodes with eight GPUs each, once. */
export function trainingOf(props: Partial<ObservedTraining> = {}): ObservedTraining {
  return {
    name: 'retraining',
    namespace: 'shop',
    jobs: 'retraining',
    pods: 'retraining-[0-9]+-[a-z0-9]{5}',
    container: 'trainer',
    progressPort: 'progress',
    nodes: 4,
    gpusPerNode: 8,
    checkpointSeconds: 600,
    deadlineSeconds: 86_400,
    periodSeconds: undefined,
    closedSeconds: 0,
    ...props,
  };
}

/** All objects of a platform with monitoring. */
export function monitored(props: MonitoringProps = {}, shop: Chart = platform()): Manifests {
  new Monitoring(shop, 'monitoring', props);
  return objectsOf(shop);
}

/** A file of a ConfigMap, as it is. */
export function fileOf(manifests: Manifests, configMap: string, file: string): string {
  const { data } = manifests.get('ConfigMap', configMap);
  return (data as Record<string, string>)[file] ?? '';
}

/** A YAML file of a ConfigMap, read. */
export function yamlOf<T = Record<string, unknown>>(manifests: Manifests, configMap: string, file: string): T {
  return parse(fileOf(manifests, configMap, file)) as T;
}

/** The pods of a monitoring program. */
export function podOf(manifests: Manifests, name: string): Required<PodSpec> {
  return specOf<StatefulSetSpec>(manifests, 'StatefulSet', name).template.spec as Required<PodSpec>;
}

/** The one container of a monitoring program. */
export function containerOf(manifests: Manifests, name: string): Required<Container> {
  const [container, ...more] = podOf(manifests, name).containers;
  if (container === undefined || more.length > 0) throw new Error('there should be one container');
  return container as Required<Container>;
}
