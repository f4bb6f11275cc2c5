import type { Derivation } from '../../core/derivation';
import type { PlannedStage } from './plan';

/**
 * The share of a funnel's deadline that goes into the network between the stages, reading and writing messages, and the
 * API itself, unless it was measured.
 */
const OVERHEAD = 0.1;

/** What all stages take at most, in milliseconds, by the parts that it is the sum of. */
export interface Budget {
  readonly totalMs: number;
  /** `30 retrieval + 5 its fallback + 50 ranking + 15 overhead`. */
  readonly formula: string;
}

/** The time that no stage has: a tenth of the deadline. */
export function overheadFor(deadlineMs: number): number {
  return round(OVERHEAD * deadlineMs);
}

/**
 * The longest time of a request that still ends well: `Σ (stage + its fallback) + overhead`. Stages follow each other,
 * sources of a stage run at once and share its time. A fallback that asks a store begins when the stage's time is over,
 * so that its time is added: every stage may be late in the same request.
 */
export function budgetOf(stages: readonly PlannedStage[], overheadMs: number): Budget {
  const parts = stages.flatMap(({ name, deadlineMs, store }) => [
    [deadlineMs, name] as const,
    ...(store === undefined ? [] : [[store.deadlineMs, 'its fallback'] as const]),
  ]);
  const all = [...parts, [overheadMs, 'overhead'] as const];
  return {
    totalMs: round(all.reduce((sum, [ms]) => sum + ms, 0)),
    formula: all.map(([ms, what]) => `${ms} ${what}`).join(' + '),
  };
}

/** The calls that each server gets for one request of a user: what its load is multiplied by. */
export function loadOf(stages: readonly PlannedStage[]): Derivation[] {
  const servers = new Map<string, { calls: number; terms: string[] }>();
  for (const { name, candidatesIn, sources } of stages) {
    for (const { server, calls, candidates } of sources) {
      const load = servers.get(server.node.path) ?? { calls: 0, terms: [] };
      load.calls += calls;
      load.terms.push(name === 'retrieval' ? '1 query' : `⌈${candidatesIn} candidates / ${candidates} in a call⌉`);
      servers.set(server.node.path, load);
    }
  }
  return [...servers].map(([path, { calls, terms }]) => ({
    what: `calls to ${path} for each request`,
    value: String(calls),
    formula: terms.join(' + '),
  }));
}

/**
 * The share of requests in which every call is answered in time: `Π objectiveᶜᵃˡˡˢ`. With many calls for each request,
 * the rare slow answer of a server becomes a common one of the funnel.
 *
 * @see https://research.google/pubs/the-tail-at-scale/
 */
export function shareInTime(calls: readonly { readonly objective: number; readonly calls: number }[]): number {
  return calls.reduce((share, { objective, calls: count }) => share * objective ** count, 1);
}

function round(ms: number): number {
  return Number(ms.toPrecision(12));
}
