import type { PodGroup } from '../hpa/pods';
import { Arrivals, duration, type Trace } from '../traces/trace';
import type { Autoscaler } from './autoscaler';
import type { Service } from './service';

/** Seconds between two syncs of the autoscaler: the default of kube-controller-manager. */
export const SYNC_PERIOD = 15;

/** What a trace would have met. */
export interface Replay {
  /** Seconds of each tick. */
  readonly tick: number;
  /** Requests per second in each tick. */
  readonly offered: Float64Array;
  /** Replicas that are paid for in each tick, ready or not. */
  readonly replicas: Int32Array;
  /** Replicas that answer requests in each tick. */
  readonly ready: Int32Array;
  /** All requests. */
  readonly requests: number;
  /** Requests that came while the ready replicas had no room for them. */
  readonly overCapacity: number;
  /** What was paid for. */
  readonly replicaHours: number;
}

/** Replicas that were started at one time. */
interface Starting {
  readonly readyAt: number;
  count: number;
}

/**
 * Sends a trace through a server and its autoscaler, tick by tick. Requests come evenly within a tick, and what the
 * ready replicas have no room for counts as over capacity.
 *
 * @param initial replicas that are ready at the start
 */
export function replay(trace: Trace, service: Service, autoscaler: Autoscaler, initial: number): Replay {
  const arrivals = new Arrivals(trace);
  const ticks = Math.ceil(duration(trace) / SYNC_PERIOD);
  const offered = new Float64Array(ticks);
  const replicas = new Int32Array(ticks);
  const ready = new Int32Array(ticks);
  const starting: Starting[] = [];
  let desired = initial;
  let serving = initial;
  let overCapacity = 0;
  let paid = 0;
  for (let i = 0; i < ticks; i++) {
    const now = i * SYNC_PERIOD;
    while (starting[0] !== undefined && starting[0].readyAt <= now) serving += starting.shift()?.count ?? 0;
    const before = desired;
    desired = autoscaler.sync(now, {
      specReplicas: before,
      statusReplicas: before,
      pods: podsOf(serving, starting, now - SYNC_PERIOD),
      rate: arrivals.rate(now - service.metricWindow, now),
    });
    if (desired > before) starting.push({ readyAt: now + service.readySeconds, count: desired - before });
    let surplus = before - desired;
    // A ReplicaSet takes away what isn't ready first, the youngest before the others.
    while (surplus > 0 && starting.length > 0) {
      const youngest = starting[starting.length - 1] as Starting;
      const gone = Math.min(surplus, youngest.count);
      youngest.count -= gone;
      surplus -= gone;
      if (youngest.count === 0) starting.pop();
    }
    if (surplus > 0) serving -= surplus;
    const rate = arrivals.rate(now, now + SYNC_PERIOD);
    offered[i] = rate;
    replicas[i] = desired;
    ready[i] = serving;
    overCapacity += Math.max(0, rate - serving * service.capacity) * SYNC_PERIOD;
    paid += desired * SYNC_PERIOD;
  }
  const requests = arrivals.until(duration(trace));
  return { tick: SYNC_PERIOD, offered, replicas, ready, requests, overCapacity, replicaHours: paid / 3600 };
}

function podsOf(serving: number, starting: readonly Starting[], since: number): PodGroup[] {
  const groups: PodGroup[] = [{ count: serving, phase: 'Running', ready: { is: true, since } }];
  for (const { count } of starting) groups.push({ count, phase: 'Running', ready: { is: false, since } });
  return groups;
}
