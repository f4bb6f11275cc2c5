import type { Service } from '../simulation/service';
import { scale } from '../traces/scale';
import type { Trace } from '../traces/trace';
import { Course, type Surge } from './course';
import { DEFAULT_TOLERANCE, type DemandPolicy } from './policy';

/** One course that a policy has to stand, and how. */
interface Scene {
  readonly course: Course;
  readonly surges: readonly Surge[];
  /** How many times the traffic of the trace it has; its ceiling grows along. */
  readonly times: number;
}

export interface StageProps {
  readonly fewest: number;
  /** The largest share over capacity that passes. */
  readonly limit: number;
}

/** Traffic is expected to grow at least so many times. */
const GROWTH = 2;

/** Where fewer replicas than so many times the minimum are ever needed, a trace tells little of the target. */
const INFORMATIVE = 3;

/** Syncs may fall anywhere between the steps of a trace: it is also met so many seconds later, half a period. */
const PHASE = 7;

/**
 * The courses that a policy has to stand: each trace as it is, and the same trace with so much more traffic that its
 * minimum of replicas does not matter any more. Without the second, a quiet season hides what a busy one would miss.
 */
export class Stage {
  private readonly asIs: readonly Scene[];
  private readonly all: readonly Scene[];
  constructor(
    traces: readonly Trace[],
    service: Service,
    private readonly props: StageProps,
  ) {
    const { fewest } = props;
    const scene = (trace: Trace, phase: number, times = 1): Scene => {
      const course = new Course(trace, service, fewest, phase);
      return { course, surges: course.setReach(ampleFor(service, fewest)), times };
    };
    this.asIs = traces.map((trace) => scene(trace, 0));
    this.all = [
      ...this.asIs,
      ...traces.flatMap((trace) => {
        const times = growthOf(trace, service, fewest);
        const grown = scale(trace, times);
        return [scene(trace, PHASE), scene(grown, 0, times), scene(grown, PHASE, times)];
      }),
    ];
  }

  /** Mean cost of all courses by the oracle's; `undefined` where the limit is broken. */
  costOf(policy: DemandPolicy): number | undefined {
    let sum = 0;
    const [fewest, most] = policy.replicas;
    for (const { course, times } of this.all) {
      const run = course.run({ ...policy, replicas: [fewest, Math.ceil(most * times)] });
      if (course.missedShare(run) > this.props.limit) return undefined;
      sum += course.cost(run);
    }
    return sum / this.all.length;
  }

  /** Mean cost on the traces as they are; `undefined` where one has more over capacity, with its surges, than `shares`. */
  costOfAlike(policy: DemandPolicy, shares: readonly number[]): number | undefined {
    let sum = 0;
    for (const [i, { course }] of this.asIs.entries()) {
      const run = course.run(policy);
      if (course.share(run) > (shares[i] ?? 0)) return undefined;
      sum += course.cost(run);
    }
    return sum / this.asIs.length;
  }

  /** How a policy does on the traces as they are. */
  rehearse(policy: DemandPolicy): readonly Rehearsal[] {
    return this.asIs.map(({ course, surges }) => {
      const run = course.run(policy);
      return {
        trace: course.trace.name,
        share: course.share(run),
        reachableShare: course.missedShare(run),
        cost: course.cost(run),
        replicaHours: run.replicaHours,
        surges,
      };
    });
  }
}

/** What a policy met on one trace. */
export interface Rehearsal {
  /** The trace's name. */
  readonly trace: string;
  /** The share of all requests that came over capacity. */
  readonly share: number;
  /** The same outside of the surges that are beyond reach. */
  readonly reachableShare: number;
  /** Replica-hours by those of the oracle. */
  readonly cost: number;
  readonly replicaHours: number;
  /** Surges that came faster than replicas could, though there had been twice as many as needed. */
  readonly surges: readonly Surge[];
}

/** Twice the replicas that are needed, kept for ten minutes. What they miss, no target is going to catch. */
function ampleFor({ capacity }: Service, fewest: number): DemandPolicy {
  return {
    requests: capacity / 2,
    replicas: [fewest, 2 ** 31 - 1],
    tolerance: { up: 0, down: DEFAULT_TOLERANCE },
    up: { window: 0, percent: 900 },
    down: { window: 600, percent: 100, every: 15 },
  };
}

/** How much more traffic to try: what makes the busiest hundredth of the time need many times the minimum. */
function growthOf(trace: Trace, { capacity }: Service, fewest: number): number {
  const busy = quantile(trace.requests, 0.99) / trace.step / capacity;
  return busy === 0 ? 1 : Math.max(GROWTH, (INFORMATIVE * fewest) / busy);
}

/** Replicas for ten times the highest traffic. */
export function ceilingFor(traces: readonly Trace[], { capacity }: Service, fewest: number): number {
  return Math.max(fewest, ...traces.map((trace) => Math.ceil((CEILING * peakOf(trace)) / capacity)));
}

/** A ceiling is there against a metric gone wild; one that bites on a busy day fails requests. */
const CEILING = 10;

/** Requests per second in the busiest step. */
function peakOf({ requests, step }: Trace): number {
  return requests.reduce((most, count) => Math.max(most, count), 0) / step;
}

function quantile(values: Float64Array, share: number): number {
  return values.toSorted()[Math.floor(share * (values.length - 1))] ?? 0;
}
