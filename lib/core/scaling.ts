import type { IScalable } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';

/** What a policy scales: a recstack server, or a Deployment or StatefulSet of cdk8s-plus. */
export type ScalingTarget = Construct & IScalable;

/** How many replicas a server has, and when that changes. Made by the functions of `autoscaling`. */
export interface ScalingPolicy {
  /** The fewest replicas that it leaves, where it is known. */
  readonly fewest?: number;
  /** Emits what scales `target`; called once, by `target.autoscale(policy)`. */
  attachTo(target: ScalingTarget): void;
}
