import { type CronField, cronFields, hasCronValues } from '../../core/cron';
import { instantsOf, wallClock } from '../../core/time-zones';

const DAY = 86_400_000;
/** As far as KEDA looks: a schedule that has no time in so many years has none. */
const YEARS = 5;

/** What a cron trigger says of itself. */
export interface CronTrigger {
  readonly timezone: string;
  readonly start: string;
  readonly end: string;
}

/**
 * Whether a cron trigger of KEDA is on, asked in the order of time: it is whenever an end comes next, and not a start, or
 * both at once. So it needs a start for each end: where ends come more often, or where clocks skip the hour of a start,
 * it is on from one end to the next.
 *
 * @see https://github.com/kedacore/keda/blob/v2.21.0/pkg/scalers/cron_scaler.go
 */
export class CronWindow {
  private readonly starts: Schedule;
  private readonly ends: Schedule;

  /** @throws Error for a schedule that KEDA does not read */
  constructor({ timezone, start, end }: CronTrigger) {
    this.starts = new Schedule(start, timezone);
    this.ends = new Schedule(end, timezone);
  }

  /** @param instant in milliseconds since 1970 */
  isOn(instant: number): boolean {
    return this.ends.after(instant) <= this.starts.after(instant);
  }
}

/** The times of a schedule, one after the other. */
class Schedule {
  private readonly fields: readonly CronField[];
  /** The times of one day, in their order, and the first of them that is still to come. */
  private times: readonly number[] = [];
  private next = 0;
  /** The day that is looked at next, as midnight of UTC. */
  private day: number | undefined;

  constructor(
    schedule: string,
    private readonly zone: string,
  ) {
    if (!/^\S+(\s+\S+){4}$/.test(schedule) || !hasCronValues(schedule)) {
      throw new Error(`'${schedule}' is no schedule of cron that KEDA reads`);
    }
    this.fields = cronFields(schedule);
  }

  /** The first time after an instant; the instants that are asked for never go back. */
  after(instant: number): number {
    this.day ??= Date.parse(`${wallClock(instant, this.zone).slice(0, 10)}T00:00Z`);
    const last = instant + YEARS * 366 * DAY;
    for (;;) {
      const time = this.times[this.next];
      if (time !== undefined && time > instant) return time;
      if (time !== undefined) this.next++;
      else if (this.day > last) return Number.POSITIVE_INFINITY;
      else {
        this.times = this.timesOf(new Date(this.day));
        this.next = 0;
        this.day += DAY;
      }
    }
  }

  private timesOf(day: Date): number[] {
    const [minutes, hours, days, months, weekdays] = this.fields;
    if (!months?.values.has(day.getUTCMonth() + 1) || !isDay(day, days, weekdays)) return [];
    const times: number[] = [];
    for (const hour of hours?.values ?? []) {
      for (const minute of minutes?.values ?? []) {
        const local = new Date(day.getTime() + (hour * 60 + minute) * 60_000).toISOString().slice(0, 16);
        times.push(...instantsOf(local, this.zone));
      }
    }
    return times.sort((a, b) => a - b);
  }
}

/** Both the day of the month and that of the week must fit, unless both say something: then one is enough. */
function isDay(date: Date, days: CronField | undefined, weekdays: CronField | undefined): boolean {
  const byMonth = days?.values.has(date.getUTCDate()) ?? false;
  const byWeek = weekdays?.values.has(date.getUTCDay()) ?? false;
  return days?.isStar || weekdays?.isStar ? byMonth && byWeek : byMonth || byWeek;
}
