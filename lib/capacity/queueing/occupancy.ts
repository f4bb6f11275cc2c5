import { type Departure, type Departures, departures } from './departures';
import type { ServiceTimes } from './service-times';

// Looked up once, as they are called by the million.
const { abs, max, min } = Math;

/** Requests beyond the slots that are told apart: the longer of two queues is avoided, so long ones are rare. */
const LONGEST_QUEUE = 12;
/** A share of requests that doesn't matter. */
const NEGLIGIBLE = 1e-8;
const CLOSE_ENOUGH = 1e-6;
const MOST_ROUNDS = 400;

/** What some requests meet at the replica that they are sent to. */
export interface Found {
  /** The share of requests that do. */
  readonly share: number;
  /** How many of these wait longer than `t` for the next departure. */
  readonly left: (t: number) => number;
}

interface Group {
  readonly slots: number;
  /** Requests per mean service time and replica. */
  readonly rate: number;
  readonly replicas: number;
  /** A rate that no replica's is above. */
  readonly pace: number;
  readonly departures: Departures;
}

/**
 * The mean field of many replicas, of which each request sees two picked at random and takes the one with fewer requests.
 * A replica with `i` requests is sent more at a rate that depends on how many replicas have fewer (Vvedenskaya,
 * Mitzenmacher); given these rates, one replica is a queue on its own, with service times of any kind (Tijms); and given how
 * full such a queue is, there are the rates. Round by round until both agree.
 *
 * @returns for the requests that find all slots taken and 0, 1, 2… others in the queue before them
 *
 * @see https://doi.org/10.1109/71.963420
 */
export function occupancy(slots: number, load: number, replicas: number, work: ServiceTimes): readonly Found[] {
  const rate = load * slots;
  const pace = 2 * rate;
  const group = { slots, rate, replicas, pace, departures: departures(slots, work, pace) };
  let last: Round | undefined;
  let rates: Float64Array = new Float64Array(slots + LONGEST_QUEUE + 1).fill(rate);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { shares } = sharesOf(group, rates);
    const wanted = ratesOf(group, shares);
    const off = wanted.map((value, i) => value - (rates[i] ?? 0));
    if (off.every((value) => abs(value) < CLOSE_ENOUGH * slots)) break;
    const next = { wanted, off };
    rates = last === undefined ? wanted : mixed(last, next);
    last = next;
  }
  return queuesOf(group, rates);
}

function queuesOf(group: Group, rates: Float64Array): Found[] {
  const {
    slots,
    rate,
    departures: { first, next },
  } = group;
  const { shares } = sharesOf(group, rates);
  const up = upOf(group, rates);
  // How many came since the last departure tells how far the next one is off, so it is kept for each length of the queue.
  const since = (departure: Departure, from: number, flow: number, sums: Float64Array[]) =>
    walk(from, up, departure.spent.length, (i, n, at) => {
      const sum = sums[i];
      if (sum !== undefined) sum[n] = (sum[n] ?? 0) + flow * at;
    });
  const empty = (departure: Departure) => Array.from(up, () => new Float64Array(departure.spent.length));
  const firsts = empty(first);
  since(first, 0, (shares[slots - 1] ?? 0) * (rates[slots - 1] ?? 0), firsts);
  const nexts = empty(next);
  for (let from = 0; from < up.length; from++) {
    since(next, from, (shares[slots + from] ?? 0) * (rates[slots + from] ?? 0), nexts);
  }
  const found: Found[] = [];
  for (const [i, sum] of firsts.entries()) {
    const share = ((shares[slots + i] ?? 0) * (rates[slots + i] ?? 0)) / rate;
    if (share < NEGLIGIBLE) break;
    const [a, b] = [first.left(sum), next.left(nexts[i] ?? sum)];
    const all = a(0) + b(0);
    found.push({ share, left: (t) => (t <= 0 ? 1 : (a(t) + b(t)) / all) });
  }
  return found;
}

interface Round {
  readonly wanted: Float64Array;
  /** What is wanted beyond what was assumed. */
  readonly off: Float64Array;
}

/** Between the last two, where what they are off by would be the least: Anderson's way to a fixed point. */
function mixed(last: Round, { wanted, off }: Round): Float64Array {
  let along = 0;
  let size = 0;
  for (const [i, value] of off.entries()) {
    const change = value - (last.off[i] ?? 0);
    along += change * value;
    size += change * change;
  }
  const part = size === 0 ? 0 : along / size;
  return wanted.map((value, i) => max(0, value - part * (value - (last.wanted[i] ?? 0))));
}

/** Both picks may be the same replica, as Envoy's and gRPC's may. */
function ratesOf({ rate, replicas }: Group, shares: Float64Array): Float64Array {
  const same = 1 / replicas;
  const rates = new Float64Array(shares.length);
  let more = 0;
  for (let i = shares.length - 1; i >= 0; i--) {
    const atLeast = more + (shares[i] ?? 0);
    rates[i] = rate * (same + (1 - same) * (atLeast + more));
    more = atLeast;
  }
  return rates;
}

const upOf = ({ slots, pace }: Group, rates: Float64Array) => rates.slice(slots).map((rate) => min(1, rate / pace));

/** The share of the time that a replica has 0, 1, 2… requests. */
function sharesOf(group: Group, rates: Float64Array) {
  const {
    slots,
    departures: { first, next },
  } = group;
  const shares = new Float64Array(rates.length);
  shares[0] = 1;
  for (let i = 1; i < slots; i++) shares[i] = ((shares[i - 1] ?? 0) * (rates[i - 1] ?? 0)) / i;
  const up = upOf(group, rates);
  const entered = (shares[slots - 1] ?? 0) * (rates[slots - 1] ?? 0);
  const beforeFirst = spent(0, up, first).map((time) => entered * time);
  shares.set(beforeFirst, slots);
  for (let from = 0; from < up.length; from++) {
    const time = spent(from, up, next);
    const rate = rates[slots + from] ?? 0;
    // The departures that leave `from` behind are as many as the arrivals that find so many.
    const share = (shares[slots + from] ?? 0) / (1 - rate * (time[from] ?? 0));
    shares[slots + from] = share;
    for (let i = from + 1; i < up.length; i++)
      shares[slots + i] = (shares[slots + i] ?? 0) + share * rate * (time[i] ?? 0);
  }
  const sum = shares.reduce((a, b) => a + b, 0);
  return { shares: shares.map((share) => share / sum) };
}

/** The time until a departure that is spent with each length of the queue, if it starts `from` one. */
function spent(from: number, up: Float64Array, departure: Departure): Float64Array {
  const times = new Float64Array(up.length);
  walk(from, up, departure.spent.length, (i, n, at) => {
    times[i] = (times[i] ?? 0) + (departure.spent[n] ?? 0) * at;
  });
  return times;
}

/** The probabilities of each length of a queue after 0, 1, 2… arrivals, of which it gets the share `up` of its length. */
function walk(from: number, up: Float64Array, counts: number, visit: (i: number, n: number, at: number) => void): void {
  const at = new Float64Array(up.length);
  at[from] = 1;
  const top = up.length - 1;
  for (let n = 0; n < counts; n++) {
    for (let i = min(top, from + n); i >= from; i--) {
      const here = at[i] ?? 0;
      visit(i, n, here);
      if (i === top) continue;
      const goes = here * (up[i] ?? 0);
      at[i] = here - goes;
      at[i + 1] = (at[i + 1] ?? 0) + goes;
    }
  }
}
