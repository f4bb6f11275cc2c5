import { z } from 'zod';
import { percentageSchema } from '../core/percentages';
import type { ScalingPolicy, ScalingTarget } from '../core/scaling';
import { must, oneOf, parse, wholeNumber } from '../core/schema';
import { Platform } from '../platform/platform';
import { clusterProblems, takeOver, tell } from './attach';
import { BEHAVIORS, type BehaviorName } from './behavior';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler';
import { perReplicaSchema } from './per-replica';
import { emittedBehavior } from './rules';

/** Seconds over which metrics-server takes the CPU of a pod: its resolution. */
export const RESOURCE_SECONDS = 15;

const replicasRule = must('be [fewest, most] replicas', 'like [3, 40]');
const count = wholeNumber({ min: 1, of: 'replicas', hint: 'scaling to none needs KEDA' });

/** Checks {@link AutoscaleOnResourcesProps}. */
export const autoscaleOnResourcesSchema = z
  .strictObject({
    /** The fewest and the most replicas. */
    replicas: z
      .tuple([count, count], { error: replicasRule })
      .refine(([min, max]) => min <= max, { error: must('not have its minimum above its maximum') })
      .readonly(),
    /**
     * CPU to aim for, as a share of what a replica sets aside.
     * @default - not looked at
     */
    cpu: percentageSchema.optional(),
    /**
     * Memory to aim for, as a share of what a replica sets aside. A server that holds its model in memory doesn't
     * get lighter by more replicas; use it for caches.
     * @default - not looked at
     */
    memory: percentageSchema.optional(),
    /**
     * How fast replicas come and go.
     * @default 'responsive'
     */
    behavior: oneOf(Object.keys(BEHAVIORS) as [BehaviorName, ...BehaviorName[]]).default('responsive'),
    /**
     * How far off the aim may be before anything happens. Needs Kubernetes 1.35.
     * @default - 10 %, for the whole cluster
     */
    tolerance: percentageSchema.optional(),
    /**
     * What a replica was measured to do, for the plan.
     * @default - not measured: `recstack plan` can't replay traffic against it
     */
    perReplica: perReplicaSchema.optional(),
  })
  .refine(({ cpu, memory }) => cpu !== undefined || memory !== undefined, {
    error: () => "must aim for cpu, memory or both, but has neither: cpu: '60%' is a start",
  });

/** Properties of {@link autoscaleOnResources}. @interface */
export type AutoscaleOnResourcesProps = z.input<typeof autoscaleOnResourcesSchema>;

/**
 * Scales on CPU and memory by Kubernetes' own HorizontalPodAutoscaler, which takes what needs the most replicas.
 * The cluster must run metrics-server.
 *
 * @throws InvalidInput with everything that is wrong with the props
 * @example
 * ```ts
 * retrieval.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
 * ```
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export function autoscaleOnResources(props: AutoscaleOnResourcesProps): ScalingPolicy {
  const settings = parse(autoscaleOnResourcesSchema, props, 'autoscaleOnResources');
  return { fewest: settings.replicas[0], attachTo: (target) => emit(target, settings) };
}

function emit(target: ScalingTarget, settings: z.output<typeof autoscaleOnResourcesSchema>): void {
  const platform = Platform.of(target);
  takeOver(target);
  const behavior = emittedBehavior(settings.behavior, settings.tolerance);
  const autoscaler = horizontalPodAutoscaler(target, { ...settings, behavior });
  const problems = clusterProblems(platform, settings);
  autoscaler.node.addValidation({ validate: () => problems });
  tell(target, { perReplica: settings.perReplica, metricSeconds: RESOURCE_SECONDS, objects: [autoscaler] });
}
