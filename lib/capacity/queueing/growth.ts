import { InvalidInput } from '../../core/problem';
import { Arrivals, duration, type Trace } from '../traces/trace';

/** Seconds over which a rate is taken, where the steps of a trace are shorter. */
const WINDOW = 60;

/**
 * By how much traffic grows in `seconds`, the time that new replicas take: the quantile of λ(t + seconds) / λ(t), of all
 * requests of the trace and at least 1. With 0.99, all but a hundredth of the requests come at most so much denser than
 * those that could still be answered by more replicas in time.
 *
 * Rates are means over a minute, or over a step where it is longer.
 *
 * @param quantile between 0 and 1
 * @throws InvalidInput where the trace is too short for it, or has no requests
 */
export function growth(trace: Trace, seconds: number, quantile: number): number {
  const window = Math.max(WINDOW, trace.step);
  const fail = (text: string) => new InvalidInput([{ where: trace.name, text }]);
  if (!(seconds > 0)) throw fail(`must be asked for a time above 0 s, got ${seconds}`);
  if (!(quantile > 0 && quantile < 1)) throw fail(`must be asked for a quantile above 0 and below 1, got ${quantile}`);
  const until = duration(trace) - seconds;
  if (until < window) {
    throw fail(
      `must last longer than ${seconds + window} s to show how it grows in ${seconds} s, got ${duration(trace)} s`,
    );
  }
  const arrivals = new Arrivals(trace);
  const steps: { readonly ratio: number; readonly requests: number }[] = [];
  let sum = 0;
  for (let t = window; t <= until; t += trace.step) {
    const then = arrivals.rate(t + seconds - window, t + seconds);
    if (then === 0) continue;
    steps.push({ ratio: then / arrivals.rate(t - window, t), requests: then });
    sum += then;
  }
  if (sum === 0) throw fail('must have requests, but has none');
  steps.sort((a, b) => a.ratio - b.ratio);
  let passed = 0;
  let ratio = 1;
  for (const step of steps) {
    ratio = step.ratio;
    passed += step.requests;
    if (passed >= quantile * sum) break;
  }
  if (!Number.isFinite(ratio)) {
    throw fail(`must have requests most of the time to show how it grows, but comes from none at quantile ${quantile}`);
  }
  return Math.max(1, ratio);
}
