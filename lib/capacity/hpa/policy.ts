import { amount } from '../amount';
import { DEFAULT_OPTIONS, type Policy } from './controller';
import type { Behavior, Rules } from './limits';
import type { Target } from './proposal';

/** A HorizontalPodAutoscaler of `autoscaling/v2`, as far as it decides about replicas. */
export interface Hpa {
  readonly spec: {
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly Metric[];
    readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  };
}

/** One of its metrics. */
export interface Metric {
  readonly type: string;
  readonly resource?: ResourceMetric;
  readonly containerResource?: ResourceMetric;
  readonly pods?: CustomMetric;
  readonly object?: CustomMetric;
  readonly external?: CustomMetric;
}

interface CustomMetric {
  readonly metric?: { readonly name?: string };
  readonly target: MetricTarget;
}

interface ResourceMetric {
  readonly name: string;
  readonly target: MetricTarget;
}

interface MetricTarget {
  readonly averageUtilization?: number;
  readonly averageValue?: string | number;
  readonly value?: string | number;
}

interface ScalingRules extends Partial<Rules> {
  readonly tolerance?: string | number;
}

const TOLERANCE = 0.1;

const SCALE_UP: Rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

const SCALE_DOWN: Omit<Rules, 'stabilizationWindowSeconds'> = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

/**
 * What an autoscaler's manifest says, with what the API server and the controller fill in.
 *
 * @param options of the controller, of which one stands in for a window that is not given
 * @throws Error for a metric that the controller can't read
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/apis/autoscaling/v2/defaults.go
 */
export function policyOf({ spec }: Hpa, { downscaleStabilization } = DEFAULT_OPTIONS): Policy {
  const { minReplicas = 1, maxReplicas, behavior } = spec;
  const metrics = spec.metrics?.length
    ? spec.metrics.map(targetOf)
    : [{ kind: 'utilization', value: 80, isCpu: true } as const];
  return {
    minReplicas,
    maxReplicas,
    metrics,
    behavior: behavior && behaviorOf(behavior, downscaleStabilization),
    tolerance: {
      up: amount(behavior?.scaleUp?.tolerance ?? TOLERANCE),
      down: amount(behavior?.scaleDown?.tolerance ?? TOLERANCE),
    },
  };
}

function behaviorOf(
  { scaleUp, scaleDown }: { scaleUp?: ScalingRules; scaleDown?: ScalingRules },
  stabilizationWindowSeconds: number,
): Behavior {
  return { up: { ...SCALE_UP, ...scaleUp }, down: { ...SCALE_DOWN, stabilizationWindowSeconds, ...scaleDown } };
}

function targetOf(metric: Metric): Target {
  const resource = metric.resource ?? metric.containerResource;
  const isCpu = resource?.name === 'cpu';
  const { averageUtilization, averageValue, value } =
    (resource ?? metric.pods ?? metric.object ?? metric.external)?.target ?? {};
  if (averageUtilization !== undefined) return { kind: 'utilization', value: averageUtilization, isCpu };
  if (averageValue !== undefined) {
    const isShared = metric.object !== undefined || metric.external !== undefined;
    return { kind: isShared ? 'perReplica' : 'podAverage', value: thousandths(averageValue), isCpu };
  }
  if (value === undefined) throw new Error(`the metric ${JSON.stringify(metric)} has no target`);
  return { kind: 'total', value: thousandths(value), isCpu };
}

/** Rounded up, as Kubernetes does; what a fraction of base 2 adds is none. */
function thousandths(quantity: string | number): number {
  return Math.ceil(Number((amount(quantity) * 1000).toPrecision(15)));
}
