import { WEEKDAYS } from '../core/calendar';
import type { PlannedPeak } from './peaks-plan';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How often a Job is started while a peak is on, in minutes. */
const EVERY_MINUTES = 5;

/** So long after the end of a peak, Jobs still see to it that the minimum is the ordinary one again. */
const TAIL = HOUR;

/** Any week, in which the first day is a Monday, and a year with all days that there are. */
const SOME_MONDAY = Date.UTC(2027, 0, 4);
const LEAP_YEAR = 2028;

/**
 * The schedules of CronJobs that are due every 5 minutes from the beginning of a peak until an hour after its end, and
 * besides on the rest of the same hours or days at most: cron knows no ranges of times. They are in the zone of the peak.
 */
export function schedulesOf(peak: PlannedPeak): string[] {
  const minute = Number(peak.start.slice(-2)) % EVERY_MINUTES;
  const minutes = minute === 0 ? `*/${EVERY_MINUTES}` : `${minute}-59/${EVERY_MINUTES}`;
  const rest = peak.every === 'day' ? hoursOfWeekdays(peak) : daysOfMonths(peak);
  return rest.map((fields) => `${minutes} ${fields}`);
}

type Daily = Extract<PlannedPeak, { readonly every: 'day' }>;

function hoursOfWeekdays({ days = WEEKDAYS, start, end }: Daily): string[] {
  const hours = WEEKDAYS.map(() => new Set<number>());
  for (const day of days) {
    const midnight = SOME_MONDAY + WEEKDAYS.indexOf(day) * DAY;
    const [begin, over] = [start, end].map((time) => midnight + minutesOf(time) * 60_000) as [number, number];
    const last = (over > begin ? over : over + DAY) + TAIL;
    for (let hour = begin - (begin % HOUR); hour < last; hour += HOUR) {
      hours[Math.floor((hour - SOME_MONDAY) / DAY) % 7]?.add((hour % DAY) / HOUR);
    }
  }
  // Cron's week begins with Sunday, ours with Monday.
  const weekdays = groups(hours.map((set, i) => [(i + 1) % 7, ranges([...set], 24)]));
  return weekdays.map(([set, days]) => `${set} * * ${ranges(days, 7)}`);
}

function daysOfMonths({ every, start, end }: PlannedPeak): string[] {
  const whole = (time: string) => Date.parse(`${every === 'year' ? `${LEAP_YEAR}-` : ''}${time}Z`);
  const first = whole(start);
  const over = whole(end);
  const last = (over > first ? over : whole(end) + 366 * DAY) + TAIL;
  const months = Array.from({ length: 12 }, () => new Set<number>());
  for (let day = first - (first % DAY); day < last; day += DAY) {
    const date = new Date(day);
    months[date.getUTCMonth()]?.add(date.getUTCDate());
  }
  const length = (month: number) => new Date(Date.UTC(LEAP_YEAR, month, 0)).getUTCDate();
  const named = groups(months.map((set, i) => [i + 1, set.size === length(i + 1) ? '*' : ranges([...set])]));
  return named.map(([days, list]) => `* ${days} ${ranges(list, 12)} *`);
}

/** The numbers that have the same text, which isn't empty. */
function groups(texts: readonly (readonly [number, string])[]): [string, number[]][] {
  const known = new Map<string, number[]>();
  for (const [number, text] of texts) {
    if (text !== '') known.set(text, [...(known.get(text) ?? []), number]);
  }
  return [...known];
}

/** Numbers as a field of a cron: `0-2,22,23`; all of them, `*`. */
function ranges(numbers: readonly number[], all?: number): string {
  if (numbers.length === all) return '*';
  const sorted = [...numbers].sort((a, b) => a - b);
  const starts = sorted.filter((number) => !sorted.includes(number - 1));
  return starts
    .map((start) => {
      let end = start;
      while (sorted.includes(end + 1)) end++;
      return end === start ? `${start}` : `${start}-${end}`;
    })
    .join();
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
