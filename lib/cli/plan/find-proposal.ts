import type { Rules } from '../../capacity/hpa/limits';
import type { Service } from '../../capacity/simulation/service';
import type { Trace } from '../../capacity/traces/trace';
import { front } from '../../capacity/tuner/front';
import { hpaSpecOf } from '../../capacity/tuner/policy';
import { propose } from '../../capacity/tuner/propose';

/** The rules of a direction as the API writes them. */
export interface ProposedRules extends Rules {
  readonly tolerance?: string;
}

/** A policy that was found, in words that a manifest and an environment file can say. */
export interface Proposal {
  readonly replicas: readonly [number, number];
  /** Requests per second for each replica. */
  readonly requests: number;
  readonly behavior: { readonly scaleUp: ProposedRules; readonly scaleDown: ProposedRules };
  /** What else could be had: cheaper with more requests over capacity, or the other way. */
  readonly front: readonly FrontPoint[];
  /** What one should know before one takes it, in sentences. */
  readonly notes: readonly string[];
}

/** A policy than which none that was found is both cheaper and better, on all traces together. */
export interface FrontPoint {
  /** Requests per second for each replica. */
  readonly requests: number;
  /** Replica-hours as a multiple of the oracle's. */
  readonly toOracle: number;
  /** The share of requests over capacity. */
  readonly overCapacity: number;
}

/** What a proposal is asked to keep. */
export interface Wanted {
  readonly fewest: number;
  readonly most: number;
  /** The share of requests that may be over capacity. */
  readonly overCapacity: number;
  readonly canSetTolerance: boolean;
  /** Told how much is done, from 0 to 1. */
  readonly progress: (done: number) => void;
}

/** The cheapest policy that keeps what is wanted on the traces. */
export function findProposal(traces: readonly Trace[], service: Service, wanted: Wanted): Proposal {
  const { overCapacity, progress, canSetTolerance, most } = wanted;
  // Zero is KEDA's to reach: what is tuned is how many there are while requests come.
  const limits = { fewest: Math.max(1, wanted.fewest), most, canSetTolerance };
  const { policy, notes } = propose(traces, service, {
    ...limits,
    budget: overCapacity,
    onProgress: (done, total) => progress(Math.min(1, done / total) / 2),
  });
  const best = front(traces, service, {
    ...limits,
    onProgress: (done, total) => progress((1 + Math.min(1, done / total)) / 2),
  });
  const { behavior } = hpaSpecOf(policy, '');
  return {
    replicas: [wanted.fewest === 0 ? 0 : policy.replicas[0], policy.replicas[1]],
    requests: policy.requests,
    behavior,
    front: best.map((point) => ({
      requests: point.policy.requests,
      toOracle: point.cost,
      overCapacity: point.share,
    })),
    notes,
  };
}
