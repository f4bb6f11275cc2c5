import fc from 'fast-check';
import { HIGHEST_LOAD, highestLoad, latencyQuantile, latencyTail, lateShare } from '../../../lib/capacity';
import type { Queue } from '../../../lib/capacity/queueing/queue';
import { problemsOf } from '../../serving/fixtures';

fc.configureGlobal({ seed: 42 });

test.each([
  [0.5, 0.5, Math.LN2 * 2],
  [0.9, 0.99, Math.log(100) * 10],
])('at one slot and exponential times, load %p and quantile %p are those of M/M/1', (load, quantile, expected) => {
  const actual = latencyQuantile({ serviceTime: 1, load, quantile });
  expect(actual / expected).toBeGreaterThan(0.99);
  expect(actual / expected).toBeLessThan(1.01);
});

test('latencies are in seconds, and as long as the work', () => {
  const queue = { variation: 0.5, concurrency: 4, load: 0.7 };
  const one = latencyQuantile({ ...queue, serviceTime: 1, quantile: 0.99 });
  expect(latencyQuantile({ ...queue, serviceTime: 0.02, quantile: 0.99 })).toBeCloseTo(one * 0.02, 10);
});

test('work that never varies takes its time, without a load', () => {
  expect(latencyQuantile({ serviceTime: 1, variation: 0, load: 0.001, quantile: 0.99 })).toBeCloseTo(1, 2);
});

test('the tail at a quantile is what the quantile leaves', () => {
  const queue = { serviceTime: 0.02, variation: 0.5, concurrency: 2, load: 0.8 };
  expect(latencyTail({ ...queue, longerThan: latencyQuantile({ ...queue, quantile: 0.99 }) })).toBeCloseTo(0.01, 5);
});

const queues = fc.record({
  serviceTime: fc.constant(1),
  variation: fc.constantFrom(0.25, 0.5, 1, 1.5, 2),
  concurrency: fc.constantFrom(1, 2, 8, 32),
  replicas: fc.constant(16),
  balancing: fc.constantFrom('random', 'leastRequest', 'shared'),
}) satisfies fc.Arbitrary<Queue>;
const few = { numRuns: 8 };
/** What the grid of times can't tell apart. */
const SAME = 1.01;

test('latency never falls with the load', () => {
  fc.assert(
    fc.property(queues, fc.double({ min: 0.05, max: 0.8, noNaN: true }), (queue, load) => {
      const at = (more: number) => latencyQuantile({ ...queue, load: load + more, quantile: 0.99 });
      return at(0) <= at(0.1) * SAME;
    }),
    few,
  );
});

test('more at a time never makes it slower at the same load', () => {
  fc.assert(
    fc.property(queues, fc.double({ min: 0.05, max: 0.9, noNaN: true }), (queue, load) => {
      const of = (concurrency: number) => latencyQuantile({ ...queue, concurrency, load, quantile: 0.99 });
      return of(queue.concurrency * 2) <= of(queue.concurrency) * SAME;
    }),
    few,
  );
});

test('one shared queue is never slower than least request, and that never than random', () => {
  fc.assert(
    fc.property(queues, fc.double({ min: 0.05, max: 0.9, noNaN: true }), (queue, load) => {
      const by = (balancing: 'random' | 'leastRequest' | 'shared') =>
        latencyQuantile({ ...queue, balancing, load, quantile: 0.99 });
      return by('shared') <= by('leastRequest') * SAME && by('leastRequest') <= by('random') * SAME;
    }),
    few,
  );
});

const ranker = { serviceTime: 0.02, variation: 0.5, replicas: 16, quantile: 0.99 } as const;

