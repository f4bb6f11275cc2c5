import { requireNumber } from './numbers';
import type { Trace } from './trace';

/**
 * The same traffic, `factor` times as much: next year's, or the share that a canary gets.
 *
 * @throws InvalidInput when the factor isn't above 0
 */
export function scale(trace: Trace, factor: number): Trace {
  requireNumber(factor > 0, 'scale', 'factor', 'be a number above 0', factor);
  return { ...trace, requests: trace.requests.map((count) => count * factor) };
}
