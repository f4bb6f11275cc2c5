import { cronFields } from './cron';

/** In 28 years, every date falls on every day of the week equally often, leap years included. */
const CYCLE = { firstYear: 2001, days: 28 * 365.25, months: 28 * 12 } as const;

/** Hours of the average month, 365.25 / 12 days. */
export const HOURS_PER_MONTH = (CYCLE.days / CYCLE.months) * 24;

/**
 * The runs of a schedule in the average month of 365.25 / 12 days: the minutes × the hours that it names × the days that
 * it matches in 28 years / 336 months. It may be none at all, as on the 30th of February. That clocks are put forward and
 * back is left out.
 *
 * A day matches by both its date and its weekday where one of them is a star, otherwise by either.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/spec.go
 */
export function runsPerMonth(schedule: string): number {
  const [minute, hour, date, month, weekday] = cronFields(schedule);
  if (!minute || !hour || !date || !month || !weekday) return 0;
  let days = 0;
  for (let i = 1; i <= CYCLE.days; i++) {
    const day = new Date(Date.UTC(CYCLE.firstYear, 0, i));
    if (!month.values.has(day.getUTCMonth() + 1)) continue;
    const byDate = date.values.has(day.getUTCDate());
    const byWeekday = weekday.values.has(day.getUTCDay());
    if (date.isStar || weekday.isStar ? byDate && byWeekday : byDate || byWeekday) days++;
  }
  return (minute.values.size * hour.values.size * days) / CYCLE.months;
}
