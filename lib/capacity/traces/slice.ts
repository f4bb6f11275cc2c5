import { InvalidInput } from '../../core/problem';
import { duration, type Trace } from './trace';

/**
 * A part of a trace: the steps that have any of the time from `from` until `to`, in seconds from its start.
 *
 * @throws InvalidInput when nothing of the trace is in there
 * @example
 * ```ts
 * const secondWeek = slice(trace, 7 * 86_400, 14 * 86_400);
 * ```
 */
export function slice(trace: Trace, from: number, to: number): Trace {
  const { step, startsAt, requests } = trace;
  const first = Math.max(0, Math.floor(from / step));
  const part = requests.slice(first, Math.max(first, Math.ceil(to / step)));
  if (part.length === 0) {
    const rule = `must hold a part of ${trace.name}, which is ${duration(trace)} s long`;
    throw new InvalidInput([{ where: 'slice', text: `${rule}, got from ${from} s to ${to} s` }]);
  }
  return { ...trace, requests: part, ...(startsAt !== undefined && { startsAt: startsAt + first * step }) };
}
