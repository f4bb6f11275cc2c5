import type { ServiceTimes } from './service-times';

// Looked up once, as they are called by the million.
const { exp, log } = Math;

/** Pieces of each stretch of time, which is as long as all before it. */
const PIECES = 16;
/** What is left of a time is told at each so many of them, and on a line between. */
const COARSER = 2;
/** The share of departures whose time is left out. */
const NOTHING = 1e-8;

/**
 * The time from one departure to the next while all slots of a replica are taken, and the arrivals that fall into it. They
 * come at random, so how many came tells how much of the time has passed.
 */
export interface Departure {
  /** The time that is spent with 0, 1, 2… arrivals since the last departure: ∫ P(time > t) · P(n arrivals until t) dt. */
  readonly spent: Float64Array;
  /** Of the time that is spent with n arrivals, `shares[n]`: how much of it is more than `t` before its end. */
  left(shares: Float64Array): (t: number) => number;
}

/** The two kinds of time until a departure. */
export interface Departures {
  /** From the moment on that the last free slot was taken. */
  readonly first: Departure;
  /** From a departure on that left a queue behind: from then on, all slots are like one that is as fast as they together. */
  readonly next: Departure;
}

/** @param pace arrivals per mean service time, at random */
export function departures(slots: number, work: ServiceTimes, pace: number): Departures {
  return {
    first: departure((t) => work.excess(t) ** (slots - 1) * work.tail(t), slots, pace),
    next: departure((t) => work.tail(slots * t), slots, pace),
  };
}

function departure(tail: (t: number) => number, slots: number, pace: number): Departure {
  const { times, weights } = simpson(tail, slots);
  // The mean is known: what Simpson's rule misses of a steep tail is made good.
  const scale = 1 / slots / times.reduce((sum, t, i) => sum + (weights[i] ?? 0) * tail(t), 0);
  const longest = (times.at(-1) ?? 0) * pace;
  const counts = Math.ceil(longest + 6 * Math.sqrt(longest) + 9);
  const arrived = times.map((t, i) => poisson(pace * t, counts, scale * (weights[i] ?? 0)));
  const spent = new Float64Array(counts);
  for (const [i, t] of times.entries()) {
    const part = tail(t);
    for (let n = 0; n < counts; n++) spent[n] = (spent[n] ?? 0) + part * (arrived[i]?.[n] ?? 0);
  }
  const points = times.filter((_, i) => i % (PIECES + 1) !== PIECES && (i % (PIECES + 1)) % COARSER === 0);
  const tails = points.map((x) => Float64Array.from(times, (t) => tail(t + x)));
  const left = (shares: Float64Array) => {
    const passed = arrived.map((probabilities) => probabilities.reduce((sum, p, n) => sum + p * (shares[n] ?? 0), 0));
    const values = tails.map((beyond) => beyond.reduce((sum, part, i) => sum + part * (passed[i] ?? 0), 0));
    return (t: number) => between(points, values, t);
  };
  return { spent, left };
}

/** The value of a line through points at `t`, 0 beyond the last. */
function between(points: readonly number[], values: readonly number[], t: number): number {
  let [low, high] = [0, points.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((points[middle] ?? 0) <= t) low = middle;
    else high = middle;
  }
  const [from, to] = [points[low] ?? 0, points[high]];
  if (to === undefined) return 0;
  const part = (t - from) / (to - from);
  return (1 - part) * (values[low] ?? 0) + part * (values[high] ?? 0);
}

/** Nodes and weights of Simpson's rule, closer to each other near 0. */
function simpson(tail: (t: number) => number, slots: number) {
  const times: number[] = [];
  const weights: number[] = [];
  for (let from = 0, width = 1 / 16 / slots; tail(from) > NOTHING; from += width, width = from) {
    const h = width / PIECES;
    for (let i = 0; i <= PIECES; i++) {
      times.push(from + i * h);
      weights.push(((i === 0 || i === PIECES ? 1 : 2 + 2 * (i % 2)) * h) / 3);
    }
  }
  return { times, weights };
}

/** The probabilities of 0, 1, 2… arrivals where `mean` are expected, times `scale`. */
function poisson(mean: number, counts: number, scale: number): Float64Array {
  const probabilities = new Float64Array(counts);
  let exponent = -mean;
  for (let n = 0; n < counts; n++) {
    probabilities[n] = scale * exp(exponent);
    exponent += log(mean / (n + 1));
  }
  return probabilities;
}
