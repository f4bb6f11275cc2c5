import { erlangC } from './erlang';
import type { Spectrum } from './fourier';
import type { ServiceTimes } from './service-times';
import { Grid, longestOf, type Sojourns } from './sojourns';

/** How many mean waits of those who wait are looked ahead: e^-14 of an exponential is left. */
export const WAITS = 14;
/** How much less than independent servers are by each 1 of variation above 1: fitted to the simulation. */
const TOGETHER = 0.35;

/**
 * The times that requests take which arrive at random at one queue before `servers` servers, with a mean of 1 of work:
 * M/G/k, first come first served.
 *
 * With one server it is exact (Pollaczek and Khinchine). With more, a request waits as often as Erlang C says; then
 * for the first of all servers to come free, whose work left is that of a server seen at random; and then as in a queue
 * before one server that is as fast as all together (Tijms, van Hoorn and Federgruen).
 *
 * @see H. C. Tijms, A First Course in Stochastic Models, 2003, section 9.6.2
 */
export function oneQueue(servers: number, load: number, work: ServiceTimes): Sojourns {
  const grid = new Grid(longestOf(work.tail) + WAITS * meanWait(servers, load, work));
  return grid.sojourns(waiting(grid, servers, load, work, { waits: erlangC(servers, load) }), work);
}

/** The mean wait of those who wait. */
export function meanWait(servers: number, load: number, work: ServiceTimes): number {
  const rest = ((load / (1 - load)) * (1 + work.variation ** 2)) / 2 / servers;
  return integral(firstFree(servers, work)) + rest;
}

/** How many requests have to wait, and how much longer than usual. */
interface Waits {
  readonly waits: number;
  readonly stretch?: number;
}

/** The waiting before `servers` servers, if the share C of the requests has to: 1 - C + C·F·(1-ρ)/(1-ρR). */
export function waiting(
  grid: Grid,
  servers: number,
  load: number,
  work: ServiceTimes,
  { waits, stretch = 1 }: Waits,
): Spectrum {
  const free = firstFree(servers, work);
  const first = grid.spectrumOf((t) => free(t / stretch));
  const rest = grid.spectrumOf((t) => work.excess((t * servers) / stretch));
  const re = new Float64Array(first.re.length);
  const im = new Float64Array(first.im.length);
  for (let i = 0; i < re.length; i++) {
    const real = 1 - load * (rest.re[i] ?? 0);
    const imaginary = -load * (rest.im[i] ?? 0);
    const scale = (waits * (1 - load)) / (real * real + imaginary * imaginary);
    const a = first.re[i] ?? 0;
    const b = first.im[i] ?? 0;
    re[i] = 1 - waits + scale * (a * real + b * imaginary);
    im[i] = scale * (b * real - a * imaginary);
  }
  return { re, im };
}

/**
 * The share of those who wait that wait longer than `t` for the first server to come free. Where times vary much, all
 * servers are taken when several have a long request at once, so that their work left goes together.
 */
function firstFree(servers: number, { excess, variation }: ServiceTimes): (t: number) => number {
  const apart = 1 - TOGETHER * Math.max(0, variation - 1);
  return (t) => excess(t) ** (1 + (servers - 1) * apart);
}

/** By Simpson's rule over doubling stretches, as the first to come free of many does so soon. */
function integral(tail: (t: number) => number): number {
  const pieces = 8;
  let sum = 0;
  for (let from = 0, width = 2 ** -12; tail(from) > 1e-9; from += width, width = from) {
    const h = width / pieces;
    for (let i = 0; i <= pieces; i++) {
      const weight = i === 0 || i === pieces ? 1 : 2 + 2 * (i % 2);
      sum += (weight * h * tail(from + i * h)) / 3;
    }
  }
  return sum;
}
