import { inverse, type Spectrum, transform } from './fourier';
import type { ServiceTimes } from './service-times';

// Looked up once, as they are called by the million.
const { floor, max } = Math;

/** Points of the grid on which times are added up. */
const POINTS = 4096;

/** The times that requests take, waiting included, on a grid. */
export class Sojourns {
  /** The share of requests that take longer than the middle after each point. */
  private readonly tails: Float64Array;

  constructor(
    masses: Float64Array,
    private readonly step: number,
  ) {
    this.tails = new Float64Array(masses.length);
    let above = 0;
    for (let i = masses.length - 1; i >= 0; i--) {
      this.tails[i] = above;
      above += max(0, masses[i] ?? 0);
    }
  }

  /** The share of requests that take longer than `t`. */
  tail(t: number): number {
    const place = t / this.step - 0.5;
    const before = floor(place);
    return this.at(before) + (place - before) * (this.at(before + 1) - this.at(before));
  }

  /** The time that a share of the requests stays under. */
  quantile(share: number): number {
    let [low, high] = [-1, this.tails.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.at(middle) > 1 - share) low = middle;
      else high = middle;
    }
    const [above, below] = [this.at(low), this.at(high)];
    const part = above === below ? 0 : (above - (1 - share)) / (above - below);
    return max(0, (low + part + 0.5) * this.step);
  }

  private at(i: number): number {
    return i < 0 ? 1 : (this.tails[i] ?? 0);
  }
}

/** Adds up times that don't depend on each other. */
export class Grid {
  readonly step: number;

  /** @param longest time beyond which nothing is left that matters */
  constructor(longest: number) {
    this.step = longest / POINTS;
  }

  /** A time given by the share that is above each `t`. */
  spectrumOf(tail: (t: number) => number): Spectrum {
    return transform(this.massesOf(tail));
  }

  /** The sum of the waiting and the work. */
  sojourns(waiting: Spectrum, work: ServiceTimes): Sojourns {
    return new Sojourns(inverse(product(waiting, this.spectrumOf(work.tail))), this.step);
  }

  private massesOf(tail: (t: number) => number): Float64Array {
    const masses = new Float64Array(POINTS);
    let above = 1;
    for (let i = 0; i < POINTS && above > 0; i++) {
      const below = i === POINTS - 1 ? 0 : tail((i + 0.5) * this.step);
      masses[i] = above - below;
      above = below < 1e-14 ? 0 : below;
    }
    return masses;
  }
}

export function product(a: Spectrum, b: Spectrum): Spectrum {
  return {
    re: a.re.map((real, i) => real * (b.re[i] ?? 0) - (a.im[i] ?? 0) * (b.im[i] ?? 0)),
    im: a.re.map((real, i) => real * (b.im[i] ?? 0) + (a.im[i] ?? 0) * (b.re[i] ?? 0)),
  };
}

/** The least time, from 1 on by doubling, that `tail` is below a millionth at. */
export function longestOf(tail: (t: number) => number): number {
  let t = 1;
  while (tail(t) > 1e-6) t *= 1.25;
  return t;
}
