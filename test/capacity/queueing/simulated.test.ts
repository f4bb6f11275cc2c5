import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sojournsOf } from '../../../lib/capacity/queueing/latency';
import type { Recorded } from './record';
import { quantileOf, simulate } from './simulate';

const recorded: Recorded[] = JSON.parse(readFileSync(join(__dirname, 'simulated.json'), 'utf8'));

/** By how much the model is off at p50 and p99, the worse of both. */
function off(point: Recorded): number {
  const times = sojournsOf(point, point.load);
  return Math.max(
    ...(
      [
        ['p50', 0.5],
        ['p99', 0.99],
      ] as const
    ).map(([key, q]) => Math.abs(times.quantile(q) / point[key] - 1)),
  );
}

const worst = (points: Recorded[]) => Math.max(...points.map(off));

describe.each([1, 2, 4, 8, 16, 32])('%d at a time', (concurrency) => {
  const points = recorded.filter((point) => point.concurrency === concurrency);

  test('one queue is within 6 % of a simulation at p50 and p99, from a load of 0.3 to 0.9, for all variations and distributions', () => {
    const one = points.filter(({ balancing, load }) => balancing === 'shared' && load !== 0.1 && load !== 0.5);
    expect(one).toHaveLength(25);
    expect(worst(one)).toBeLessThan(0.06);
  });

  test('least request is within 8 % at a load of 0.9, from 4 replicas to 32', () => {
    const busy = points.filter(
      ({ balancing, load, variation }) =>
        balancing === 'leastRequest' && load === 0.9 && [0.25, 1, 2].includes(variation),
    );
    expect(busy.length).toBeGreaterThanOrEqual(5);
    expect(worst(busy)).toBeLessThan(0.08);
  });
});

test('the recorded grid is what is simulated today, so that nobody mends a number by hand', () => {
  for (const balancing of ['shared', 'leastRequest'] as const) {
    const point = recorded.find(
      (one) => one.balancing === balancing && one.concurrency === 4 && one.load === 0.5 && one.variation === 0.5,
    );
    if (point === undefined) throw new Error('not in the grid');
    const times = simulate(point, 100_000, 3);
    expect(Math.abs(quantileOf(times, 0.5) / point.p50 - 1)).toBeLessThan(0.02);
    expect(Math.abs(quantileOf(times, 0.99) / point.p99 - 1)).toBeLessThan(0.02);
  }
});

test('requests that are spread at random over 16 replicas meet one queue each', () => {
  const point = {
    load: 0.7,
    concurrency: 2,
    replicas: 16,
    balancing: 'random',
    variation: 0.5,
    distribution: 'gamma',
  } as const;
  const times = simulate(point, 200_000, 1);
  const model = sojournsOf(point, point.load);
  expect(Math.abs(model.quantile(0.5) / quantileOf(times, 0.5) - 1)).toBeLessThan(0.05);
  expect(Math.abs(model.quantile(0.99) / quantileOf(times, 0.99) - 1)).toBeLessThan(0.05);
});
