import { requireNumber } from './numbers';
import { duration, type Trace } from './trace';

/**
 * The same requests, counted in steps of another length; within a step of the trace they come evenly. The last step may
 * reach past the trace's end.
 *
 * @param step seconds of each step
 * @throws InvalidInput when the step isn't above 0
 * @example
 * ```ts
 * const minutes = resample(trace, 60);
 * ```
 */
export function resample(trace: Trace, step: number): Trace {
  requireNumber(step > 0, 'resample', 'step', 'be a number of seconds above 0', step);
  const { step: old, requests } = trace;
  // What is left of a division must not become a step of its own.
  const steps = Math.ceil(Number((duration(trace) / step).toPrecision(12)));
  const counts = new Float64Array(steps);
  for (const [i, count] of requests.entries()) {
    const from = i * old;
    const to = from + old;
    for (let j = Math.floor(from / step); j * step < to; j++) {
      const share = (Math.min(to, (j + 1) * step) - Math.max(from, j * step)) / old;
      const place = Math.min(j, steps - 1);
      counts[place] = (counts[place] ?? 0) + count * share;
    }
  }
  return { ...trace, step, requests: counts };
}
