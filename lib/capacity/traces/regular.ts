import { filled } from './gaps';
import { rows } from './rows';
import { refuse, type Samples } from './samples';
import { stepOf } from './step';
import { counted, lengthOf } from './telling';
import type { Trace } from './trace';

/** Twenty million steps are 160 MB, and seven months of seconds. */
const MOST_STEPS = 20e6;
/** Seconds; nobody counts requests in shorter steps, so that times may well be seconds that are called milliseconds. */
const SHORTEST = 0.1;
/** From this many rows on, traffic that never falls looks like a counter. */
const MANY_ROWS = 100;

/**
 * Makes a trace of samples: in order, at equal distances, without a gap.
 *
 * @param gaps what steps without a sample had; undefined for what is safe
 */
export function regular(samples: Samples, gaps: 'between' | 'none' | undefined) {
  const { name, areRates, sinceEpoch, looksBack, hasUnit } = samples;
  const { times, values, where, repairs } = rows(samples);
  const start = times[0] ?? 0;
  const step = stepOf({ name, times, where, hasUnit, isSparse: gaps === 'none' });
  const steps = Math.round(((times[times.length - 1] ?? 0) - start) / step) + 1;
  if (steps > MOST_STEPS) {
    const length = lengthOf(Math.round(steps * step));
    refuse(name, `must be at most ${MOST_STEPS} steps, got ${steps} of ${lengthOf(step)}, ${length}: is a time wrong?`);
  }
  const slots = new Float64Array(steps).fill(Number.NaN);
  let moved = 0;
  for (const [i, time] of times.entries()) {
    const place = Math.round((time - start) / step);
    slots[place] = values[i] ?? Number.NaN;
    moved = Math.max(moved, Math.abs(time - start - place * step));
  }
  if (moved > step / 1000) {
    const most = lengthOf(Number(moved.toPrecision(2)));
    repairs.push(`rows were up to ${most} off a grid of ${lengthOf(step)}, and were put on it`);
  }
  if (step < SHORTEST)
    repairs.push(`its steps are only ${lengthOf(step)} long: are its times in the unit that they seem?`);
  const lack = values.some(Number.isNaN) ? 'value' : 'row';
  const { first, requests, repairs: made } = filled(slots, { name, step, start, sinceEpoch, gaps, lack });
  repairs.push(...made);
  if (requests.every((count) => count === 0)) {
    refuse(name, `must have requests, got 0 in ${counted(requests.length, 'row')}`);
  }
  if (requests.length >= MANY_ROWS && requests.every((count, i) => count >= (requests[i - 1] ?? 0))) {
    repairs.push('its values never fall: if they are those of a counter, which only grows, query its rate');
  }
  const startsAt = Number((start + (first - (looksBack ? 1 : 0)) * step).toPrecision(15));
  const trace: Trace = {
    name,
    step,
    ...(sinceEpoch && { startsAt }),
    requests: areRates ? requests.map((rate) => rate * step) : requests,
  };
  return { trace, repairs };
}
