import type { Service } from '../simulation/service';
import type { Trace } from '../traces/trace';
import { notesOn } from './notes';
import type { DemandPolicy } from './policy';
import { Search } from './search';
import { carefulIn, spaceOf, startsOf } from './space';
import { ceilingFor, type Rehearsal, Stage } from './stage';

/** What a policy is asked to keep, and within which bounds. */
export interface ProposeProps {
  /** The fewest replicas, such as one in each zone. */
  readonly fewest: number;
  /**
   * The most replicas that can be paid for.
   *
   * @default - what ten times the traces' highest traffic needs
   */
  readonly most?: number;
  /** The share of requests that may come while no replica has room for them, such as 0.0002. */
  readonly budget: number;
  /**
   * The share of the budget that is left for what the traces don't show.
   *
   * @default 0.35
   */
  readonly margin?: number;
  /**
   * Whether the autoscaler may be given a tolerance of its own: from Kubernetes 1.35.
   *
   * @default false
   */
  readonly canSetTolerance?: boolean;
  /** Told after each step of the search; `total` is an estimate until the end. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** An autoscaler that was found, and how it does. */
export interface Proposal {
  readonly policy: DemandPolicy;
  /** On the traces as they are, in their order. */
  readonly rehearsals: readonly Rehearsal[];
  /** Whether it keeps the budget on each trace, with the surges that are beyond reach. */
  readonly isWithinBudget: boolean;
  /** What one should know before one takes it, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Where more than so large a share fails, beside the budget, surges beyond reach are what a trace is about: headroom that
 * keeps the budget beside them would hardly be noticed. Where they are rare, it is what the next weeks need.
 */
const SURGING = 0.01;

/**
 * The cheapest HorizontalPodAutoscaler on requests per replica that keeps requests over capacity within a budget on all
 * traces with a margin: as they are, and with at least twice the traffic, so that it also stands a busier season than
 * they show. Surges that no target catches, since replicas that were there twice over miss them too, are left out
 * of that and told: they need a calendar of peaks or a higher minimum. Where they fail more than
 * a hundredth of all requests, it is the cheapest that fails no more in all.
 *
 * The same input gives the same proposal.
 *
 * @throws Error for no trace, a trace without requests, and a budget or minimum that can't be meant
 * @example
 * ```ts
 * const service = { capacity: 100, readySeconds: 120, metricWindow: 30 };
 * const { policy } = propose([trace], service, { fewest: 3, budget: 0.0002 });
 * ```
 */
export function propose(traces: readonly Trace[], service: Service, props: ProposeProps): Proposal {
  refuse(traces, service, props);
  const { fewest, budget, margin = 0.35, canSetTolerance = false, onProgress = () => {} } = props;
  const stage = new Stage(traces, service, { fewest, limit: budget * (1 - margin) });
  const most = props.most ?? ceilingFor(traces, service, fewest);
  const space = spaceOf({ fewest, canSetTolerance });
  const cheapest = (costOf: (policy: DemandPolicy) => number | undefined) =>
    new Search(space, service.capacity, most, costOf, onProgress).from(startsOf(space));
  const found = cheapest((policy) => stage.costOf(policy));
  const first = found?.policy ?? carefulIn(space, service.capacity, most);
  const shares = stage.rehearse(first).map(({ share }) => share);
  const isSurging = shares.some((share) => share > Math.max(SURGING, budget));
  const alike = isSurging ? cheapest((policy) => stage.costOfAlike(policy, shares)) : undefined;
  const isCheaper = alike !== undefined && alike.cost < (stage.costOfAlike(first, shares) ?? 0);
  const policy = isCheaper ? alike.policy : first;
  const rehearsals = stage.rehearse(policy);
  const isWithinBudget = rehearsals.every(({ share }) => share <= budget);
  return { policy, rehearsals, isWithinBudget, notes: notesOn(policy, rehearsals, props, found !== undefined) };
}

function refuse(traces: readonly Trace[], service: Service, { fewest, most, budget, margin = 0 }: ProposeProps): void {
  must(traces.length > 0, 'traces', 'hold at least one', 'none');
  for (const { name, requests } of traces)
    must(
      requests.some((count) => count > 0),
      name,
      'have requests',
      'none',
    );
  must(service.capacity > 0, 'capacity', 'be above 0', service.capacity);
  must(Number.isInteger(fewest) && fewest >= 1, 'fewest', 'be a whole number from 1', fewest);
  must(
    most === undefined || (Number.isInteger(most) && most >= fewest),
    'most',
    `be a whole number from ${fewest}`,
    most,
  );
  must(budget > 0 && budget < 1, 'budget', 'be a share above 0 and below 1, such as 0.0002', budget);
  must(margin >= 0 && margin < 1, 'margin', 'be a share from 0 and below 1, such as 0.3', margin);
}

function must(isRight: boolean, what: string, rule: string, got: unknown): void {
  if (!isRight) throw new Error(`[propose] ${what} must ${rule}, got ${got}`);
}
