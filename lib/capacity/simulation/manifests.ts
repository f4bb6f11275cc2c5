import type { ControllerOptions } from '../hpa/controller';
import { type Hpa, type Metric as HpaMetric, policyOf } from '../hpa/policy';
import type { Autoscaler } from './autoscaler';
import type { Floors } from './floors';
import { HpaAutoscaler } from './hpa-autoscaler';
import { type ScaledObject, scaledObjectAutoscaler } from './keda';
import { type Measure, type Metric, measureOf } from './readings';

/** An object as it is applied. */
export interface AppliedObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What a replay of manifests goes by beside them. */
export interface AutoscalerOptions {
  /**
   * When the trace starts, in seconds since 1970: cron triggers go by the clock.
   * @default - unknown: cron triggers are taken from `floors`
   */
  readonly startsAt?: number | undefined;
  /**
   * The fewest replicas at times: what CronJobs set the minimum of a HorizontalPodAutoscaler to, or what the cron
   * triggers of a ScaledObject ask for where nobody knows when the trace starts.
   * @default - none
   */
  readonly floors?: Floors | undefined;
  /** What a metric tells of. @default - what its name and query suggest, see {@link measureOf} */
  readonly measure?: ((metric: Metric) => Measure) | undefined;
  /** @default - those of kube-controller-manager */
  readonly controller?: ControllerOptions | undefined;
}

/**
 * The autoscaler that manifests make: of a HorizontalPodAutoscaler (`autoscaling/v2`) or of a ScaledObject of KEDA, of
 * which there must be one. Memory does not follow the load and is left out, which `leftOut` tells.
 *
 * @throws Error for none or several, and for what a replay can't know
 * @example
 * ```ts
 * const autoscaler = autoscalerOf(manifests, { startsAt: trace.startsAt });
 * const { overCapacity, requests, replicaHours } = replay(trace, service, autoscaler, 3);
 * ```
 */
export function autoscalerOf(manifests: readonly AppliedObject[], options: AutoscalerOptions = {}): Autoscaler {
  const found = manifests.filter(
    ({ apiVersion, kind }) =>
      (apiVersion === 'autoscaling/v2' && kind === 'HorizontalPodAutoscaler') ||
      (apiVersion === 'keda.sh/v1alpha1' && kind === 'ScaledObject'),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`there must be one HorizontalPodAutoscaler or ScaledObject to replay, got ${found.length}`);
  }
  return first.kind === 'ScaledObject'
    ? scaledObjectAutoscaler(first as AppliedObject & ScaledObject, options)
    : hpaAutoscaler(first as AppliedObject & Hpa, options);
}

function hpaAutoscaler({ spec }: Hpa, { floors, measure = measureOf, controller }: AutoscalerOptions): Autoscaler {
  // The API server fills in CPU where there is no metric.
  const metrics = spec.metrics?.length ? spec.metrics : [CPU];
  const known = metrics.filter((metric) => resourceOf(metric) !== 'memory');
  if (known.length === 0) throw new Error('a policy on memory alone has no replay: memory does not follow the load');
  const measures = known.map((metric) => (resourceOf(metric) === 'cpu' ? 'cpu' : measure({ name: nameOf(metric) })));
  const leftOut = known.length < metrics.length ? ['memory: it does not follow the load'] : [];
  return new HpaAutoscaler(policyOf({ spec: { ...spec, metrics: known } }), measures, { floors, controller, leftOut });
}

const CPU: HpaMetric = { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } };

function resourceOf(metric: HpaMetric): string | undefined {
  return (metric.resource ?? metric.containerResource)?.name;
}

function nameOf(metric: HpaMetric): string {
  return (metric.external ?? metric.pods ?? metric.object)?.metric?.name ?? '';
}
