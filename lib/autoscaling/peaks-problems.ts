import { formatSeconds, seconds } from '../core/durations';
import { LONGEST_LEAD, type Peak, type Peaks } from './peaks';
import { position, span } from './peaks-clock';
import type { PeakEngine } from './peaks-lead';
import { leadOf, leadSecondsOf, type PeakServer, replicasOf } from './peaks-plan';

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
    const problems = size.length > 0 ? size : [...leadProblems(peak, server, engine), ...lengthProblems(peak)];
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
