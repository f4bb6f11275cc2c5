import { Arrivals, duration, type Trace } from '../traces/trace';
import type { Autoscaler } from './autoscaler';
import type { Cluster } from './cluster';
import { Fleet } from './fleet';
import { Lateness, type ShareLate } from './lateness';
import { checkService, type Service } from './service';
import { Sight } from './sight';
import { SYNC_PERIOD } from './ticks';

export { SYNC_PERIOD };

/** What a trace would have met. */
export interface Replay {
  /** Seconds of each tick. */
  readonly tick: number;
  /** Requests per second in each tick. */
  readonly offered: Float64Array;
  /** Replicas that the server is told to have in each tick. */
  readonly wanted: Int32Array;
  /** Replicas that are paid for in each tick, ready or not: those that are wanted and have a node. */
  readonly replicas: Int32Array;
  /** Replicas that answer requests in each tick. */
  readonly ready: Int32Array;
  /** All requests. */
  readonly requests: number;
  /** Requests that came while the ready replicas had no room for them. */
  readonly overCapacity: number;
  /** Requests that took longer than they may, with those over capacity; undefined unless something tells how many. */
  readonly late: number | undefined;
  /** What was paid for. */
  readonly replicaHours: number;
}

/** What a replay may be told beside. */
export interface ReplayOptions {
  /** @default - replicas are ready after the service's own time, whatever happens */
  readonly cluster?: Cluster;
  /** @default - it isn't known how long requests take */
  readonly late?: ShareLate;
}

/**
 * Sends a trace through a server and its autoscaler, tick by tick: what has become ready answers, the autoscaler sees
 * the time before and decides, and the requests of the tick come, evenly. What the ready replicas have no room for
 * counts as over capacity; at none it is everything.
 *
 * @param initial replicas that are ready at the start
 * @throws Error for a service that can't be
 */
export function replay(
  trace: Trace,
  service: Service,
  autoscaler: Autoscaler,
  initial: number,
  { cluster = {}, late }: ReplayOptions = {},
): Replay {
  checkService(service);
  const arrivals = new Arrivals(trace);
  const end = duration(trace);
  const ticks = Math.ceil(end / SYNC_PERIOD);
  const offered = new Float64Array(ticks);
  const wanted = new Int32Array(ticks);
  const replicas = new Int32Array(ticks);
  const ready = new Int32Array(ticks);
  const fleet = new Fleet(service, cluster, initial);
  const sight = new Sight(arrivals, service, cluster, fleet);
  const lateness = late && new Lateness(late, service.capacity);
  let overCapacity = 0;
  let paid = 0;
  for (let i = 0; i < ticks; i++) {
    const now = i * SYNC_PERIOD;
    // The last tick may be a part of one.
    const until = Math.min(now + SYNC_PERIOD, end);
    fleet.advance(now);
    sight.now = now;
    fleet.scale(now, autoscaler.sync(now, sight));
    const rate = arrivals.rate(now, until);
    const serving = fleet.ready;
    sight.pass(rate, until - now);
    offered[i] = rate;
    wanted[i] = fleet.wanted;
    replicas[i] = fleet.paid(now);
    ready[i] = serving;
    const over = Math.max(0, rate - serving * service.capacity);
    overCapacity += over * (until - now);
    lateness?.add(rate, serving, until - now);
    paid += (replicas[i] ?? 0) * (until - now);
  }
  return {
    tick: SYNC_PERIOD,
    offered,
    wanted,
    replicas,
    ready,
    requests: arrivals.until(end),
    overCapacity,
    late: lateness?.sum,
    replicaHours: paid / 3600,
  };
}
