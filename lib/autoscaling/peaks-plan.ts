import { SYNC_PERIOD } from '../capacity/simulation/replay';
import { type CalendarEvent, WEEKDAYS, type Weekday } from '../core/calendar';
import type { Derivation } from '../core/derivation';
import { formatSeconds, seconds } from '../core/durations';
import { instantsOf, wallClock } from '../core/time-zones';
import type { Peak, Peaks } from './peaks';
import { position, SteadyTimes, span, timeAt } from './peaks-clock';
import {
  climbSeconds,
  JOB_START_SECONDS,
  type Lead,
  leadFormula,
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
  // 1.1 × 10 are 11, and not the 12 that floating point makes of it.
  return replicas ?? Math.ceil(Number((multiple * ordinary).toPrecision(12)));
}

/** What the lead of a peak is made of where it says none. */
export function leadOf(peak: Peak, server: PeakServer, engine: PeakEngine): Lead {
  const byMetric = engine === 'cron-triggers' && peak.every !== undefined && peak.every !== 'once';
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

/** How the peaks of a server came by their numbers. */
export function explainPeaks(peaks: Peaks, server: PeakServer, engine: PeakEngine): Derivation[] {
  return peaks.events.flatMap((peak) => {
    const { name, multiple, lead } = peak;
    const derivations: Derivation[] = [];
    if (multiple !== undefined) {
      const value = `${replicasOf(peak, server.ordinary)} replicas`;
      derivations.push({ what: `peak ${name}, replicas`, value, formula: `${multiple} × ${server.ordinary} replicas` });
    }
    if (lead === undefined) {
      const value = formatSeconds(leadSecondsOf(peak, server, engine));
      derivations.push({ what: `peak ${name}, lead`, value, formula: leadFormula(leadOf(peak, server, engine)) });
    }
    return derivations;
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
