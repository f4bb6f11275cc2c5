import type { ApiObject } from 'cdk8s';
import type { HorizontalPodAutoscaler, MetricSpec } from 'kubernetes-types/autoscaling/v2';
import { kubernetesObject } from '../core/kubernetes-object';
import { fraction, type Percentage } from '../core/percentages';
import { quantityOf } from '../core/quantities';
import type { ScalingTarget } from '../core/scaling';
import { workloadMetadata } from '../platform/labels';
import type { Demand } from './demand';
import type { EmittedBehavior } from './rules';

/** What an autoscaler of Kubernetes itself is made of. */
export interface AutoscalerInput {
  readonly replicas: readonly [fewest: number, most: number];
  readonly cpu?: Percentage | undefined;
  readonly memory?: Percentage | undefined;
  /** With the names by which what serves them knows them. */
  readonly demands?: readonly (Demand & { readonly metric: string })[];
  readonly behavior: EmittedBehavior;
}

/** Emits a HorizontalPodAutoscaler, whose metrics each ask for replicas: the most wins. */
export function horizontalPodAutoscaler(target: ScalingTarget, input: AutoscalerInput): ApiObject {
  const { kind, name, apiVersion } = target.toScalingTarget();
  const { replicas, cpu, memory, demands = [], behavior } = input;
  const [minReplicas, maxReplicas] = replicas;
  return kubernetesObject<HorizontalPodAutoscaler>(target, 'autoscaler', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: workloadMetadata(target.name, 'model-server'),
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicas,
      maxReplicas,
      metrics: [...demands.map(external), ...utilization('cpu', cpu), ...utilization('memory', memory)],
      behavior,
    },
  });
}

/** What is shared by the replicas, ready or not: a slow start makes it ask for no more of them. */
function external({ metric, each }: Demand & { readonly metric: string }): MetricSpec {
  return {
    type: 'External',
    external: { metric: { name: metric }, target: { type: 'AverageValue', averageValue: quantityOf(each) } },
  };
}

function utilization(name: 'cpu' | 'memory', target: Percentage | undefined): MetricSpec[] {
  if (target === undefined) return [];
  return [
    {
      type: 'Resource',
      resource: { name, target: { type: 'Utilization', averageUtilization: wholePercents(target) } },
    },
  ];
}

/** Kubernetes takes whole percents, from 1. */
export function wholePercents(target: Percentage): number {
  return Math.max(1, Math.round(fraction(target) * 100));
}
