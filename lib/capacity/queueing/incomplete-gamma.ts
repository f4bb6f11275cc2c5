// Looked up once, as they are called by the million.
const { abs, exp, log } = Math;

/**
 * The upper incomplete gamma function, regularised: Q(a, x), which is 1 at x = 0 and falls to 0. By the series below the
 * bend and by Lentz' continued fraction above it.
 *
 * @see https://dlmf.nist.gov/8.11 and https://dlmf.nist.gov/8.9
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = exp(a * log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * series(a, x) : front * fraction(a, x);
}

/** The share of a standard normal distribution beyond `z`. */
export function normalTail(z: number): number {
  const half = upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? 1 - half : half;
}

const ENOUGH = 1e-13;
const MOST_TERMS = 2000;

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MOST_TERMS && term > sum * ENOUGH; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let product = d;
  for (let n = 1; n < MOST_TERMS; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    product *= d * c;
    if (abs(d * c - 1) < ENOUGH) break;
  }
  return product;
}

/** Stirling's series, after the argument is moved to where it is exact. */
function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift += log(z);
  const inverse = 1 / (z * z);
  const correction = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * log(z) - z + log(2 * Math.PI) / 2 + correction - shift;
}
