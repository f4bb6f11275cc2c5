import { ChangeLog } from '../hpa/limits';
import { oracleHours } from '../simulation/oracle';
import { SYNC_PERIOD } from '../simulation/replay';
import type { Service } from '../simulation/service';
import { Arrivals, duration, type Trace } from '../traces/trace';
import type { DemandPolicy } from './policy';

// A look-up of a global in the innermost loop costs more than the sum it does, where the module runs in a sandbox.
const { ceil, max, min, trunc } = Math;

/** What a policy would have met on a course. */
export interface Run {
  /** Requests beyond what the ready replicas could take, outside of the surges that are beyond reach. */
  readonly missed: number;
  /** Requests beyond what the ready replicas could take, in all. */
  readonly overCapacity: number;
  readonly replicaHours: number;
}

/** The ticks that a course has in common for all policies. */
interface Ticks {
  readonly offered: Float64Array;
  /** What the autoscaler reads at the start of each tick, in thousandths of a request per second. */
  readonly seen: Float64Array;
}

/**
 * A trace made ready to be replayed hundreds of times. It gives what `replay` with an HpaController gives, some 20 times
 * as fast, since it knows only one kind of policy; a test holds the two against each other.
 */
export class Course {
  /** Requests in all. */
  readonly requests: number;
  readonly oracleHours: number;
  private readonly ticks: Ticks;
  private readonly readyTicks: number;
  /** 1 in each tick of a surge that is beyond reach. */
  private readonly beyond: Uint8Array;
  private reachableRequests: number;

  /** @param phase seconds from the trace's start to the first sync */
  constructor(
    readonly trace: Trace,
    private readonly service: Service,
    fewest: number,
    phase = 0,
  ) {
    this.ticks = ticksOf(trace, service.metricWindow, phase);
    this.readyTicks = Math.ceil(service.readySeconds / SYNC_PERIOD);
    this.beyond = new Uint8Array(this.ticks.offered.length);
    this.requests = sum(this.ticks.offered) * SYNC_PERIOD;
    this.reachableRequests = this.requests;
    this.oracleHours = oracleHours(trace, service, fewest);
  }

  /** The share of the requests outside of surges beyond reach that a run had over capacity. */
  missedShare({ missed }: Run): number {
    return this.reachableRequests === 0 ? 0 : missed / this.reachableRequests;
  }

  /** The share of all requests that a run had over capacity. */
  share({ overCapacity }: Run): number {
    return this.requests === 0 ? 0 : overCapacity / this.requests;
  }

  /** Replica-hours by those of the oracle. */
  cost({ replicaHours }: Run): number {
    return replicaHours / this.oracleHours;
  }

  /**
   * Takes what a policy of ample headroom misses as beyond the reach of any: from one start of a replica before to one
   * after it. Other policies are judged by the rest.
   *
   * @returns the surges
   */
  setReach(ample: DemandPolicy): readonly Surge[] {
    const failing = new Uint8Array(this.beyond.length);
    this.run(ample, failing);
    const lag = Math.ceil((this.service.readySeconds + this.service.metricWindow) / SYNC_PERIOD) + 1;
    const surges: { from: number; until: number; peak: number }[] = [];
    for (const [i, fails] of failing.entries()) {
      if (fails === 0) continue;
      this.beyond.fill(1, Math.max(0, i - lag), i + lag + 1);
      const rate = this.ticks.offered[i] ?? 0;
      const last = surges.at(-1);
      if (last !== undefined && last.until + 2 * lag >= i) {
        last.until = i + 1;
        last.peak = Math.max(last.peak, rate);
      } else surges.push({ from: i, until: i + 1, peak: rate });
    }
    this.reachableRequests = 0;
    for (const [i, rate] of this.ticks.offered.entries())
      if (this.beyond[i] === 0) this.reachableRequests += rate * SYNC_PERIOD;
    return surges.map(({ from, until, peak }) => ({ from: from * SYNC_PERIOD, until: until * SYNC_PERIOD, peak }));
  }

