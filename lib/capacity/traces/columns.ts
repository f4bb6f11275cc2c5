import { show } from '../../core/problem';
import { didYouMean } from '../../core/schema';
import { refuse } from './samples';

/** What the values of a column are. */
export interface Meaning {
  readonly areRates: boolean;
  /** What a value is multiplied by: a sixtieth for requests per minute. */
  readonly factor: number;
}

/** Where a table has what. */
export interface Columns {
  readonly time: number;
  /** What to call the column of times in an error. */
  readonly timeName: string;
  /** Columns whose sum is the traffic. */
  readonly values: readonly number[];
  /** What the name tells of the values; undefined where it tells nothing. */
  readonly meaning: Meaning | undefined;
  /** What to call the columns of values in an error. */
  readonly valueName: string;
}

const TIME =
  /^(time|times?tamp|timestamp|date|date_?time|ts|t|epoch|unix|unix_?time|bucket|window|interval)(_(start|utc))?$/;
const UNIT = /_?(h|hours?|m|mins?|minutes?|s|secs?|seconds?|ms|millis|milliseconds?|us|micros|microseconds?|ns|nanos)$/;
const WHAT = '(requests?|reqs?|req|queries|query|hits?|calls?|invocations?|arrivals?|transactions?)';
const COUNTS = new RegExp(`^(num(ber)?_(of_)?|n_|total_)?(${WHAT}|n|count|counts|total|${WHAT}_(count|counts|total))$`);
const RATES = new RegExp(`^(rps|qps|tps|rate|throughput|${WHAT}_rate|${WHAT}_?(per|/)_?(s|sec|secs|second|seconds))$`);
const PER_MINUTE = new RegExp(`^(rpm|qpm|tpm|${WHAT}_?(per|/)_?(m|min|mins|minute|minutes))$`);

/** `Time (ms)` as `time_ms`. */
export function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9/]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** The columns of a table with a line of names. */
export function columnsOf(names: readonly string[], where: string, chosen?: readonly string[]): Columns {
  const plain = names.map(plainName);
  const times = [...plain.keys()].filter((i) => isTimeName(plain[i] ?? ''));
  if (times.length > 1 && chosen === undefined) {
    const those = times.map((i) => show(names[i])).join(' and ');
    refuse(where, `must have one column of times, got ${those}: join them into one, or take one out`);
  }
  // Whatever it is called, the first is that of the times in all exports that we know.
  const time = times[0] ?? 0;
  const values = chosen === undefined ? found(names, plain, time, where) : chosenOf(names, chosen, where);
  const meanings = values.map((i) => meaningOf(plain[i] ?? ''));
  const meaning = meanings.every((other) => other?.factor === meanings[0]?.factor) ? meanings[0] : undefined;
  const valueName = values.map((i) => `column ${show(names[i])}`).join(', ');
  return { time, timeName: `column ${show(names[time])}`, values, meaning, valueName };
}

/** The columns of a table without names. */
export function unnamedColumns(count: number, where: string, chosen?: readonly string[]): Columns {
  if (chosen !== undefined) refuse(where, 'must have a line of column names, as columns are chosen, got none');
  if (count > 2) refuse(where, `must have a line of column names where there are more than two, got ${count} columns`);
  return {
    time: 0,
    timeName: 'the first column',
    values: [1],
    meaning: undefined,
    valueName: 'the second column',
  };
}

/** What the name of a column tells of its values. */
export function meaningOf(plain: string): Meaning | undefined {
  if (COUNTS.test(plain)) return { areRates: false, factor: 1 };
  if (RATES.test(plain)) return { areRates: true, factor: 1 };
  return PER_MINUTE.test(plain) ? { areRates: true, factor: 1 / 60 } : undefined;
}

function isTimeName(plain: string): boolean {
  return TIME.test(plain) || TIME.test(plain.replace(UNIT, '')) || /^(second|minute|hour)s?$/.test(plain);
}

function chosenOf(names: readonly string[], chosen: readonly string[], where: string): number[] {
  return chosen.map((name) => {
    const i = names.indexOf(name);
    const known = `(known: ${names.join(', ')})`;
    return i >= 0 ? i : refuse(where, `has no column ${show(name)}${didYouMean(name, names)} ${known}`);
  });
}

function found(names: readonly string[], plain: readonly string[], time: number, where: string): number[] {
  const others = [...plain.keys()].filter((i) => i !== time && plain[i] !== '');
  const telling = others.filter((i) => meaningOf(plain[i] ?? '') !== undefined);
  const candidates = telling.length > 0 ? telling : others;
  if (candidates.length === 1) return candidates;
  const got = candidates.map((i) => show(names[i])).join(', ');
  if (candidates.length === 0) {
    return refuse(where, `must have a column of times and one of requests, got only ${show(names[time])}`);
  }
  return refuse(where, `must have one column of requests, got ${got}: say with columns which are to be added up`);
}
