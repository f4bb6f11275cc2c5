import * as fc from 'fast-check';
import { Slo } from '../../lib';
import {
  bucketAround,
  bucketsFor,
  exponentialBuckets,
  isOutOfReach,
  problemsWithLatency,
} from '../../lib/core/latency-buckets';

const BUCKETS = [0.01, 0.1, 1];
const slo = (under: `${number}ms`) => [Slo.latency({ under, objective: '99%' })];
const histogram = { type: 'histogram', name: 'latency', unit: 's', buckets: BUCKETS } as const;

test("exponential buckets are TensorFlow's: 10 µs times 1.8, 33 times, up to 25 minutes", () => {
  const buckets = exponentialBuckets(10, 1.8, 33);
  expect(buckets.slice(0, 3).map((bound) => Number(bound.toPrecision(6)))).toEqual([10, 18, 32.4]);
  expect([buckets.length, Number(buckets.at(-1)?.toPrecision(6))]).toEqual([33, 1.47476e9]);
});

test('a threshold becomes a bound, and half of it as well; one that is a bound changes nothing', () => {
  expect(bucketsFor(BUCKETS, [0.05])).toEqual([0.01, 0.025, 0.05, 0.1, 1]);
  expect(bucketsFor(BUCKETS, [0.1])).toEqual(BUCKETS);
  expect(bucketsFor(BUCKETS, [])).toEqual(BUCKETS);
});

test('chosen buckets rise, keep those that were, and tell every threshold exactly', () => {
  const threshold = fc.integer({ min: 1, max: 10_000_000 }).map((microseconds) => microseconds / 1e6);
  fc.assert(
    fc.property(fc.array(threshold, { maxLength: 4 }), (thresholds) => {
      const buckets = bucketsFor(BUCKETS, thresholds);
      expect(buckets.every((bound, i) => i === 0 || bound > (buckets[i - 1] ?? 0))).toBe(true);
      expect(buckets).toEqual(expect.arrayContaining(BUCKETS));
      for (const seconds of thresholds) {
        expect([isOutOfReach(buckets, seconds), bucketAround(buckets, seconds)]).toEqual([false, undefined]);
      }
    }),
  );
});

test.each([
  [0.009, true],
  [0.01, false],
  [1, false],
  [1.1, true],
])('%d s is out of reach: %s', (seconds, out) => {
  expect(isOutOfReach(BUCKETS, seconds)).toBe(out);
});

test('a time on a bound, or outside of all, is inside of no bucket', () => {
  expect(bucketAround(BUCKETS, 0.05)).toEqual([0.01, 0.1]);
  for (const seconds of [0.1, 0.1001, 0.001, 2]) expect(bucketAround(BUCKETS, seconds)).toBeUndefined();
});

test('an objective that the buckets cannot show is a problem, which says what they show and what to do', () => {
  const text = (under: string, end: string) =>
    `slo.latency.under must be from 10ms to 1s, which the histogram of x can show, got '${under}': choose a bound that it shows${end}`;
  expect(problemsWithLatency('x', histogram, slo('5ms'))).toEqual({ problems: [text('5ms', '')], warnings: [] });
  expect(problemsWithLatency('x', { ...histogram, remedy: 'take x 2' }, slo('2000ms'))).toEqual({
    problems: [text('2s', ', or take x 2')],
    warnings: [],
  });
});

test('an objective inside of a bucket is a warning, with the bounds at which it would be exact', () => {
  expect(problemsWithLatency('x', histogram, slo('50ms'))).toEqual({
    problems: [],
    warnings: [
      "slo.latency.under is inside of a bucket of x, got '50ms': from 10ms to 100ms a quantile is a guess, and exact at these two",
    ],
  });
});

test('on a bound, with a mean, or where the buckets are not known, there is nothing to say', () => {
  const nothing = { problems: [], warnings: [] };
  const mean = { type: 'mean', unit: 's', sum: { name: 'a' }, count: { name: 'b' } } as const;
  expect(problemsWithLatency('x', histogram, slo('100ms'))).toEqual(nothing);
  expect(problemsWithLatency('x', mean, slo('1ms'))).toEqual(nothing);
  expect(problemsWithLatency('x', { ...histogram, buckets: undefined }, slo('1ms'))).toEqual(nothing);
  expect(problemsWithLatency('x', undefined, slo('1ms'))).toEqual(nothing);
  expect(problemsWithLatency('x', histogram, [Slo.availability({ objective: '99%' })])).toEqual(nothing);
});
