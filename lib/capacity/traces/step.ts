import { refuse } from './samples';
import { lengthOf } from './telling';

/** How far a row may be off its place, in steps: clocks and scrapes are never quite on time. */
const MOST_OFF = 0.25;
/** Seconds of the longest step: coarser than this, a trace shows no peak. */
const LONGEST = 3600;
/** From this many steps for each row on, what looks like a step is chance: the rows of a log, say. */
const SPARSEST = 20;

interface Timed {
  readonly name: string;
  /** In order, each once. */
  readonly times: readonly number[];
  where(index: number): string;
  readonly hasUnit: boolean;
  /** Whether most steps may lack a row. */
  readonly isSparse: boolean;
}

/** Seconds between rows that come at equal distances, but for those that are missing. */
export function stepOf({ name, times, where, hasUnit, isSparse }: Timed): number {
  const distances = Float64Array.from(times.slice(1), (time, i) => time - (times[i] ?? 0)).sort();
  // Most rows follow each other; where most are missing, some still do.
  const usual = distances[distances.length >> 1] ?? 0;
  const step = [usual, distances[0] ?? 0]
    .flatMap((each) => [whole(each), Number(each.toPrecision(6))])
    .find((each) => firstOff(times, each) === undefined && (isSparse || isDense(times, each)));
  if (step === undefined) {
    const off = firstOff(times, whole(usual)) ?? 1;
    const after = Number(((times[off] ?? 0) - (times[0] ?? 0)).toPrecision(12));
    const rule = `must be a multiple of ${lengthOf(whole(usual))} after the first row, as they mostly are that far apart`;
    return refuse(where(off), `${rule}, got ${lengthOf(after)}: count the requests in steps of equal length`);
  }
  if (!hasUnit && step % 1000 === 0) {
    const hint = 'give it a line of names, with time_s or time_ms';
    refuse(name, `must say the unit of its times, which are ${step} apart, as if they were milliseconds: ${hint}`);
  }
  if (step > LONGEST) {
    const hint = 'is that milliseconds? Then call the column time_ms';
    refuse(name, `must have a row at least every hour, got one every ${step} s: ${hint}`);
  }
  return step;
}

function isDense(times: readonly number[], step: number): boolean {
  return ((times[times.length - 1] ?? 0) - (times[0] ?? 0)) / step < SPARSEST * times.length;
}

/** The first row that is off the grid, or shares its place with another. */
function firstOff(times: readonly number[], step: number): number | undefined {
  const [start = 0] = times;
  let last = -1;
  const found = times.findIndex((time) => {
    const steps = (time - start) / step;
    const place = Math.round(steps);
    if (Math.abs(steps - place) > MOST_OFF || place === last) return true;
    last = place;
    return false;
  });
  return found < 0 ? undefined : found;
}

/** A distance without what clocks were off. */
function whole(distance: number): number {
  const seconds = Math.round(distance);
  return Math.abs(distance - seconds) < seconds * 0.02 ? seconds : Number(distance.toPrecision(6));
}
