import { z } from 'zod';
import { must, oneOf, pattern, text } from './schema';
import { instantsOf, timeZoneSchema, wallClock } from './time-zones';

/** Days of the week, as cron and most of us call them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** The name of one. @useDeclaredType */
export type Weekday = (typeof WEEKDAYS)[number];

/** A time on the clocks of a zone, without an offset: `'2026-11-10T20:00'`. */
export type LocalDateTime = `${number}-${number}-${number}T${number}:${number}`;
/** The same in every year: `'11-10T20:00'`. */
export type YearlyTime = `${number}-${number}T${number}:${number}`;
/** The same on every day: `'19:30'`. */
export type TimeOfDay = `${number}:${number}`;

const CLOCK = '([01]\\d|2[0-3]):[0-5]\\d';
const dateTime = pattern<LocalDateTime>(
  new RegExp(`^\\d{4}-\\d\\d-\\d\\dT${CLOCK}$`),
  must("be a date and time like '2026-11-10T20:00'", 'the time zone stands beside it'),
  (value) => isDate(value.slice(0, 10)),
);
const yearly = pattern<YearlyTime>(
  new RegExp(`^\\d\\d-\\d\\dT${CLOCK}$`),
  must("be a day and time of every year like '11-10T20:00'"),
  // No leap year: the 29th of February is in few.
  (value) => isDate(`2027-${value.slice(0, 5)}`),
);
const timeOfDay = (shape: string, rule: string) => pattern<TimeOfDay>(new RegExp(`^(${shape})$`), must(rule));

const named = {
  /** What people call it, such as `double-11`; each event of a calendar has a name of its own. */
  name: text('the name of an event'),
  /**
   * Time zone of its times.
   * @default - the calendar's
   */
  timeZone: timeZoneSchema.optional(),
};

const onceShape = z.strictObject({
  ...named,
  /** @default - it happens once */
  every: z.literal('once').optional(),
  /** When it begins. */
  start: dateTime,
  /** When it is over. */
  end: dateTime,
});
const yearlyShape = z.strictObject({
  ...named,
  /** The same days of every year, such as 11 November. */
  every: z.literal('year'),
  /** When it begins. */
  start: yearly,
  /** When it is over; before the start, in the next year. */
  end: yearly,
});
const dailyShape = z.strictObject({
  ...named,
  /** Every day, or some days of each week. */
  every: z.literal('day'),
  /**
   * The days on which it begins.
   * @default - all
   */
  days: z
    .array(oneOf(WEEKDAYS))
    .min(1, { error: must('have at least one day') })
    .readonly()
    .optional(),
  /** When it begins. */
  start: timeOfDay(CLOCK, "be a time of day like '19:30'"),
  /** When it is over; before the start, on the next day. `'24:00'` is the end of the day. */
  end: timeOfDay(`${CLOCK}|24:00`, "be a time of day like '23:30', or '24:00'"),
});

/**
 * A stretch of time that a team plans for: a sale, a holiday, the peak of each evening. Its times are those on the
 * clocks of its zone, so that summer time doesn't move it.
 *
 * @example
 * ```ts
 * const events: CalendarEvent[] = [
 *   { name: 'black-friday', start: '2026-11-27T00:00', end: '2026-12-01T06:00', timeZone: 'America/New_York' },
 *   { name: 'double-11', every: 'year', start: '11-10T18:00', end: '11-12T02:00' },
 *   { name: 'evening-peak', every: 'day', days: ['fri', 'sat', 'sun'], start: '19:00', end: '23:30' },
 * ];
 * ```
 */
export const calendarEventSchema = z.discriminatedUnion('every', [onceShape, yearlyShape, dailyShape]);

/** One event of a calendar. */
export type CalendarEvent = z.output<typeof calendarEventSchema>;

/** Events with a common time zone. */
export interface Calendar {
  /** Of the events that name none. */
  readonly timeZone: string;
  readonly events: readonly CalendarEvent[];
}

/** What is wrong with the events of a calendar beside each other and with their zone, by the path of each. */
export function calendarProblems({ timeZone, events }: Calendar): { path: PropertyKey[]; text: string }[] {
  const periods = new Map<string, string>();
  const names = new Set<string>();
  return events.flatMap((event, i) => {
    const zone = event.timeZone ?? timeZone;
    const problems: { path: PropertyKey[]; text: string }[] = periodProblems(event, zone).map(([key, rule]) => ({
      path: [i, key],
      text: rule,
    }));
    if (names.has(event.name)) {
      problems.push({
        path: [i, 'name'],
        text: `must differ from those of the other events, got '${event.name}' again`,
      });
    }
    const period = [event.every ?? 'once', event.start, event.end, zone, 'days' in event ? event.days : ''].join();
    const other = periods.get(period);
    if (other !== undefined) {
      problems.push({ path: [i], text: `must differ from the others, got the time of '${other}' again: remove one` });
    }
    names.add(event.name);
    periods.set(period, event.name);
    return problems;
  });
}

