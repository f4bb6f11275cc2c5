import { ChangeLog, limited, longestPeriod } from '../capacity/hpa/limits';
import { type Hpa, policyOf } from '../capacity/hpa/policy';
import { SYNC_PERIOD } from '../capacity/simulation/replay';

/** Leads are rounded up to so many seconds. */
const ROUND = 300;

/** How long a CronJob's pod takes to start, on a node that may have to copy its image first. */
export const JOB_START_SECONDS = 60;

/** Whether KEDA raises the replicas by a metric, or a CronJob by the autoscaler's minimum. */
export type PeakEngine = 'cron-triggers' | 'jobs';

/** `behavior.scaleUp` of an autoscaler. */
export type ScaleUpRules = NonNullable<NonNullable<Hpa['spec']['behavior']>['scaleUp']>;

/** What a lead is made of, in seconds. */
export interface Lead {
  /** Until the autoscaler has seen that more replicas are wanted. */
  readonly reaction: number;
  /** Until its rules for going up have let all of them come. */
  readonly climb: number;
  /** From the decision for a replica until it is ready. */
  readonly ready: number;
}

/**
 * How long before a peak its replicas are asked for: `reaction + climb + 2 × ready`, rounded up to 5 minutes. Twice,
 * because many replicas at once wait longer for nodes, images and models than the one that was measured: of the pods of
 * a production recommender, half found a node at once, and a tenth waited a minute or more (Alibaba's DLRM trace).
 */
export function leadSeconds({ reaction, climb, ready }: Lead): number {
  return Math.ceil((reaction + climb + 2 * ready) / ROUND) * ROUND;
}

/** {@link leadSeconds} with its numbers put in. */
export function leadFormula({ reaction, climb, ready }: Lead): string {
  return `${reaction} s reaction + ${climb} s climb + 2 × ${ready} s ready, in steps of 5 min`;
}

/**
 * Seconds from the first decision until all replicas of a peak are wanted. A minimum is reached at once, past all rules;
 * the metric of a cron trigger is one like others, which goes up by the autoscaler's rules and waits for its window.
 *
 * @param rules of which Kubernetes fills in what is missing
 * @returns Infinity where the rules never let more come
 */
export function climbSeconds(from: number, to: number, rules: ScaleUpRules = {}): number {
  const { behavior } = policyOf({ spec: { maxReplicas: to, behavior: { scaleUp: rules } } });
  if (behavior === undefined || behavior.up.selectPolicy === 'Disabled') return Number.POSITIVE_INFINITY;
  const changes = { added: new ChangeLog(), removed: new ChangeLog() };
  // What scales from none does so by one.
  let replicas = Math.max(1, from);
  let now = 0;
  for (; replicas < to; now += SYNC_PERIOD) {
    const next = limited(replicas, to, changes, behavior, { minReplicas: 0, maxReplicas: to }, now);
    if (next > replicas) changes.added.add(now, next - replicas, longestPeriod(behavior.up));
    replicas = next;
  }
  return behavior.up.stabilizationWindowSeconds + Math.max(0, now - SYNC_PERIOD);
}
