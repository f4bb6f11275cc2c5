/**
 * AT THE MERGE: `Proposal` and `findProposal` are to be had from lib/capacity/tuner; this is a stand-in that tries a
 * few targets. See `findProposal` below for what to write instead.
 */
import type { Rules } from '../../capacity/hpa/limits';
import { autoscalerOf } from '../../capacity/simulation/manifests';
import { replay } from '../../capacity/simulation/replay';
import type { Service } from '../../capacity/simulation/service';
import type { Trace } from '../../capacity/traces/trace';

/** The rules of a direction as the API writes them. */
export interface ProposedRules extends Partial<Rules> {
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

/** A policy than which none that was found is both cheaper and better. */
export interface FrontPoint {
  readonly label: string;
  readonly replicaHours: number;
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

/**
 * The cheapest policy that keeps what is wanted on the traces.
 *
 * AT THE MERGE:
 * ```ts
 * const { policy, notes } = propose(traces, service, {
 *   fewest, most, budget: overCapacity, canSetTolerance, onProgress: (done, total) => progress(done / total),
 * });
 * const { behavior } = hpaSpecOf(policy, '');
 * return { replicas: policy.replicas, requests: policy.requests, behavior, front: …, notes };
 * ```
 */
export function findProposal(traces: readonly Trace[], service: Service, wanted: Wanted): Proposal {
  const { fewest, most, overCapacity, progress } = wanted;
  const behavior = { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown: { stabilizationWindowSeconds: 300 } };
  const shares = [1, 0.9, 0.8, 0.7, 0.6];
  const tried = shares.map((share, i) => {
    progress(i / shares.length);
    const requests = Math.round(share * service.capacity);
    const metrics = [
      { type: 'External', external: { metric: { name: 'requests' }, target: { averageValue: requests } } },
    ];
    const spec = { minReplicas: fewest, maxReplicas: most, metrics, behavior };
    const object = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', spec };
    const all = traces.map((trace) => replay(trace, service, autoscalerOf([object]), fewest));
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
    return {
      requests,
      label: `${requests} requests/s`,
      replicaHours: sum((one) => one.replicaHours),
      overCapacity:
        sum((one) => one.overCapacity) /
        Math.max(
          1,
          sum((one) => one.requests),
        ),
    };
  });
  const best = tried.find((one) => one.overCapacity <= overCapacity) ?? tried[tried.length - 1];
  return { replicas: [fewest, most], requests: best?.requests ?? 1, behavior, front: tried, notes: [] };
}
