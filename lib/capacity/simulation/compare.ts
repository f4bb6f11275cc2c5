import type { Trace } from '../traces/trace';
import { BASELINES, type Bounds, type Candidate } from './baselines';
import { foreseen, oracleHours } from './oracle';
import { type Replay, type ReplayOptions, replay } from './replay';
import type { Service } from './service';

/** How a policy did on a trace. */
export interface Comparison {
  readonly name: string;
  readonly replay: Replay;
  /** The share of requests that came while there was no room for them. */
  readonly overCapacity: number;
  /** What it cost, as a multiple of what one pays who sees the future. */
  readonly timesOracle: number;
}

/** Circumstances that are the same for all policies. */
export interface ComparisonOptions extends ReplayOptions {
  /** @default - from one replica on, without a limit */
  readonly bounds?: Partial<Bounds>;
}

/** More than there ever are: the API's numbers of replicas end there. */
const MOST = 2 ** 31 - 1;

/**
 * Replays a trace for several policies. Each starts with as many replicas as are needed until a further one is ready.
 *
 * @param candidates the baselines, unless it says otherwise
 * @example
 * ```ts
 * const policy = { name: 'proposed', autoscaler: () => autoscalerOf(manifests) };
 * for (const { name, overCapacity, timesOracle } of compare(trace, service, [...BASELINES, policy])) {
 *   console.log(name, overCapacity, timesOracle);
 * }
 * ```
 */
export function compare(
  trace: Trace,
  service: Service,
  candidates: readonly Candidate[] = BASELINES,
  { bounds, ...options }: ComparisonOptions = {},
): Comparison[] {
  const { fewest = 1, most = MOST } = bounds ?? {};
  const initial = Math.min(most, foreseen(trace, service, fewest)[0] ?? fewest);
  const hours = oracleHours(trace, service, fewest);
  return candidates.map(({ name, autoscaler }) => {
    const result = replay(trace, service, autoscaler(trace, service, { fewest, most }), initial, options);
    return {
      name,
      replay: result,
      overCapacity: result.requests > 0 ? result.overCapacity / result.requests : 0,
      timesOracle: result.replicaHours / hours,
    };
  });
}
