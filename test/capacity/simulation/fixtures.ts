import type { Autoscaler, Seen } from '../../../lib/capacity/simulation/autoscaler';
import type { AppliedObject, AutoscalerOptions } from '../../../lib/capacity/simulation/manifests';
import { autoscalerOf } from '../../../lib/capacity/simulation/manifests';
import { type ReplayOptions, replay } from '../../../lib/capacity/simulation/replay';
import type { Service } from '../../../lib/capacity/simulation/service';
import type { Trace } from '../../../lib/capacity/traces/trace';

/** Ready after two syncs, and a metric of one. */
export const SERVICE: Service = { capacity: 100, readySeconds: 30, metricWindow: 15 };

/** Requests per second, one number for each sync. */
export function traceOf(rates: readonly number[], step = 15): Trace {
  return { name: 'test', step, requests: Float64Array.from(rates, (rate) => rate * step) };
}

/** The same number for some syncs. */
export function times(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}

/** The replicas that are wanted, tick by tick. */
export function wanted(
  autoscaler: Autoscaler,
  rates: readonly number[],
  initial: number,
  { service = SERVICE, ...options }: ReplayOptions & { readonly service?: Service } = {},
): number[] {
  return [...replay(traceOf(rates), service, autoscaler, initial, options).wanted];
}

export const external = (name: string, averageValue: string) => ({
  type: 'External',
  external: { metric: { name }, target: { type: 'AverageValue', averageValue } },
});

export const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

export function hpa(spec: object, options?: AutoscalerOptions): Autoscaler {
  const manifest = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec };
  return autoscalerOf([manifest], options);
}

export function scaledObject(spec: object, options?: AutoscalerOptions): Autoscaler {
  const manifest: AppliedObject = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', ...{ spec } };
  return autoscalerOf([manifest], options);
}

export const prometheus = (threshold: string, more: object = {}) => ({
  type: 'prometheus',
  metadata: { serverAddress: 'http://prometheus:9090', query: 'sum(rate(requests_total[1m]))', threshold },
  ...more,
});

/** Down in one sync, as soon as it can. */
export const DOWN_AT_ONCE = { scaleDown: { stabilizationWindowSeconds: 0 } };

/** What an autoscaler sees of replicas that have long been ready. */
export function seen(replicas: number, more: Partial<Seen> = {}): Seen {
  return {
    specReplicas: replicas,
    statusReplicas: replicas,
    pods: [{ count: replicas, phase: 'Running', ready: { is: true, since: -1000 }, startedAt: -1000 }],
    rate: undefined,
    ...more,
  };
}
