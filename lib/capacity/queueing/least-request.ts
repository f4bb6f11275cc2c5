import { erlangC } from './erlang';
import type { Spectrum } from './fourier';
import { type Found, occupancy } from './occupancy';
import { meanWait, WAITS, waiting } from './one-queue';
import type { ServiceTimes } from './service-times';
import { Grid, longestOf, product, type Sojourns } from './sojourns';

/**
 * A few replicas are at times all full at once, and then are like one queue before all slots: a share of those who would
 * wait there do so, for longer. Both numbers are fitted to the simulation, of 4 replicas and more.
 */
const ALL_FULL = { share: 0.4, stretch: 1.3 };

/**
 * The times that requests take when each goes to the less busy of two replicas that are picked at random: the waiting of
 * the mean field, exact for many replicas, and what comes on top for few.
 */
export function leastRequest(slots: number, load: number, replicas: number, work: ServiceTimes): Sojourns {
  const all = slots * replicas;
  const longestWait = WAITS * ALL_FULL.stretch * meanWait(all, load, work);
  const grid = new Grid(2 * longestOf(work.tail) + longestWait);
  const own = waitingAtReplica(grid, slots, work, occupancy(slots, load, replicas, work));
  const waits = ALL_FULL.share * erlangC(all, load);
  const full = waiting(grid, all, load, work, { waits, stretch: ALL_FULL.stretch });
  return grid.sojourns(product(own, full), work);
}

/** Whoever finds a queue waits for the next departure, and then for as many more as requests are before. */
function waitingAtReplica(grid: Grid, slots: number, work: ServiceTimes, queues: readonly Found[]): Spectrum {
  const departure = grid.spectrumOf((t) => work.tail(slots * t));
  const size = departure.re.length;
  let sum: Spectrum = { re: new Float64Array(size), im: new Float64Array(size) };
  let waits = 0;
  for (const { share, left } of [...queues].reverse()) {
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
