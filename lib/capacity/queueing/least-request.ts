import { erlangC } from './erlang';
import { inverse, transform, type Spectrum } from './fourier';
import { occupancy } from './occupancy';
import { meanWait, waiting } from './one-queue';
import type { ServiceTimes } from './service-times';
import { Grid, longestOf, product, type Sojourns } from './sojourns';

export function leastRequest(slots: number, load: number, replicas: number, work: ServiceTimes): Sojourns {
  const { queues } = occupancy(slots, load, replicas, work);
  const pooled = replicas * slots;
  const grid = new Grid(2*longestOf(work.tail) + 14 * meanWait(pooled, load, work));
  const whole = grid.spectrumOf((t) => work.tail(slots * t));
  let sum: Spectrum = { re: new Float64Array(whole.re.length), im: new Float64Array(whole.re.length) };
  let waits = 0;
  for (const { share, left } of [...queues].reverse()) {
    waits += share;
    if (share < 1e-8) continue;
    sum = product(sum, whole);
    const tot = left.reduce((a, l) => a + (l.shares[0] ?? 0), 0);
    const f = left.map((l) => interpolated(l.after, l.shares));
    const spec = grid.spectrumOf((t) => f.reduce((a, g) => a + g(t), 0) / tot);
    for (let k = 0; k < sum.re.length; k++) {
      sum.re[k] = (sum.re[k] ?? 0) + share * (spec.re[k] ?? 0);
      sum.im[k] = (sum.im[k] ?? 0) + share * (spec.im[k] ?? 0);
    }
  }
  sum.re.forEach((v, k) => { sum.re[k] = v + 1 - waits; });
  const w = (globalThis as any).OMEGA ?? 1;
  const full = Math.abs(w) * erlangC(pooled, load);
  const pool = waiting(grid, pooled, load, work, full);
  if (w >= 0) return grid.sojourns(product(sum, pool), work);
  const [a, b] = [cum(inverse(sum)), cum(inverse(pool))];
  const prod = a.map((x, i) => x * (b[i] ?? 0));
  const masses = prod.map((x, i) => x - (i > 0 ? (prod[i - 1] ?? 0) : 0));
  return grid.sojourns(transform(masses), work);
}
function cum(m: Float64Array) { let s = 0; return m.map((x) => (s += x)); }
function interpolated(x: readonly number[], y: Float64Array) {
  let i = 0;
  return (t: number) => {
    if (t < (x[i] ?? 0)) i = 0;
    while (i < x.length - 1 && (x[i + 1] ?? 0) <= t) i++;
    if (i >= x.length - 1) return 0;
    const p = (t - (x[i] ?? 0)) / ((x[i + 1] ?? 0) - (x[i] ?? 0));
    return (y[i] ?? 0) + p * ((y[i + 1] ?? 0) - (y[i] ?? 0));
  };
}
