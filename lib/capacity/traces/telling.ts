/** An instant in seconds since 1970, for people. */
export function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  // JavaScript's calendar ends in the year 275760.
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace(/(:00)?\.000Z$/, 'Z');
}

const LONG: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A length of time for people: `10 minutes`, `1 hour`, `90 seconds`. */
export function lengthOf(seconds: number): string {
  const [unit, name] = LONG.find(([each]) => isSaidIn(seconds / each)) ?? [1, 'second'];
  const count = Number((seconds / unit).toPrecision(4));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** A whole count, or so many that nobody cares for the rest. */
function isSaidIn(count: number): boolean {
  return (count >= 1 && Number.isInteger(count)) || count >= 100;
}

/** A few of something, counted. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * From one step to another, both in it: `13:40 to 13:49 of day 2`, counted from the trace's start, or with dates where
 * these are known.
 */
export function span(from: number, to: number, sinceEpoch: boolean): string {
  if (sinceEpoch) return from === to ? instant(from) : `${instant(from)} to ${instant(to)}`;
  if (from === to) return `${clockTime(from)} of day ${dayOf(from)}`;
  if (dayOf(from) === dayOf(to)) return `${clockTime(from)} to ${clockTime(to)} of day ${dayOf(from)}`;
  return `${clockTime(from)} of day ${dayOf(from)} to ${clockTime(to)} of day ${dayOf(to)}`;
}

function dayOf(seconds: number): number {
  return Math.floor(seconds / 86_400) + 1;
}

function clockTime(seconds: number): string {
  const time = new Date((((seconds % 86_400) + 86_400) % 86_400) * 1000).toISOString().slice(11, 23);
  return time.replace(/\.000$/, '').replace(/:00$/, '');
}
