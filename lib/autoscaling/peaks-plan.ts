import { SYNC_PERIOD } from '../capacity/simulation/replay';
import { type CalendarEvent, WEEKDAYS, type Weekday } from '../core/calendar';
import { seconds } from '../core/durations';
import { instantsOf, wallClock } from '../core/time-zones';
import type { Peak, Peaks } from './peaks';
import { position, SteadyTimes, span, timeAt } from './peaks-clock';
import {
  climbSeconds,
  JOB_START_SECONDS,
  type Lead,
  leadSeconds,
  type PeakEngine,
  type ScaleUpRules,
} from './peaks-lead';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** What peaks must know of the server that they are of. */
export interface PeakServer {
  /** Seconds from the decision for a replica until it is ready. */
  readonly readySeconds: number;
  /** The fewest replicas on an ordinary day. */
  readonly ordinary: number;
  /** The most replicas at any time. */
  readonly most: number;
  /**
   * How fast replicas may come, `behavior.scaleUp` of the autoscaler.
   * @default - as Kubernetes fills in
   */
  readonly scaleUp?: ScaleUpRules;
}

/** A time with its fewest replicas: an event that begins when the replicas are asked for. */
export type PlannedPeak = CalendarEvent & { readonly replicas: number };

/** The fewest replicas while a peak is on: `replicas`, or `multiple × ordinary`, rounded up. */
export function replicasOf({ replicas, multiple = 1 }: Peak, ordinary: number): number {
  // 1.1 × 100 are 110, and not the 111 that floating point would make of it.
  return replicas ?? Math.ceil(Number((multiple * ordinary).toPrecision(12)));
}

/** Whether a cron trigger sees to a peak: a cron has no year, so that one of once is left to Jobs. */
export function isByTrigger({ every }: CalendarEvent, engine: PeakEngine): boolean {
  return engine === 'cron-triggers' && (every === 'day' || every === 'year');
}

/** What the lead of a peak is made of where it says none. */
export function leadOf(peak: Peak, server: PeakServer, engine: PeakEngine): Lead {
  const byMetric = isByTrigger(peak, engine);
  return {
    reaction: SYNC_PERIOD + (byMetric ? 0 : JOB_START_SECONDS),
    climb: byMetric ? climbSeconds(server.ordinary, replicasOf(peak, server.ordinary), server.scaleUp) : 0,
    ready: Math.ceil(server.readySeconds),
  };
}

/** How long before its start the replicas of a peak are asked for, in whole minutes' seconds. */
export function leadSecondsOf(peak: Peak, server: PeakServer, engine: PeakEngine): number {
  const given = peak.lead === undefined ? leadSeconds(leadOf(peak, server, engine)) : seconds(peak.lead);
  return Math.ceil(given / 60) * 60;
}

/**
 * When how many replicas are the fewest, from the lead of each peak until its end. The scripts in the cluster, cron
 * triggers and replays all go by this.
 */
export function plannedPeaks(peaks: Peaks, server: PeakServer, engine: PeakEngine): PlannedPeak[] {
  return peaks.events.flatMap((peak) => {
    const lead = leadSecondsOf(peak, server, engine) * 1000;
    const replicas = replicasOf(peak, server.ordinary);
    return withLead(peak, peak.timeZone ?? peaks.timeZone, lead).map((event) => ({ ...event, replicas }));
  });
}

function withLead(peak: Peak, timeZone: string, lead: number): CalendarEvent[] {
  const { name } = peak;
  if (peak.every === 'year') {
    const times = new SteadyTimes('year', timeZone);
    const start = timeAt('year', times.before(position('year', peak.start), lead)).local as typeof peak.start;
    const end = timeAt('year', times.after(position('year', peak.end))).local as typeof peak.end;
    return [{ name, timeZone, every: 'year', start, end }];
  }
  if (peak.every === 'day') return dailyWithLead(peak, timeZone, lead);
  // By the clock of UTC, which shows each time once.
  const utc = (local: string, before = 0) => {
    const [instant = Number.NaN] = instantsOf(local, timeZone);
    return wallClock(instant - before, 'Etc/UTC').slice(0, 16) as typeof peak.start;
  };
  return [{ name, timeZone: 'Etc/UTC', start: utc(peak.start, lead), end: utc(peak.end) }];
}

type DailyPeak = Extract<Peak, { readonly every: 'day' }>;

function dailyWithLead({ name, days, ...peak }: DailyPeak, timeZone: string, lead: number): CalendarEvent[] {
  const times = new SteadyTimes('day', timeZone);
  const start = position('day', peak.start);
  const end = start + (span('day', start, position('day', peak.end)) || DAY);
  const begin = times.before(start, lead);
  const over = times.after(end);
  const event = (from: number, to: number): CalendarEvent => {
    const first = timeAt('day', from);
    const last = timeAt('day', to).local;
    return {
      name,
      timeZone,
      every: 'day',
      ...daysLater(days, first.days),
      start: first.local as typeof peak.start,
      end: (last === '00:00' ? '24:00' : last) as typeof peak.end,
    };
  };
  if (over - begin < DAY) return [event(begin, over)];
  // One event can't be on for a day and more, such as a Sunday from its lead on: a second one takes over half-way.
  const turn = times.after(start + Math.floor((end - start) / 2 / MINUTE) * MINUTE);
  return [event(begin, turn), event(turn, over)];
}

/** The days after some of each week, or before. */
function daysLater(days: readonly Weekday[] | undefined, count: number): { days?: readonly Weekday[] } {
  const later = new Set(days?.map((day) => (WEEKDAYS.indexOf(day) + count + 7) % 7));
  return later.size === 0 || later.size === 7 ? {} : { days: WEEKDAYS.filter((_, i) => later.has(i)) };
}
