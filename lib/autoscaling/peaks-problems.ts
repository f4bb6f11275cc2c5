import { type CalendarEvent, WEEKDAYS } from '../core/calendar';
import { formatSeconds, seconds } from '../core/durations';
import { LONGEST_LEAD, type Peak, type Peaks } from './peaks';
import { daysWithoutMidnight, position, span } from './peaks-clock';
import type { PeakEngine } from './peaks-lead';
import { leadOf, leadSecondsOf, type PeakServer, plannedPeaks, replicasOf } from './peaks-plan';

const DAY = 86_400_000;

/** A year but some days: what is longer leaves no ordinary time between two. */
const LONGEST_YEARLY_SECONDS = 360 * 86_400;

/**
 * What can't work about the peaks of a server, each as the rest of a sentence after its path.
 *
 * @param path of the peaks in the props
 */
export function peakProblems(peaks: Peaks, server: PeakServer, engine: PeakEngine, path = 'peaks'): string[] {
  return peaks.events.flatMap((peak, i) => {
    const at = `${path}.events[${i}]`;
    const size = sizeProblems(peak, server);
    const length = lengthProblems(peak);
    const lead = size.length > 0 ? [] : leadProblems(peak, server, engine);
    const problems = [...size, ...lead, ...length];
    if (problems.length === 0) problems.push(...midnightProblems(peak, peaks, server, engine));
    return problems.map((text) => `${at}${text}`);
  });
}

function sizeProblems(peak: Peak, { ordinary, most }: PeakServer): string[] {
  const { name, multiple } = peak;
  const replicas = replicasOf(peak, ordinary);
  const key = multiple === undefined ? 'replicas' : 'multiple';
  const got = multiple === undefined ? `${replicas}` : `${multiple} × ${ordinary} = ${replicas}`;
  if (multiple !== undefined && ordinary === 0) {
    return [
      `.multiple must multiply the fewest replicas of an ordinary day, got ${multiple} × 0 for '${name}': set replicas instead`,
    ];
  }
  if (replicas > most) {
    return [
      `.${key} must need at most the ${most} replicas that there may be, got ${got} for '${name}': raise the most replicas, or plan for fewer`,
    ];
  }
  return replicas <= ordinary
    ? [
        `.${key} must need more than the ${ordinary} replicas of an ordinary day, got ${got} for '${name}': it would change nothing`,
      ]
    : [];
}

function leadProblems(peak: Peak, server: PeakServer, engine: PeakEngine): string[] {
  if (peak.lead !== undefined) return [];
  const { name } = peak;
  if (leadOf(peak, server, engine).climb === Number.POSITIVE_INFINITY) {
    return [
      ` must have replicas that may come, but the rules for going up let none for '${name}': change the behavior`,
    ];
  }
  const lead = leadSecondsOf(peak, server, engine);
  return lead > seconds(LONGEST_LEAD)
    ? [
        `.lead must be at most '${LONGEST_LEAD}', but '${name}' would need '${formatSeconds(lead)}' from what a replica takes to be ready: set it, or the replicas of an ordinary day`,
      ]
    : [];
}

function lengthProblems(peak: Peak): string[] {
  const { name } = peak;
  const isAlways =
    (peak.every === 'day' && new Set(peak.days).size % 7 === 0 && peak.start === '00:00' && peak.end === '24:00') ||
    (peak.every === 'year' &&
      span('year', position('year', peak.start), position('year', peak.end)) / 1000 > LONGEST_YEARLY_SECONDS);
  return isAlways ? [` must leave ordinary days, but '${name}' is always on: raise the fewest replicas instead`] : [];
}

/**
 * The library by which KEDA and CronJobs find the next time of a cron misses days whose midnight is skipped: it passes over
 * one that it looks for from an earlier day, and takes it for the day before where it comes from that.
 *
 * @see https://github.com/robfig/cron/blob/v3.0.1/spec.go
 */
function midnightProblems(peak: Peak, { timeZone }: Peaks, server: PeakServer, engine: PeakEngine): string[] {
  const zone = peak.timeZone ?? timeZone;
  const planned = plannedPeaks({ timeZone, events: [peak] }, server, engine);
  const day = daysWithoutMidnight(zone).find((date) => planned.some((event) => turnsOn(event, date)));
  if (day === undefined) return [];
  const way = peak.every === 'day' ? 'leave out its days' : 'plan it for each year of its own, with its dates';
  return [
    ` must not begin or end near a midnight that the clocks skip, got '${peak.name}' with its lead near that of ${day} in ${zone}, where cron fails: ${way}`,
  ];
}

/** Whether cron looks for a day that has no midnight, or the one before. */
function turnsOn(event: CalendarEvent, date: string): boolean {
  const midnight = Date.parse(`${date}T00:00Z`);
  const near = [midnight - DAY, midnight].map((at) => new Date(at));
  if (event.every === 'year') {
    const dates = near.map((day) => day.toISOString().slice(5, 10));
    return [event.start, event.end].some((time) => dates.includes(time.slice(0, 5)));
  }
  if (event.every !== 'day' || event.days === undefined) return false;
  const later = event.end === '24:00' || event.end < event.start ? [0, 1] : [0];
  const numbers = event.days.flatMap((day) => later.map((days) => (WEEKDAYS.indexOf(day) + 1 + days) % 7));
  return near.some((day) => numbers.includes(day.getUTCDay()));
}
