import type { ObservedTraining } from '../core/observed';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** A share of the longest that a run may take. */
const SHARE = 1 / 24;

const within = (least: number, value: number, most: number) => Math.ceil(Math.min(most, Math.max(least, value)));

/**
 * Seconds without a new step after which a run is stalled: two checkpoints, the second of which would save nothing new;
 * without checkpoints a share of what it may take in all. Ten minutes at least, which an evaluation between two steps may
 * take, and an hour at most.
 */
export function stallSeconds({ checkpointSeconds, deadlineSeconds }: ObservedTraining): number {
  const known = checkpointSeconds === undefined ? SHARE * deadlineSeconds : 2 * checkpointSeconds;
  return within(10 * MINUTE, known, HOUR);
}

/**
 * Seconds that the last checkpoint may be old: the third after it is due, so that one that failed, or one that took long,
 * is no alert yet.
 */
export function checkpointAge(checkpointSeconds: number): number {
  return within(5 * MINUTE, 3 * checkpointSeconds, Number.POSITIVE_INFINITY);
}

/**
 * Seconds that pods of a run may wait for a node: a share of what it may take in all, as the deadline runs already. An
 * autoscaler needs minutes for a node with GPUs, and the image its own.
 */
export function pendingSeconds({ deadlineSeconds }: ObservedTraining): number {
  return within(10 * MINUTE, SHARE * deadlineSeconds, 30 * MINUTE);
}

/**
 * Seconds without a success after which a run of a schedule has been missed, and not only late: what its calendar holds
 * back during a sale wakes nobody.
 */
export function missedSeconds(periodSeconds: number, { deadlineSeconds, closedSeconds }: ObservedTraining): number {
  // The second of two runs may take as long as it may.
  return Math.ceil(2 * periodSeconds + Math.min(deadlineSeconds, periodSeconds) + closedSeconds);
}
