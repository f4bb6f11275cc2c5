import type { Hpa } from '../../../../lib/capacity';

/** What is measured at one sync. */
export type Measurement =
  /** One value for each external metric; undefined for one that can't be had. */
  | { readonly external: readonly (number | undefined)[] }
  /** What each pod uses, by its name and its place among all, in cores or GiB, of which it requests one; undefined for one that has not been measured. */
  | { readonly of: 'cpu' | 'memory'; readonly usage: (pod: string, place: number) => number | undefined };

/** What the test changes, and what a calendar, a person or a broken rollout changes in a cluster. */
export interface Change {
  /** Of the autoscaler. */
  readonly spec?: Partial<Hpa['spec']>;
  /** Of the workload, past its autoscaler. */
  readonly replicas?: number;
}

/** A timeline of metrics for one workload and its autoscaler. */
export interface Scenario {
  readonly spec: Hpa['spec'];
  readonly from: number;
  readonly measured: (sync: number) => Measurement;
  /** By the sync in which they are made, which is told no metrics. */
  readonly changes?: Readonly<Record<number, Change>>;
  /** Where its pods may run: on a node that holds four, or anywhere. */
  readonly isCramped?: boolean;
  /** Whether a rollout hangs: there are two replicas more than there should be. */
  readonly hangs?: boolean;
  /** Pods of the same labels that are not the workload's own, with their status. */
  readonly bystanders?: Readonly<Record<string, object>>;
}

export const CRAMPED = 4;
export const SURGE = 2;

/** How many replicas there are, and how many are ready, once nothing moves any more; of some it doesn't matter. */
export function atRest({ isCramped = false, hangs = false }: Scenario, replicas: number) {
  if (hangs) return { replicas: replicas + SURGE };
  return { replicas, ready: isCramped ? Math.min(CRAMPED, replicas) : replicas };
}
