import { type ApiObject, Lazy } from 'cdk8s';
import { seconds } from '../core/durations';
import type { ScalingTarget } from '../core/scaling';
import { type ScaledObjectTrigger, scaledObject } from '../crds/keda';
import { workloadMetadata } from '../platform/labels';
import type { AutoscaleOnDemandSettings } from './autoscale-on-demand-props';
import type { Demand } from './demand';
import { wholePercents } from './horizontal-pod-autoscaler';
import type { EmittedBehavior } from './rules';
import type { MetricsSource } from './source';

/** Seconds between two looks for the first request, while there are no replicas. */
export const POLLING_SECONDS = 15;

/** How often a metric must fail in a row: about a minute, in which a Prometheus may start anew. */
const FAILURES = 3;

/** What a ScaledObject is made of. */
export interface ScaledObjectInput {
  readonly settings: AutoscaleOnDemandSettings;
  readonly demands: readonly Demand[];
  readonly source: MetricsSource;
  readonly behavior: EmittedBehavior;
  /** Triggers beside those of the settings, such as a calendar's. */
  readonly triggers?: readonly ScaledObjectTrigger[];
}

/** Emits a ScaledObject; KEDA makes a HorizontalPodAutoscaler of it and serves what that asks for. */
export function emitScaledObject(target: ScalingTarget, input: ScaledObjectInput): ApiObject {
  const { kind, name, apiVersion } = target.toScalingTarget();
  const { settings, demands, source, behavior, triggers = [] } = input;
  const { wakeUp } = settings;
  const [minReplicaCount, maxReplicaCount] = settings.replicas;
  return scaledObject(target, 'autoscaler', {
    metadata: workloadMetadata(target.name, 'model-server'),
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicaCount,
      maxReplicaCount,
      // Above none, neither means anything (keda#6844): the autoscaler asks at its own pace, and `behavior` holds.
      ...(wakeUp === undefined ? {} : { pollingInterval: POLLING_SECONDS, cooldownPeriod: seconds(wakeUp.idle) }),
      // CPU and memory are read by Kubernetes itself, and KEDA refuses a fallback for these alone.
      ...(demands.length === 0 ? {} : { fallback: fallbackOf(settings) }),
      advanced: { horizontalPodAutoscalerConfig: { behavior } },
      triggers: [
        ...demands.map((demand) => prometheusTrigger(demand, Lazy.any({ produce: () => source.url }), minReplicaCount)),
        ...utilization('cpu', settings.cpu),
        ...utilization('memory', settings.memory),
        ...triggers,
      ],
    },
  });
}

/**
 * A metric that fails asks for as many replicas as there are: a fixed number would undo what was scaled to, in one step,
 * and overrule the other metrics downwards (keda#4249, keda#6659).
 */
function fallbackOf({ replicas, fallback }: AutoscaleOnDemandSettings) {
  return {
    failureThreshold: FAILURES,
    replicas: fallback?.replicas ?? Math.max(1, replicas[0]),
    behavior: 'currentReplicasIfHigher',
  } as const;
}

/** What KEDA asks a Prometheus at an address. */
export function prometheusTrigger(demand: Demand, serverAddress: string, fewest: number): ScaledObjectTrigger {
  return {
    type: 'prometheus',
    name: demand.aim,
    metadata: {
      serverAddress,
      query: demand.query,
      threshold: String(demand.each),
      // KEDA takes what is missing for 0, and shrinks a server to its minimum when it can't be scraped. Only what
      // replicas tell of themselves is none without them.
      ignoreNullValues: String(fewest === 0 && demand.needsReplicas),
    },
  };
}

function utilization(type: 'cpu' | 'memory', target: `${number}%` | undefined): ScaledObjectTrigger[] {
  if (target === undefined) return [];
  return [{ type, name: type, metricType: 'Utilization', metadata: { value: String(wholePercents(target)) } }];
}
