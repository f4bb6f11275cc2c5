import type { Trace } from './trace';

/**
 * A trace as CSV that {@link readTrace} reads as the same: `time_s,requests`, with the seconds from its start, or
 * `timestamp_s,requests` where it is known when it started.
 */
export function writeTrace({ step, startsAt, requests }: Trace): string {
  const lines = Array.from(
    requests,
    (count, i) => `${Number(((startsAt ?? 0) + i * step).toPrecision(15))},${count}\n`,
  );
  return `${startsAt === undefined ? 'time_s' : 'timestamp_s'},requests\n${lines.join('')}`;
}
