import type { Service } from '../simulation/service';
import type { Trace } from '../traces/trace';
import { Course } from './course';
import type { DemandPolicy } from './policy';
import { type Point, policyAt, type Space, spaceOf } from './space';
import { ceilingFor } from './stage';

/** A policy that no other beats on both counts. */
export interface FrontPoint {
  readonly policy: DemandPolicy;
  /** Requests over capacity as a share of all, with all surges. */
  readonly share: number;
  /** Replica-hours by those of the oracle. */
  readonly cost: number;
}

export interface FrontProps {
  /** The fewest replicas, such as one in each zone. */
  readonly fewest: number;
  /**
   * The most replicas that can be paid for.
   *
   * @default - what ten times the traces' highest traffic needs
   */
  readonly most?: number;
  /**
   * Whether the autoscaler may be given a tolerance of its own: from Kubernetes 1.35.
   *
   * @default false
   */
  readonly canSetTolerance?: boolean;
  /** Told after each policy that was tried; `total` is an estimate until the end. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One policy of the lattice: a target in percent of what a replica can do, and the rest. */
interface Node {
  readonly percent: number;
  readonly at: Point;
}

const COARSE_TARGETS = [50, 60, 70, 75, 80, 84, 88, 92, 96, 100];

/**
 * The Pareto front of cost against requests over capacity, from the cheapest to the most careful. It begins with a
 * coarse grid of all policies, and goes on with the neighbours of what is best so far until none of them is better
 * (Pareto local search), so that nothing on the grid beats a point of it.
 *
 * @see Paquete, Chiarandini and Stützle, Pareto Local Optimum Sets in the Biobjective Traveling Salesman Problem (2004)
 * @example
 * ```ts
 * for (const { cost, share } of front([trace], service, { fewest: 3 })) console.log(cost, share);
 * ```
 */
export function front(traces: readonly Trace[], service: Service, props: FrontProps): readonly FrontPoint[] {
  const { fewest, canSetTolerance = false, onProgress = () => {} } = props;
  const most = props.most ?? ceilingFor(traces, service, fewest);
  const courses = traces.map((trace) => new Course(trace, service, fewest));
  const space = spaceOf({ fewest, canSetTolerance });
  let best: (FrontPoint & { readonly node: Node })[] = [];
  const tried = new Set<string>();
  const queue = coarseGrid(space);
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const key = [node.percent, ...Object.values(node.at)].join();
    if (tried.has(key)) continue;
    tried.add(key);
    const policy = policyAt(space, node.at, (service.capacity * node.percent) / 100, most);
    const point = { policy, ...measured(courses, policy), node };
    onProgress(tried.size, tried.size + queue.length);
    if (best.some((other) => isAsGood(other, point))) continue;
    best = [...best.filter((other) => !isAsGood(point, other)), point];
    if (tried.size < MOST_TRIED) queue.push(...neighbours(space, node));
  }
  return best.sort((a, b) => a.cost - b.cost).map(({ policy, share, cost }) => ({ policy, share, cost }));
}

/** Where the search stops to look around: the front of a long trace has no end. */
const MOST_TRIED = 1500;

/** Those of every choice that matters much: target, tolerance, window and rate on the way down. */
function coarseGrid(space: Space): Node[] {
  const ends = (values: readonly unknown[]) => [...new Set([0, values.length - 1])];
  const nodes: Node[] = [];
  for (const percent of COARSE_TARGETS)
    for (const tolerance of ends(space.upTolerance))
      for (const seconds of [0, 120, 300])
        for (const downRate of ends(space.downRate))
          for (const fewest of ends(space.fewest)) {
            const downWindow = space.downWindow.indexOf(seconds);
            const up = { upTolerance: tolerance, downTolerance: tolerance, upWindow: 0, upPercent: 0 };
            nodes.push({ percent, at: { ...up, downWindow, downRate, fewest } });
          }
  return nodes;
}

/** A step to either side in each number. */
function neighbours(space: Space, { percent, at }: Node): Node[] {
  const nodes: Node[] = [percent - 1, percent + 1].filter((p) => p <= 100).map((p) => ({ percent: p, at }));
  for (const number of Object.keys(space) as (keyof Space)[])
    for (const place of [at[number] - 1, at[number] + 1])
      if (place in space[number]) nodes.push({ percent, at: { ...at, [number]: place } });
  return nodes;
}

/** Over all traces, each with the weight of its requests and of its hours. */
function measured(courses: readonly Course[], policy: DemandPolicy): { share: number; cost: number } {
  let [over, requests, hours, oracle] = [0, 0, 0, 0];
  for (const course of courses) {
    const run = course.run(policy);
    over += run.overCapacity;
    requests += course.requests;
    hours += run.replicaHours;
    oracle += course.oracleHours;
  }
  return { share: requests === 0 ? 0 : over / requests, cost: hours / oracle };
}

function isAsGood(a: { share: number; cost: number }, b: { share: number; cost: number }): boolean {
  return a.share <= b.share && a.cost <= b.cost;
}
