import { erlangC } from './erlang';
import type { Spectrum } from './fourier';
import { type Found, occupancy } from './occupancy';
import { meanWait, waiting } from './one-queue';
import type { ServiceTimes } from './service-times';
import { Grid, longestOf, product, type Sojourns } from './sojourns';

/** A share of requests that doesn't matter. */
const NONE = 1e-8;

/** How few replicas are at times all full at once, as one queue before all slots would be. Fitted to the simulation. */
const POOLED = { share: 0.5, stretch: 1 };

export function leastRequest(slots: number, load: number, replicas: number, work: ServiceTimes): Sojourns {
  const pooled = slots * replicas;
  const grid = new Grid(2 * longestOf(work.tail) + 14 * POOLED.stretch * meanWait(pooled, load, work));
  const own = waitingAtReplica(grid, slots, work, occupancy(slots, load, replicas, work));
  const { share, stretch } = POOLED;
  const all = waiting(grid, pooled, load, work, { waits: share * erlangC(pooled, load), stretch });
  return grid.sojourns(product(own, all), work);
}

/** Whoever finds a queue waits for the next departure, and then for as many more as requests are before. */
export function waitingAtReplica(grid: Grid, slots: number, work: ServiceTimes, queues: readonly Found[]): Spectrum {
  const departure = grid.spectrumOf((t) => work.tail(slots * t));
  const size = departure.re.length;
  let sum: Spectrum = { re: new Float64Array(size), im: new Float64Array(size) };
  let waits = 0;
  for (const { share, left } of [...queues].reverse()) {
    if (share < NONE) continue;
    waits += share;
    const next = grid.spectrumOf(left);
    const later = product(sum, departure);
    sum = {
      re: later.re.map((value, i) => value + share * (next.re[i] ?? 0)),
      im: later.im.map((value, i) => value + share * (next.im[i] ?? 0)),
    };
  }
  return { re: sum.re.map((value) => value + 1 - waits), im: sum.im };
}