function periodProblems(event: CalendarEvent, zone: string): ['start' | 'end', string][] {
  const { start, end } = event;
  if (event.every === 'year' || event.every === 'day') {
    return start === end ? [['end', `must differ from the start, '${start}', got the same`]] : [];
  }
  const problems = (['start', 'end'] as const).flatMap((key): ['start' | 'end', string][] => {
    const [first, second] = instantsOf(event[key], zone);
    const hour = first === undefined ? 'which the clocks of' : 'which comes twice in';
    const skip = first === undefined ? `${zone} skip that night` : `${zone} that night`;
    if (first !== undefined && second === undefined) return [];
    return [[key, `must be a time that comes once, got '${event[key]}', ${hour} ${skip}: take one an hour away`]];
  });
  if (end <= start) problems.push(['end', `must be after the start, '${start}', got '${end}'`]);
  return problems;
}

/**
 * Whether an event is on at an instant, in milliseconds since 1970: from its start on, and no longer at its end. The
 * clocks say so: in the hour that they repeat, what repeats is on twice, and in the one that they skip, never.
 */
export function isOn(event: CalendarEvent, timeZone: string, instant: number): boolean {
  const now = wallClock(instant, event.timeZone ?? timeZone);
  const { start, end } = event;
  if (event.every === 'year') return isWithin(now.slice(5), start, end);
  if (event.every !== 'day') return start <= now && now < end;
  const time = now.slice(11);
  const today = isDayOf(event, now, 0) && start <= time && (start > end || time < end);
  return today || (start > end && time < end && isDayOf(event, now, -1));
}

/** The events that are on at an instant. */
export function eventsAt({ timeZone, events }: Calendar, instant: number): CalendarEvent[] {
  return events.filter((event) => isOn(event, timeZone, instant));
}

/** How many events may follow each other without a gap before it counts as for ever. */
const MOST_IN_A_ROW = 1000;

/** When the events that are on at an instant, and those that follow without a gap, are over; undefined for never. */
export function nextGap(calendar: Calendar, instant: number): number | undefined {
  let candidate = instant;
  for (let i = 0; i < MOST_IN_A_ROW; i++) {
    const ends = eventsAt(calendar, candidate).map((event) => endOf(event, calendar.timeZone, candidate));
    if (ends.length === 0) return candidate;
    candidate = Math.max(...ends);
  }
  return undefined;
}

/** Where events that repeat are looked at: a week, and a year, like any other. */
const SOME_YEAR = '2001';
const SOME_DAYS = Array.from({ length: 7 }, (_, i) => `${SOME_YEAR}-01-0${i + 1}`);

/** The most seconds from the start of an event until the next gap. */
export function longestEventSeconds(calendar: Calendar): number {
  const lengths = calendar.events.flatMap((event) =>
    localStarts(event)
      .flatMap((start) => instantsOf(start, event.timeZone ?? calendar.timeZone))
      .map((start) => ((nextGap(calendar, start) ?? start) - start) / 1000),
  );
  return Math.max(0, ...lengths);
}

function localStarts(event: CalendarEvent): string[] {
  if (event.every === 'year') return [`${SOME_YEAR}-${event.start}`];
  if (event.every !== 'day') return [event.start];
  return SOME_DAYS.filter((day) => isDayOf(event, day, 0)).map((day) => `${day}T${event.start}`);
}

/** When an event is over that is on at an instant. */
function endOf(event: CalendarEvent, timeZone: string, instant: number): number {
  const zone = event.timeZone ?? timeZone;
  const now = wallClock(instant, zone);
  const later = instantsOf(localEnd(event, now), zone).find((end) => end > instant);
  if (later !== undefined) return later;
  // In the hour that the clocks skip, or repeat: it is over at the first minute at which it no longer is on.
  let minute = Math.floor(instant / 60_000) * 60_000;
  do minute += 60_000;
  while (isOn(event, timeZone, minute));
  return minute;
}

function localEnd(event: CalendarEvent, now: string): string {
  const { start, end } = event;
  const day = now.slice(0, 10);
  if (event.every === 'year') {
    const year = Number(now.slice(0, 4));
    return `${start > end && now.slice(5) >= start ? year + 1 : year}-${end}`;
  }
  if (event.every !== 'day') return end;
  if (end === '24:00') return `${addDays(day, 1)}T00:00`;
  return `${start > end && now.slice(11) >= start ? addDays(day, 1) : day}T${end}`;
}

/** From `start` until `end`, over the turn of what repeats when that comes first. */
function isWithin(now: string, start: string, end: string): boolean {
  return start < end ? start <= now && now < end : start <= now || now < end;
}

/** Whether an event begins on the day that a clock shows, or on one beside it. */
function isDayOf({ days }: { readonly days?: readonly Weekday[] | undefined }, now: string, offset: number): boolean {
  if (days === undefined) return true;
  // Sunday is the 0th for JavaScript, and the last for us.
  const weekday = (new Date(`${addDays(now.slice(0, 10), offset)}T00:00Z`).getUTCDay() + 6) % 7;
  return days.some((day) => WEEKDAYS.indexOf(day) === weekday);
}

function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/** Whether there is such a day: JavaScript takes the 31st of February for the 3rd of March. */
function isDate(day: string): boolean {
  const time = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
