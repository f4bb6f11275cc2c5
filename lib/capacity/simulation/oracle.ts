import { Arrivals, duration, type Trace } from '../traces/trace';
import { SYNC_PERIOD } from './replay';
import type { Service } from './service';

/**
 * The replica-hours of one who sees the future: a replica is paid for from its start, just in time to be ready when it
 * is needed, and goes at once. No policy without this knowledge does better without failing requests.
 */
export function oracleHours(trace: Trace, { capacity, readySeconds }: Service, fewest: number): number {
  const arrivals = new Arrivals(trace);
  const ticks = Math.ceil(duration(trace) / SYNC_PERIOD);
  const ahead = Math.ceil(readySeconds / SYNC_PERIOD);
  const needs = Array.from({ length: ticks }, (_, i) => {
    const rate = arrivals.rate(i * SYNC_PERIOD, (i + 1) * SYNC_PERIOD);
    return Math.max(fewest, Math.ceil(rate / capacity));
  });
  let sum = 0;
  for (let i = 0; i < ticks; i++) sum += Math.max(...needs.slice(i, i + ahead + 1));
  return (sum * SYNC_PERIOD) / 3600;
}