  /** @param failing gets a 1 in each tick with requests over capacity */
  run({ requests, replicas: [fewest, most], tolerance, up, down }: DemandPolicy, failing?: Uint8Array): Run {
    const { offered, seen } = this.ticks;
    const { beyond, readyTicks } = this;
    const { capacity } = this.service;
    const target = ceil(Number((requests * 1000).toPrecision(15)));
    const wanted = new Int32Array(offered.length);
    const added = new ChangeLog();
    const removed = new Int32Array(offered.length);
    // An entry counts while it is younger than the window.
    const upTicks = ceil(up.window / SYNC_PERIOD) - 1;
    const downTicks = ceil(down.window / SYNC_PERIOD) - 1;
    const rateTicks = ceil(down.every / SYNC_PERIOD) - 1;
    const initial = min(most, max(fewest, ceil((seen[0] ?? 0) / target)));
    // Replicas that were started in each tick and have not been taken away again.
    const starting = new Int32Array(offered.length);
    let pending = 0;
    let current = initial;
    let overCapacity = 0;
    let missed = 0;
    let paid = 0;
    for (let i = 0; i < offered.length; i++) {
      const arrived = i - readyTicks;
      if (arrived >= 0) pending -= starting[arrived] as number;
      const total = seen[i] as number;
      const ratio = total / (target * current);
      const want = ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up ? current : ceil(total / target);
      wanted[i] = want;
      let lowest = want;
      let highest = want;
      for (let k = max(-1, i - upTicks); k < i; k++) {
        const was = k < 0 ? initial : (wanted[k] as number);
        if (was < lowest) lowest = was;
      }
      for (let k = max(-1, i - downTicks); k < i; k++) {
        const was = k < 0 ? initial : (wanted[k] as number);
        if (was > highest) highest = was;
      }
      let desired = min(max(current, lowest), highest);
      if (desired > current) {
        const limit = max(current + 4, ceil(current * (1 + up.percent / 100)));
        desired = min(desired, most, limit);
        // Its rules for going up have one period, the sync's.
        added.add(i * SYNC_PERIOD, desired - current, SYNC_PERIOD);
        if (readyTicks > 0) {
          starting[i] = desired - current;
          pending += desired - current;
        }
      } else if (desired < current) {
        let before = current - added.within(down.every, i * SYNC_PERIOD);
        for (let k = max(0, i - rateTicks); k < i; k++) before += removed[k] as number;
        const limit = min(current, trunc(before * (1 - down.percent / 100)));
        desired = max(desired, fewest, limit);
        removed[i] = current - desired;
        // The youngest go first.
        let surplus = min(current - desired, pending);
        pending -= surplus;
        for (let k = i; surplus > 0; k--) {
          const gone = min(surplus, starting[k] as number);
          starting[k] = (starting[k] as number) - gone;
          surplus -= gone;
        }
      }
      current = desired;
      const over = ((offered[i] as number) - (current - pending) * capacity) * SYNC_PERIOD;
      if (over > 0) {
        overCapacity += over;
        if (beyond[i] === 0) missed += over;
        if (failing !== undefined) failing[i] = 1;
      }
      paid += current;
    }
    return { missed, overCapacity, replicaHours: (paid * SYNC_PERIOD) / 3600 };
  }
}

/** A rise of traffic that comes faster than replicas can. */
export interface Surge {
  /** Seconds from the trace's start in which even ample headroom was used up. */
  readonly from: number;
  readonly until: number;
  /** Requests per second at its highest. */
  readonly peak: number;
}

function ticksOf(trace: Trace, window: number, phase: number): Ticks {
  const arrivals = new Arrivals(trace);
  const count = Math.ceil((duration(trace) - phase) / SYNC_PERIOD);
  const offered = new Float64Array(count);
  const seen = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const now = phase + i * SYNC_PERIOD;
    offered[i] = arrivals.rate(now, now + SYNC_PERIOD);
    seen[i] = Math.round(arrivals.rate(now - window, now) * 1000);
  }
  return { offered, seen };
}

function sum(values: Float64Array): number {
  let result = 0;
  for (const value of values) result += value;
  return result;
}
