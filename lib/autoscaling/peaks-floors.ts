import { isOn } from '../core/calendar';
import { clockChanges, instantsOf, wallClock } from '../core/time-zones';
import type { Peaks } from './peaks';
import type { PeakEngine } from './peaks-lead';
import { type PeakServer, type PlannedPeak, plannedPeaks } from './peaks-plan';

const DAY = 24 * 3_600_000;

/** A time in which there are no fewer replicas, in seconds from the start of a trace. */
export interface PeakFloor {
  readonly from: number;
  readonly until: number;
  readonly replicas: number;
}

/** The part of a trace that is asked for. */
export interface FloorRange {
  /** When the trace begins, in seconds since 1970. */
  readonly startsAt: number;
  /** In seconds from then. */
  readonly from: number;
  readonly until: number;
  /** Whether cron triggers or Jobs see to it, which differ in their leads. */
  readonly engine: PeakEngine;
}

/**
 * When peaks hold up the replicas of a server, for replays: one after the other, without the times of ordinary days.
 *
 * @example
 * ```ts
 * floorsOf(peaks, { readySeconds: 120, ordinary: 3, most: 40 }, { startsAt, from: 0, until: 86_400, engine: 'jobs' });
 * // [{ from: 63_900, until: 86_400, replicas: 15 }]
 * ```
 */
export function floorsOf(peaks: Peaks, server: PeakServer, range: FloorRange): PeakFloor[] {
  const planned = plannedPeaks(peaks, server, range.engine);
  const [first, last] = [range.from, range.until].map((at) => (range.startsAt + at) * 1000) as [number, number];
  const turns = planned.flatMap((peak) => turnsOf(peak, peak.timeZone ?? peaks.timeZone, first, last));
  const instants = [...new Set([first, ...turns, last])]
    .filter((at) => first <= at && at <= last)
    .sort((a, b) => a - b);
  const floors: PeakFloor[] = [];
  for (const [i, instant] of instants.slice(0, -1).entries()) {
    const on = planned.filter((peak) => isOn(peak, peaks.timeZone, instant));
    const replicas = Math.max(0, ...on.map((peak) => peak.replicas));
    if (replicas <= server.ordinary) continue;
    const [from, until] = [instant, instants[i + 1] ?? last].map((at) => at / 1000 - range.startsAt) as [
      number,
      number,
    ];
    const before = floors.at(-1);
    if (before?.until === from && before.replicas === replicas) floors[floors.length - 1] = { ...before, until };
    else floors.push({ from, until, replicas });
  }
  return floors;
}

/** The instants at which an event may begin or end. */
function turnsOf(peak: PlannedPeak, timeZone: string, first: number, last: number): number[] {
  const shown = [peak.start, peak.end === '24:00' ? '00:00' : peak.end];
  const jumps = clockChanges(timeZone, first - 2 * DAY, last + 2 * DAY).map(({ at }) => at);
  return [...jumps, ...shown.flatMap((time) => localTimes(peak, time, timeZone, first, last))];
}

function localTimes({ every }: PlannedPeak, time: string, timeZone: string, first: number, last: number): number[] {
  if (every !== 'day' && every !== 'year') return instantsOf(time, timeZone);
  const step = every === 'day' ? DAY : 365 * DAY;
  const instants: number[] = [];
  for (let near = first - step; near <= last + step; near += step) {
    const before = wallClock(near, timeZone).slice(0, every === 'day' ? 11 : 5);
    instants.push(...instantsOf(`${before}${time}`, timeZone));
  }
  return instants;
}
