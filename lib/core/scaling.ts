import type { IScalable } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { ServerMetrics } from './server-metrics';
import type { Slo } from './slo';

/**
 * The shortest time over which requests can be counted, in seconds: a rate needs two scrapes, which are 15 s apart, and one
 * of them may be late.
 */
export const SHORTEST_WINDOW = 30;

/**
 * What a policy scales: a recstack server, or a Deployment or StatefulSet of cdk8s-plus, of which nothing more is known.
 */
export type ScalingTarget = Construct &
  IScalable & {
    /** What the objects that scale it are called; what they scale may be called otherwise. */
    readonly name: string;
    /** What serves, as errors name it. */
    readonly runtimeName?: string;
    /** What it exposes, by which it can be scaled. */
    readonly metrics?: ServerMetrics | undefined;
    readonly slos?: readonly Slo[];
    /** Seconds from the decision for a replica until it is ready, as it should be. */
    readonly readySeconds?: number;
    /** GPUs of each replica. */
    readonly gpus?: number;
  };

/** How many replicas a server has, and when that changes. Made by the functions of `autoscaling`. */
export interface ScalingPolicy {
  /** The fewest replicas that it leaves, where it is known. */
  readonly fewest?: number;
  /** Emits what scales `target`; called once, by `target.autoscale(policy)`. */
  attachTo(target: ScalingTarget): void;
}
