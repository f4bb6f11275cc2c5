import { cronFields } from '../core/cron';

/** In 28 years, every date falls on every day of the week equally often, leap years included. */
const CYCLE = { firstYear: 2001, days: 28 * 365.25, months: 28 * 12 } as const;

/** Hours of the average month, 365.25 / 12 days. */
export const HOURS_PER_MONTH = (CYCLE.days / CYCLE.months) * 24;

const DAY = 86_400;

/**
 * The runs of a schedule in the average month of 365.25 / 12 days: the minutes × the hours that it names × the days that
 * it matches in 28 years / 336 months. It may be none at all, as on the 30th of February. That clocks are put forward and
 * back is left out.
 */
export function runsPerMonth(schedule: string): number {
  const [minute, hour] = cronFields(schedule);
  if (!minute || !hour) return 0;
  return (minute.values.size * hour.values.size * daysOf(schedule).length) / CYCLE.months;
}

/**
 * The longest time between two runs of a schedule, in seconds, as the wall clock shows it; undefined where it never runs.
 * Of `0 2 * * mon-fri` that is the three days over a weekend.
 */
export function longestPause(schedule: string): number | undefined {
  const [minute, hour] = cronFields(schedule);
  const minutes = [...(minute?.values ?? [])];
  const times = [...(hour?.values ?? [])]
    .flatMap((each) => minutes.map((past) => 3600 * each + 60 * past))
    .sort((a, b) => a - b);
  const days = daysOf(schedule);
  const [first, last, firstDay] = [times[0], times.at(-1), days[0]];
  if (first === undefined || last === undefined || firstDay === undefined) return undefined;
  const within = pauses(times);
  const overNight = pauses([...days, firstDay + CYCLE.days]).map((count) => count * DAY + first - last);
  return [...within, ...overNight].reduce((longest, pause) => Math.max(longest, pause), 0);
}

function pauses(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, i) => moment - (moments[i] ?? moment));
}

/**
 * The days of 28 years that a schedule matches, counted from 1: by both date and weekday where one of them is a star,
 * otherwise by either.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/spec.go
 */
function daysOf(schedule: string): number[] {
  const [, , date, month, weekday] = cronFields(schedule);
  if (!date || !month || !weekday) return [];
  return Array.from({ length: CYCLE.days }, (_, i) => i + 1).filter((count) => {
    const day = new Date(Date.UTC(CYCLE.firstYear, 0, count));
    if (!month.values.has(day.getUTCMonth() + 1)) return false;
    const byDate = date.values.has(day.getUTCDate());
    const byWeekday = weekday.values.has(day.getUTCDay());
    return date.isStar || weekday.isStar ? byDate && byWeekday : byDate || byWeekday;
  });
}
