import { normalTail, upperGamma } from './incomplete-gamma';

// Looked up once, as they are called by the million.
const { exp, log, max, min, sqrt } = Math;

/**
 * How the times of work on requests are spread around their mean.
 *
 * - `gamma`: gamma up to a variation of 1, where it is the exponential; above, hyper-exponential with balanced means.
 *   It is the fit by two moments that is usual in queueing theory.
 * - `lognormal`: the few slow requests are slower, and the median stays nearer to the mean.
 *
 * @see H. C. Tijms, A First Course in Stochastic Models, 2003, appendix B
 */
export type Distribution = 'gamma' | 'lognormal';

/** Times of work with a mean of 1. */
export interface ServiceTimes {
  /** The share of requests with more than `t` of work. */
  tail(t: number): number;
  /**
   * The share of requests with more than `t` of work left, among those that are being worked on: the integral of `tail`
   * from `t` on, as the mean is 1.
   */
  excess(t: number): number;
  /** Coefficient of variation: standard deviation by mean. */
  readonly variation: number;
}

/** Below it, a spread is narrower than what can be told apart from none. */
const NO_VARIATION = 0.02;

export function serviceTimes(variation: number, distribution: Distribution): ServiceTimes {
  if (variation < NO_VARIATION) return { ...constant, variation: 0 };
  if (distribution === 'lognormal') return { ...lognormal(variation), variation };
  return { ...(variation <= 1 ? gamma(variation) : hyperExponential(variation)), variation };
}

type Tails = Omit<ServiceTimes, 'variation'>;

const constant: Tails = {
  tail: (t) => (t < 1 ? 1 : 0),
  excess: (t) => min(1, max(0, 1 - t)),
};

function gamma(variation: number): Tails {
  const shape = 1 / variation ** 2;
  const tail = (t: number) => upperGamma(shape, t * shape);
  return {
    tail,
    excess: (t) => (t <= 0 ? 1 : max(0, upperGamma(shape + 1, t * shape) - t * tail(t))),
  };
}

/** Two kinds of requests, of which each brings half of the work. */
function hyperExponential(variation: number): Tails {
  const skew = sqrt((variation ** 2 - 1) / (variation ** 2 + 1));
  const [short, long] = [(1 + skew) / 2, (1 - skew) / 2];
  const [fast, slow] = [2 * short, 2 * long];
  return {
    tail: (t) => (t <= 0 ? 1 : short * exp(-fast * t) + long * exp(-slow * t)),
    excess: (t) => (t <= 0 ? 1 : (exp(-fast * t) + exp(-slow * t)) / 2),
  };
}

function lognormal(variation: number): Tails {
  const variance = log(1 + variation ** 2);
  const sigma = sqrt(variance);
  const z = (t: number) => (log(t) + variance / 2) / sigma;
  const tail = (t: number) => (t <= 0 ? 1 : normalTail(z(t)));
  return {
    tail,
    excess: (t) => (t <= 0 ? 1 : max(0, normalTail(z(t) - sigma) - t * tail(t))),
  };
}