// Simulated: 0.40, 0.85 and 0.95 or more at 5 times the work; 0.70, 0.95 and 0.95 or more at 10 times.
test.each([
  ['random', 0.1, 0.443359375],
  ['leastRequest', 0.1, 0.876953125],
  ['shared', 0.1, 0.95],
  ['random', 0.2, 0.71484375],
  ['leastRequest', 0.2, 0.95],
  ['shared', 0.2, 0.95],
] as const)('balanced by %s, p99 is under %p s up to a load of %p', (balancing, under, load) => {
  expect(highestLoad({ ...ranker, balancing, under })).toBe(load);
});

test('no load keeps a bound that the work alone breaks', () => {
  expect(highestLoad({ ...ranker, under: 0.045 })).toBe(0);
});

test('the highest load never falls with the bound', () => {
  fc.assert(
    fc.property(fc.double({ min: 2, max: 12, noNaN: true }), (under) => {
      const load = highestLoad({ serviceTime: 1, variation: 0.5, quantile: 0.99, under });
      return (
        load <= HIGHEST_LOAD &&
        load <= highestLoad({ serviceTime: 1, variation: 0.5, quantile: 0.99, under: under + 1 })
      );
    }),
    few,
  );
});

describe('the share of late requests', () => {
  const late = lateShare({ serviceTime: 0.02, variation: 0.5, concurrency: 4, under: 0.05 });

  test('is that of the tail, for the load that the rate is of what the ready replicas can do', () => {
    const load = 0.8;
    const tail = latencyTail({ serviceTime: 0.02, variation: 0.5, concurrency: 4, load, longerThan: 0.05 });
    expect(late(load * 200 * 10, 10)).toBe(tail);
  });

  test.each([
    ['without requests there is none', 0, 3, 0],
    ['without replicas all are late', 10, 0, 1],
    ['without either there is none', 0, 0, 0],
    ['beyond what the replicas can do all are late', 601, 3, 1],
  ])('%s', (_, rate, ready, share) => {
    expect(late(rate, ready)).toBe(share);
  });

  test('where least request has too few replicas to choose from, they count as chosen at random', () => {
    const queue = { serviceTime: 0.02, concurrency: 2, under: 0.1 };
    const least = lateShare({ ...queue, balancing: 'leastRequest' });
    expect(least(240, 3)).toBe(lateShare(queue)(240, 3));
    expect(least(320, 4)).toBeLessThan(lateShare(queue)(320, 4));
  });
});

const queue = { serviceTime: 0.02, load: 0.5, quantile: 0.99 };
test.each<[what: string, props: object, problem: string]>([
  ['no load', { load: 0 }, 'load must be above 0 and below 1, got 0'],
  ['a full load', { load: 1 }, 'load must be above 0 and below 1, got 1'],
  ['a percentage', { quantile: 99 }, 'quantile must be above 0 and below 1, got 99'],
  ['no work', { serviceTime: 0 }, 'serviceTime must be a number of seconds above 0, got 0'],
  [
    'half a request',
    { concurrency: 0.5 },
    'concurrency must be a whole number of requests at a time, from 1 to 256, got 0.5',
  ],
  [
    'more variation than was simulated',
    { variation: 3 },
    'variation must be a standard deviation by its mean, from 0 to 2, got 3: what varies more is of several kinds: model each',
  ],
  [
    'more variation than was simulated of a lognormal',
    { variation: 1.8, distribution: 'lognormal' },
    'variation must be at most 1.5 with lognormal, got 1.8: take gamma',
  ],
  [
    'fewer replicas than least request was simulated for',
    { balancing: 'leastRequest', replicas: 3 },
    'replicas must be 1, 4 or more with leastRequest, and 16 or more with a variation above 1, got 3: take random, which is never better',
  ],
  [
    'another balancing',
    { balancing: 'sharde' },
    "balancing must be one of random, leastRequest, shared, got 'sharde': did you mean 'shared'?",
  ],
])('%s is refused', (_, props, problem) => {
  expect(problemsOf(() => latencyQuantile({ ...queue, ...props }))).toEqual([`[latencyQuantile] ${problem}`]);
});
