import type { DemandPolicy } from './policy';
import { type Point, policyAt, type Space } from './space';

/** A policy that stands, and what it costs. */
export interface Found {
  readonly policy: DemandPolicy;
  readonly cost: number;
}

/** Targets that are tried, in percent of what a replica can do. */
const TARGETS = { lowest: 50, highest: 100 };

/**
 * A search of the space of policies: in turns through its numbers, each time to the best value of one with the others
 * held, until a round finds nothing better (coordinate search). For each such choice the highest target that stands is
 * found by bisection, since both cost and requests over capacity fall and rise with it.
 *
 * @see Hooke and Jeeves, "Direct Search" Solution of Numerical and Statistical Problems, Journal of the ACM 8 (1961)
 */
export class Search {
  private readonly found = new Map<string, Found | undefined>();
  private done = 0;

  /** @param costOf undefined where a policy doesn't stand */
  constructor(
    private readonly space: Space,
    private readonly capacity: number,
    private readonly most: number,
    private readonly costOf: (policy: DemandPolicy) => number | undefined,
    private readonly onProgress: (done: number, total: number) => void,
  ) {}

  /** The cheapest that is found from several starting points. */
  from(starts: readonly Point[]): Found | undefined {
    let best: Found | undefined;
    for (const start of starts) {
      const found = this.descend(start);
      if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found;
    }
    this.onProgress(this.done, this.done);
    return best;
  }

  private descend(start: Point): Found | undefined {
    let at = start;
    let best = this.at(at);
    for (let improved = true; improved; ) {
      improved = false;
      for (const number of Object.keys(this.space) as (keyof Space)[]) {
        for (const place of this.space[number].keys()) {
          const next = { ...at, [number]: place };
          const found = this.at(next);
          if (found === undefined || (best !== undefined && found.cost >= best.cost)) continue;
          at = next;
          best = found;
          improved = true;
        }
      }
    }
    return best;
  }

  /** With the highest target that stands. */
  private at(point: Point): Found | undefined {
    const key = Object.values(point).join();
    if (this.found.has(key)) return this.found.get(key);
    let found: Found | undefined;
    let low = TARGETS.lowest;
    let high = TARGETS.highest;
    while (low <= high) {
      const percent = Math.ceil((low + high) / 2);
      const policy = policyAt(this.space, point, (this.capacity * percent) / 100, this.most);
      const cost = this.costOf(policy);
      if (cost === undefined) high = percent - 1;
      else {
        found = { policy, cost };
        low = percent + 1;
      }
    }
    this.found.set(key, found);
    this.done++;
    this.onProgress(this.done, this.expected);
    return found;
  }

  /** Two rounds, as far as one can tell before. */
  private get expected(): number {
    const round = Object.values(this.space).reduce((sum, values) => sum + values.length - 1, 1);
    return Math.max(2 * round, this.done);
  }
}
