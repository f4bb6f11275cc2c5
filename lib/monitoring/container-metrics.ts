import type { ObservedServer } from '../core/observed';
import type { Series } from '../core/server-metrics';

/*
 * What the kubelet (cAdvisor) tells of containers. Its series carry the labels namespace, pod and container.
 * @see https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */

/** Counter of CPU seconds. */
export const CPU_SECONDS: Series = { name: 'container_cpu_usage_seconds_total' };

/** Gauge of the bytes that can't be freed under pressure, which the limit is held against. */
export const WORKING_SET: Series = { name: 'container_memory_working_set_bytes' };

/** Gauge of the memory limit in bytes; 0 without one. */
export const MEMORY_LIMIT: Series = { name: 'container_spec_memory_limit_bytes' };

/** Gauge of the share of time in which a GPU was busy, from 0 to 100, by NVIDIA's dcgm-exporter. */
export const DCGM_GPU_UTILIZATION: Series = { name: 'DCGM_FI_DEV_GPU_UTIL' };

/** Gauge of the share of time in which the engines of a GPU, or of a part of one (MIG), were busy, from 0 to 1. */
export const DCGM_GPU_ACTIVE: Series = { name: 'DCGM_FI_PROF_GR_ENGINE_ACTIVE' };

/** Restricts series of the kubelet to the pods of a server, which are known by their names. */
export function ofPods(metric: Series, { pods }: ObservedServer, container?: string): Series {
  const matchers = [`pod=~"${pods}"`, ...(container ? [`container="${container}"`] : [])];
  return { name: metric.name, where: matchers.join(',') };
}

/** Gauge of the bytes that are free on a volume, by the kubelet that mounted it. It carries the claim's name. */
export const VOLUME_AVAILABLE: Series = { name: 'kubelet_volume_stats_available_bytes' };

/** Gauge of the bytes of a volume. */
export const VOLUME_CAPACITY: Series = { name: 'kubelet_volume_stats_capacity_bytes' };

/** Restricts series of volumes to those of a store: a StatefulSet's claims are `data-<name>-<number>`. */
export function ofVolumes(metric: Series, { name }: ObservedServer): Series {
  return { name: metric.name, where: `persistentvolumeclaim=~"data-${name}-[0-9]+"` };
}
