import { Arrivals, duration, type Trace } from '../traces/trace';
import type { Autoscaler } from './autoscaler';
import { checkService, type Service } from './service';
import { SYNC_PERIOD } from './ticks';

/**
 * The replica-hours of one who sees the future: a replica is paid for from its start, just in time to be ready when it
 * is needed, and goes at once. No policy without this knowledge does better without failing requests.
 */
export function oracleHours(trace: Trace, service: Service, fewest: number): number {
  const end = duration(trace);
  let sum = 0;
  for (const [i, count] of foreseen(trace, service, fewest).entries()) {
    sum += count * Math.min(SYNC_PERIOD, end - i * SYNC_PERIOD);
  }
  return sum / 3600;
}

/** The same as an autoscaler. */
export function oracle(trace: Trace, service: Service, fewest: number): Autoscaler {
  const counts = foreseen(trace, service, fewest);
  return { sync: (now) => counts[Math.round(now / SYNC_PERIOD)] ?? fewest };
}

/** The replicas that the requests of each tick need. */
export function needs(trace: Trace, service: Service, fewest: number): Int32Array {
  checkService(service);
  const { capacity } = service;
  const arrivals = new Arrivals(trace);
  const end = duration(trace);
  return Int32Array.from({ length: Math.ceil(end / SYNC_PERIOD) }, (_, i) => {
    const rate = arrivals.rate(i * SYNC_PERIOD, Math.min((i + 1) * SYNC_PERIOD, end));
    // What a division makes of a rate that is just met is no replica.
    return Math.max(fewest, Math.ceil(rate / capacity - 1e-9));
  });
}

/** For each tick, the most that is needed until a replica that is started then is ready: for as long, nobody can help. */
export function foreseen(trace: Trace, service: Service, fewest: number): Int32Array {
  const needed = needs(trace, service, fewest);
  const ahead = Math.ceil(service.readySeconds / SYNC_PERIOD);
  const most = new Int32Array(needed.length);
  // The ticks ahead that may be the highest of some window, in their order, each less high than the one before.
  const peaks = new Int32Array(needed.length);
  let first = 0;
  let last = 0;
  let seen = 0;
  for (let i = 0; i < needed.length; i++) {
    for (; seen < needed.length && seen <= i + ahead; seen++) {
      while (last > first && (needed[peaks[last - 1] ?? 0] ?? 0) <= (needed[seen] ?? 0)) last--;
      peaks[last++] = seen;
    }
    if ((peaks[first] ?? 0) < i) first++;
    most[i] = needed[peaks[first] ?? 0] ?? fewest;
  }
  return most;
}
