import type { Derivation } from '../core/derivation';
import { formatSeconds } from '../core/durations';
import type { Peak, Peaks } from './peaks';
import { leadFormula, type PeakEngine } from './peaks-lead';
import { isByTrigger, leadOf, leadSecondsOf, replicasOf } from './peaks-plan';
import { TOLERANCE, type TriggeredServer, wantedReplicas } from './peaks-triggers';

/** How the peaks of a server came by their numbers, but those that are given. */
export function explainPeaks(peaks: Peaks, server: TriggeredServer, engine: PeakEngine): Derivation[] {
  return peaks.events.flatMap((peak) => explainPeak(peak, server, engine));
}

function explainPeak(peak: Peak, server: TriggeredServer, engine: PeakEngine): Derivation[] {
  const { name, multiple, lead } = peak;
  const { ordinary, tolerance = TOLERANCE } = server;
  const replicas = replicasOf(peak, ordinary);
  const derivations: Derivation[] = [];
  if (multiple !== undefined) {
    const formula = `${multiple} × ${ordinary} replicas`;
    derivations.push({ what: `peak ${name}, replicas`, value: `${replicas} replicas`, formula });
  }
  if (isByTrigger(peak, engine)) {
    const formula = `⌊(${replicas} − 1) × (1 + ${tolerance} tolerance)⌋ + 1`;
    derivations.push({
      what: `peak ${name}, desiredReplicas`,
      value: `${wantedReplicas(replicas, tolerance)}`,
      formula,
    });
  }
  if (lead === undefined) {
    const value = formatSeconds(leadSecondsOf(peak, server, engine));
    derivations.push({ what: `peak ${name}, lead`, value, formula: leadFormula(leadOf(peak, server, engine)) });
  }
  return derivations;
}
