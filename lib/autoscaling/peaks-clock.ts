import { type ClockChange, clockChanges } from '../core/time-zones';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The years whose clock changes count, by the rules of the zones as Node has them: the same wherever this is run. */
const YEARS = [Date.UTC(2026, 0, 1), Date.UTC(2046, 0, 1)] as const;

const known = new Map<string, readonly ClockChange[]>();

function changesOf(timeZone: string): readonly ClockChange[] {
  const before = known.get(timeZone);
  if (before !== undefined) return before;
  const changes = clockChanges(timeZone, ...YEARS);
  known.set(timeZone, changes);
  return changes;
}

/** The days, `'2027-04-30'`, whose midnight the clocks of a zone skip, such as in Egypt and Chile. */
export function daysWithoutMidnight(timeZone: string): string[] {
  return changesOf(timeZone)
    .filter(({ kind, from }) => kind === 'skipped' && from.endsWith('T00:00'))
    .map(({ from }) => from.slice(0, 10));
}

/** How a time that repeats is counted: in milliseconds, from the start of some day or year that is like any other. */
const CYCLES = {
  day: { length: DAY, before: '2027-01-02T', shown: 11 },
  year: { length: 365 * DAY, before: '2027-', shown: 5 },
} as const;

/** A time of every day or year, as a number; `'24:00'` is that of the next day. */
export function position(every: 'day' | 'year', local: string): number {
  const whole = local === '24:00' ? DAY : 0;
  return whole + Date.parse(`${CYCLES[every].before}${whole > 0 ? '00:00' : local}Z`);
}

/** The time at a position, and how many days it is from the first one. */
export function timeAt(every: 'day' | 'year', at: number): { readonly local: string; readonly days: number } {
  const days = Math.floor((at - position('day', '00:00')) / DAY);
  return { local: new Date(at).toISOString().slice(CYCLES[every].shown, 16), days };
}

/** How long it is from one time until the next one that shows another. */
export function span(every: 'day' | 'year', from: number, to: number): number {
  const { length } = CYCLES[every];
  return (((to - from) % length) + length) % length;
}

interface Unclear {
  readonly from: number;
  readonly length: number;
  readonly isSkipped: boolean;
}

/**
 * Keeps the times of an event that repeats out of the hours that the clocks of its zone skip or repeat on some night.
 * A cron trigger of KEDA loses the whole event on a night that skips its end, and begins a day early on one that skips its
 * start; a lead over a skipped hour is an hour short.
 */
export class SteadyTimes {
  private readonly unclear: readonly Unclear[];

  constructor(
    private readonly every: 'day' | 'year',
    timeZone: string,
  ) {
    const { shown } = CYCLES[every];
    const times = changesOf(timeZone).map(({ from, minutes, kind }): [string, Unclear] => [
      `${from.slice(shown)} ${minutes} ${kind}`,
      { from: position(every, from.slice(shown)), length: minutes * MINUTE, isSkipped: kind === 'skipped' },
    ]);
    this.unclear = [...new Map(times).values()];
  }

  /** When something must begin so that it is so many milliseconds before `start` on every night, or more. */
  before(start: number, milliseconds: number): number {
    const skipped = this.unclear.filter(({ from, length, isSkipped }) => {
      const reach = milliseconds + length;
      const after = span(this.every, start - reach, from);
      return isSkipped && 0 < after && after < reach;
    });
    let begin = start - milliseconds - Math.max(0, ...skipped.map(({ length }) => length));
    for (let change = this.at(begin); change !== undefined; change = this.at(begin)) {
      begin -= span(this.every, change.from, begin) + MINUTE;
    }
    return begin;
  }

  /** When something is over that ends at `end`, or as soon as the clocks are clear about it. */
  after(end: number): number {
    let over = end;
    for (let change = this.at(over); change !== undefined; change = this.at(over)) {
      over += change.length - span(this.every, change.from, over);
    }
    return over;
  }

  private at(time: number): Unclear | undefined {
    return this.unclear.find(({ from, length }) => span(this.every, from, time) < length);
  }
}
