/** How the times of a column are to be read. */
export interface Clock {
  /** Seconds of a cell; NaN where it is no such time. */
  read(cell: string): number;
  readonly sinceEpoch: boolean;
  /** Whether the unit is known, and not just taken for seconds. */
  readonly hasUnit: boolean;
  /** What a cell must be. */
  readonly rule: string;
  /** What was taken for granted. */
  readonly repair?: string;
}

type Unit = 'h' | 'min' | 's' | 'ms' | 'us' | 'ns';

const UNITS: Readonly<Record<Unit, { readonly each: (count: number) => number; readonly called: string }>> = {
  h: { each: (count) => count * 3600, called: 'hours' },
  min: { each: (count) => count * 60, called: 'minutes' },
  s: { each: (count) => count, called: 'seconds' },
  // Divided, and not multiplied by 0.001: the quotient is the nearest number there is.
  ms: { each: (count) => count / 1e3, called: 'milliseconds' },
  us: { each: (count) => count / 1e6, called: 'microseconds' },
  ns: { each: (count) => count / 1e9, called: 'nanoseconds' },
};

/** From 1973 to 5138, the size of a count since 1970 tells its unit. */
const SINCE_1970: readonly (readonly [number, Unit])[] = [
  [1e17, 'ns'],
  [1e14, 'us'],
  [1e11, 'ms'],
  [1e8, 's'],
];

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const DATE =
  /^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/;

/** Whether a cell is a time or number, and no column's name. */
export function isTime(cell: string): boolean {
  return NUMBER.test(cell) || DATE.test(cell);
}

/**
 * How to read a column of times, by its first cell; undefined when that is no time.
 *
 * @param unit that the name of the column tells
 */
export function clockOf(first: string, column: string, unit?: Unit): Clock | undefined {
  if (DATE.test(first)) {
    const hasZone = DATE.exec(first)?.[8] !== undefined;
    const rule = "be a date that there is, like '2026-11-10T20:00:00Z'";
    const repair = `the times of ${column} have no zone and were taken for UTC`;
    return { read: dateSeconds, sinceEpoch: true, hasUnit: true, rule, ...(!hasZone && { repair }) };
  }
  if (!NUMBER.test(first)) return undefined;
  const size = Math.abs(Number(first));
  const since1970 = SINCE_1970.find(([least]) => size >= least)?.[1];
  const { each, called } = UNITS[since1970 ?? unit ?? 's'];
  const rule = `be a number of ${called}${since1970 === undefined ? '' : ' since 1970'}`;
  const read = (cell: string) => (NUMBER.test(cell) ? each(Number(cell)) : Number.NaN);
  const repair = `the times of ${column} were taken for ${called} since 1970, which their size tells`;
  const isOdd = since1970 !== undefined && unit !== undefined && unit !== since1970;
  const sinceEpoch = since1970 !== undefined;
  return { read, sinceEpoch, hasUnit: sinceEpoch || unit !== undefined, rule, ...(isOdd && { repair }) };
}

const SUFFIXES: readonly (readonly [RegExp, Unit])[] = [
  [/(^|_)(h|hours?)$/, 'h'],
  [/(^|_)(m|mins?|minutes?)$/, 'min'],
  [/(^|_)(s|secs?|seconds?)$/, 's'],
  [/(^|_)(ms|millis|milliseconds?)$/, 'ms'],
  [/(^|_)(us|micros|microseconds?)$/, 'us'],
  [/(^|_)(ns|nanos|nanoseconds?)$/, 'ns'],
];

/** The unit that a column's name ends in, such as `time_ms`. */
export function unitIn(name: string): Unit | undefined {
  return SUFFIXES.find(([suffix]) => suffix.test(name))?.[1];
}

function dateSeconds(cell: string): number {
  const [, year, month, day, hour = '0', minute = '0', second = '0', part = '', zone = 'Z'] = DATE.exec(cell) ?? [];
  if (year === undefined) return Number.NaN;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const isDay = new Date(midnight).getUTCDate() === Number(day) && Number(month) <= 12;
  if (!isDay || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return Number.NaN;
  const time = Number(hour) * 3600 + Number(minute) * 60 + Number(second) + (part === '' ? 0 : Number(`0.${part}`));
  return midnight / 1000 + time - offsetSeconds(zone);
}

function offsetSeconds(zone: string): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
