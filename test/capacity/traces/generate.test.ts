import { daily, outage, sale, summaryOf, type Trace, weekly } from '../../../lib/capacity';
import { Random } from '../../../lib/capacity/traces/random';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Requests per second from one time to another. */
function rate({ step, requests }: Trace, from: number, to: number): number {
  const part = requests.slice(from / step, to / step);
  return part.reduce((sum, count) => sum + count, 0) / (to - from);
}

const quiet = { mean: 100, noise: 0 };

test('the same seed gives the same trace, another one another', () => {
  expect(daily({ days: 1, mean: 10, seed: 7 })).toEqual(daily({ days: 1, mean: 10, seed: 7 }));
  expect(daily({ days: 1, mean: 10, seed: 7 }).requests).not.toEqual(daily({ days: 1, mean: 10, seed: 8 }).requests);
});

test('a known seed gives known numbers, on every machine', () => {
  const random = new Random(1);
  expect([random.uniform(), random.uniform()]).toEqual([0.6270739405881613, 0.0027357211802154779].map(expect.closeTo));
});

test.each([0.5, 20, 99, 101, 5000])('who comes by chance comes %p times on average, and varies as much', (mean) => {
  const random = new Random(3);
  const counts = Array.from({ length: 20_000 }, () => random.poisson(mean));
  const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length;
  expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
  expect(average / mean).toBeCloseTo(1, 1);
  expect(variance / mean).toBeCloseTo(1, 1);
});

test('a day is like the other, swings around its mean, and is busiest in the evening', () => {
  const trace = daily({ ...quiet, days: 2, swing: 0.5 });
  expect([trace.name, trace.step, trace.requests.length]).toEqual(['daily-1', 60, 2880]);
  expect(rate(trace, 0, DAY)).toBeCloseTo(100, 0);
  for (const day of [0, DAY]) {
    expect(rate(trace, day + 19.5 * HOUR, day + 20.5 * HOUR) / 150).toBeCloseTo(1, 1);
    expect(rate(trace, day + 7.5 * HOUR, day + 8.5 * HOUR) / 50).toBeCloseTo(1, 1);
  }
});

test('noise varies the traffic around its pattern, and leaves its mean', () => {
  const level = { mean: 1000, swing: 0, days: 30 };
  const still = summaryOf(daily({ ...level, noise: 0 }));
  const noisy = summaryOf(daily({ ...level, noise: 0.2 }));
  expect(still.p99 / still.median).toBeLessThan(1.02);
  expect(noisy.p99 / noisy.median).toBeGreaterThan(1.4);
  expect(noisy.mean / 1000).toBeCloseTo(1, 1);
});

test('a week starts on Monday, and its weekend is another', () => {
  const trace = weekly({ ...quiet, weeks: 1, weekend: 2 });
  const days = Array.from({ length: 7 }, (_, i) => Math.round(rate(trace, i * DAY, (i + 1) * DAY) / 10) * 10);
  expect(days).toEqual([100, 100, 100, 100, 100, 200, 200]);
});

test('a sale brings its multiple for as long as it lasts', () => {
  const trace = sale({ ...quiet, days: 1, swing: 0, at: 10 * HOUR, lasts: HOUR, multiple: 8, rise: 300 });
  expect(rate(trace, 9 * HOUR, 10 * HOUR) / 100).toBeCloseTo(1, 1);
  expect(rate(trace, 10 * HOUR + 300, 11 * HOUR - 300) / 800).toBeCloseTo(1, 1);
  expect(rate(trace, 10 * HOUR, 10 * HOUR + 300) / 450).toBeCloseTo(1, 1);
  expect(rate(trace, 11 * HOUR, 12 * HOUR) / 100).toBeCloseTo(1, 1);
});

test('in an outage nothing comes, and after it more than usual, for a while', () => {
  const trace = outage({ ...quiet, days: 1, swing: 0, at: 10 * HOUR, lasts: HOUR, comeback: 5, settles: 600 });
  expect(rate(trace, 9 * HOUR, 10 * HOUR) / 100).toBeCloseTo(1, 1);
  expect(rate(trace, 10 * HOUR, 11 * HOUR)).toBe(0);
  expect(rate(trace, 11 * HOUR, 11 * HOUR + 60) / 500).toBeCloseTo(0.96, 1);
  // 4 times the usual that settle by 1/e each 10 minutes are, an hour on, nearly none.
  expect(rate(trace, 12 * HOUR, 13 * HOUR) / 100).toBeCloseTo(1, 1);
});

test('numbers that make no sense are refused together', () => {
  expect(() => daily({ days: 0, mean: -1, swing: 2 })).toThrow(
    [
      '[daily] mean must be a number of requests per second, above 0, got -1',
      '[daily] swing must be a share of the mean, from 0 to 1, got 2',
      '[daily] days must be a whole number of days, from 1 to 3650, got 0',
    ].join('\n'),
  );
});
