import { WEEKDAYS } from '../core/calendar';
import type { Peaks } from './peaks';
import { type PeakServer, type PlannedPeak, plannedPeaks } from './peaks-plan';

/** A trigger of KEDA that wants a number of replicas between two times that come again and again. */
export interface CronTrigger {
  readonly type: 'cron';
  readonly metadata: {
    readonly timezone: string;
    readonly start: string;
    readonly end: string;
    readonly desiredReplicas: string;
  };
}

/** How far off its aim an autoscaler leaves things, unless it or the cluster says otherwise. */
export const TOLERANCE = 0.1;

/** What cron triggers must know of a server. */
export interface TriggeredServer extends PeakServer {
  /**
   * How far off the aim may be before replicas are added, as a share.
   * @default 0.1
   */
  readonly tolerance?: number;
}

/**
 * The cron triggers of the peaks that repeat. A cron has no year, so that one for a peak of once would be on in every year:
 * those are left to {@link emitPeakJobs}.
 *
 * KEDA makes a metric of each, which the autoscaler weighs like any other, with its tolerance: with 37 replicas and 40
 * wanted, it leaves it at that. So a trigger wants as many as make it add replicas until there are enough, and no fewer
 * stay; where a minimum is meant that is above the most, the most is what comes.
 *
 * @see https://github.com/kedacore/keda/blob/v2.18.0/pkg/scalers/cron_scaler.go
 */
export function cronTriggersOf(peaks: Peaks, server: TriggeredServer): CronTrigger[] {
  return plannedPeaks(peaks, server, 'cron-triggers').flatMap((peak) => {
    const times = cronTimes(peak);
    if (times === undefined) return [];
    const desiredReplicas = String(wantedReplicas(peak.replicas, server.tolerance));
    return [{ type: 'cron', metadata: { timezone: peak.timeZone ?? peaks.timeZone, ...times, desiredReplicas } }];
  });
}

/**
 * How many a trigger must want so that no fewer than `replicas` stay: `⌊(replicas − 1) × (1 + tolerance)⌋ + 1`. One
 * replica fewer than enough is then always off by more than the tolerance.
 */
export function wantedReplicas(replicas: number, tolerance: number = TOLERANCE): number {
  return Math.floor(Number(((replicas - 1) * (1 + tolerance)).toPrecision(12))) + 1;
}

function cronTimes(peak: PlannedPeak): { start: string; end: string } | undefined {
  if (peak.every === 'year') return { start: yearlyCron(peak.start), end: yearlyCron(peak.end) };
  if (peak.every !== 'day') return undefined;
  const { start, end, days } = peak;
  const isWholeDay = end === '24:00';
  const later = isWholeDay || end < start ? 1 : 0;
  return { start: dailyCron(start, days, 0), end: dailyCron(isWholeDay ? '00:00' : end, days, later) };
}

function yearlyCron(local: string): string {
  const [month, day, hour, minute] = local.split(/\D/).map(Number);
  return `${minute} ${hour} ${day} ${month} *`;
}

function dailyCron(time: string, days: readonly (typeof WEEKDAYS)[number][] | undefined, later: number): string {
  const [hour, minute] = time.split(':').map(Number);
  // Cron's week begins with Sunday, ours with Monday.
  const numbers = days?.map((day) => (WEEKDAYS.indexOf(day) + 1 + later) % 7).sort();
  return `${minute} ${hour} * * ${numbers?.join() ?? '*'}`;
}
