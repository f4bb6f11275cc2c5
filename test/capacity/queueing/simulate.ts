/** What is simulated; times are in means of the service time. */
export interface Simulated {
  readonly load: number;
  readonly concurrency: number;
  readonly replicas: number;
  readonly balancing: 'random' | 'leastRequest' | 'shared';
  readonly variation: number;
  readonly distribution: 'gamma' | 'lognormal';
}

/**
 * A discrete-event simulation of replicas with slots, each with a queue in front (`shared`: one queue for all): request
 * by request, with every departure known at arrival because a queue is worked off in order. The first tenth is thrown
 * away, and the rest is returned in ascending order.
 */
export function simulate(
  { load, concurrency, replicas, balancing, variation, distribution }: Simulated,
  requests: number,
  seed: number,
): Float64Array {
  const random = generator(seed);
  const work = sampler(variation, distribution, random);
  const slots = balancing === 'shared' ? concurrency * replicas : concurrency;
  const queues = Array.from({ length: balancing === 'shared' ? 1 : replicas }, () => new Queue(slots));
  const pick = () => queues[Math.floor(random() * queues.length)] as Queue;
  const rate = load * concurrency * replicas;
  const warmUp = Math.floor(requests / 10);
  const sojourns = new Float64Array(requests - warmUp);
  let now = 0;
  for (let i = 0; i < requests; i++) {
    now -= Math.log(1 - random()) / rate;
    let chosen = pick();
    if (balancing === 'leastRequest') {
      const other = pick();
      if (other.presentAt(now) < chosen.presentAt(now)) chosen = other;
    }
    const end = chosen.take(now, work());
    if (balancing === 'leastRequest') chosen.present.push(end);
    if (i >= warmUp) sojourns[i - warmUp] = end - now;
  }
  return sojourns.sort();
}

export function quantileOf(sorted: Float64Array, quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] as number;
}

/** One queue and the slots behind it. */
class Queue {
  readonly present = new Heap(64);
  private readonly free: Heap;

  constructor(slots: number) {
    this.free = new Heap(slots);
    for (let i = 0; i < slots; i++) this.free.push(0);
  }

  presentAt(now: number): number {
    while (this.present.top <= now) this.present.pop();
    return this.present.size;
  }

  /** Gives a request to the slot that is free first, and tells when it is done. */
  take(now: number, work: number): number {
    const end = Math.max(now, this.free.top) + work;
    this.free.replaceTop(end);
    return end;
  }
}

/** The smallest on top. */
class Heap {
  size = 0;
  private values: Float64Array;

  constructor(room: number) {
    this.values = new Float64Array(room);
  }

  get top(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.at(0);
  }

  push(value: number): void {
    if (this.size === this.values.length) {
      const larger = new Float64Array(2 * this.size);
      larger.set(this.values);
      this.values = larger;
    }
    let i = this.size++;
    for (let parent = (i - 1) >> 1; i > 0 && this.at(parent) > value; parent = (i - 1) >> 1) {
      this.values[i] = this.at(parent);
      i = parent;
    }
    this.values[i] = value;
  }

  pop(): void {
    this.size--;
    if (this.size > 0) this.replaceTop(this.at(this.size));
  }

  replaceTop(value: number): void {
    let i = 0;
    for (let child = 1; child < this.size; child = 2 * i + 1) {
      if (child + 1 < this.size && this.at(child + 1) < this.at(child)) child++;
      if (this.at(child) >= value) break;
      this.values[i] = this.at(child);
      i = child;
    }
    this.values[i] = value;
  }

  private at(i: number): number {
    return this.values[i] as number;
  }
}

/** Numbers spread evenly over [0, 1), by sfc32, which does not repeat within any run here. */
function generator(seed: number): () => number {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88;
  let c = seed | 0;
  let d = 1;
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) * 2 ** -53;
}

function sampler(variation: number, distribution: 'gamma' | 'lognormal', random: () => number): () => number {
  const exponential = () => -Math.log(1 - random());
  const normal = () => Math.sqrt(2 * exponential()) * Math.cos(2 * Math.PI * random());
  if (variation === 0) return () => 1;
  if (distribution === 'lognormal') {
    const variance = Math.log(1 + variation ** 2);
    const sigma = Math.sqrt(variance);
    return () => Math.exp(sigma * normal() - variance / 2);
  }
  if (variation === 1) return exponential;
  if (variation > 1) {
    const squared = variation ** 2;
    const p = (1 + Math.sqrt((squared - 1) / (squared + 1))) / 2;
    return () => (random() < p ? exponential() / (2 * p) : exponential() / (2 * (1 - p)));
  }
  // Marsaglia and Tsang's way to a gamma of a shape of 1 or more.
  const shape = 1 / variation ** 2;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  return () => {
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
    }
  };
}
