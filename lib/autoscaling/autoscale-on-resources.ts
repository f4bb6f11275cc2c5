import type { HorizontalPodAutoscaler, MetricSpec } from 'kubernetes-types/autoscaling/v2';
import { z } from 'zod';
import { kubernetesObject } from '../core/kubernetes-object';
import { fraction, percentageSchema } from '../core/percentages';
import { InvalidInput } from '../core/problem';
import type { ScalingPolicy, ScalingTarget } from '../core/scaling';
import { must, oneOf, parse, wholeNumber } from '../core/schema';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { BEHAVIORS, type BehaviorName } from './behavior';

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
  const { kind, name, apiVersion } = target.toScalingTarget();
  const { cluster } = Platform.of(target);
  if (target.hasAutoscaler) {
    const text = 'must have one autoscaler, but has one already: two would fight over the replicas';
    throw new InvalidInput([{ where: target.node.path, text }]);
  }
  const [minReplicas, maxReplicas] = settings.replicas;
  target.markHasAutoscaler();
  const autoscaler = kubernetesObject<HorizontalPodAutoscaler>(target, 'autoscaler', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: workloadMetadata(name, 'model-server'),
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicas,
      maxReplicas,
      metrics: [...utilization('cpu', settings.cpu), ...utilization('memory', settings.memory)],
      behavior: withTolerance(settings),
    },
  });
  const problems: string[] = [];
  if (!cluster.has('metrics-server')) {
    problems.push('must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons');
  }
  if (settings.tolerance !== undefined && !cluster.supports('HPA tolerance')) {
    problems.push(
      `tolerance must run on Kubernetes ${cluster.since('HPA tolerance')} or newer, got ${cluster.kubernetes}: leave it out`,
    );
  }
  autoscaler.node.addValidation({ validate: () => problems });
}

function utilization(name: 'cpu' | 'memory', target: `${number}%` | undefined): MetricSpec[] {
  if (target === undefined) return [];
  // Kubernetes takes whole percents, from 1.
  const averageUtilization = Math.max(1, Math.round(fraction(target) * 100));
  return [{ type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } }];
}

function withTolerance({ behavior, tolerance }: z.output<typeof autoscaleOnResourcesSchema>) {
  const { scaleUp, scaleDown } = BEHAVIORS[behavior];
  if (tolerance === undefined) return { scaleUp, scaleDown };
  // A quantity; the types of Kubernetes 1.30 don't have it yet.
  const extra = { tolerance: `${Math.round(fraction(tolerance) * 1000)}m` };
  return { scaleUp: { ...scaleUp, ...extra }, scaleDown: { ...scaleDown, ...extra } };
}
