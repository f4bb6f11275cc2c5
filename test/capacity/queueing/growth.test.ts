import { growth, highestLoad, leadSeconds, sloTarget } from '../../../lib/capacity';
import type { Trace } from '../../../lib/capacity/traces/trace';
import { problemsOf } from '../../serving/fixtures';

const trace = (requests: number[], step = 60): Trace => ({
  name: 'shop.csv',
  step,
  requests: Float64Array.from(requests),
});
/** A quarter of an hour at 100, then one minute at 400, then 100 again. */
const surge = trace([...Array(15).fill(100), 400, ...Array(24).fill(100)]);

test('steady traffic does not grow, and falling traffic neither', () => {
  expect(growth(trace(Array(20).fill(100)), 120, 0.95)).toBe(1);
  expect(growth(trace([500, 400, 300, 200, 100, 50]), 60, 0.95)).toBe(1);
});

test('growth is counted by requests: a surge that is a tenth of them is in the last tenth only', () => {
  expect(growth(surge, 120, 0.8)).toBe(1);
  expect(growth(surge, 120, 0.95)).toBe(4);
});

test('traffic that doubles each minute is fourfold after two', () => {
  expect(growth(trace([1, 2, 4, 8, 16, 32, 64]), 120, 0.5)).toBe(4);
});

test('steps shorter than a minute are averaged over one: a busy second is no growth', () => {
  const seconds = Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? 0 : 20));
  expect(growth(trace(seconds, 1), 120, 0.99)).toBe(1);
});

test.each<[what: string, of: () => number, problem: string]>([
  [
    'a trace that is too short',
    () => growth(surge, 3600, 0.95),
    'must last longer than 3660 s to show how it grows in 3600 s, got 2400 s',
  ],
  ['a trace without requests', () => growth(trace(Array(9).fill(0)), 60, 0.95), 'must have requests, but has none'],
  ['a percentage', () => growth(surge, 60, 95), 'must be asked for a quantile above 0 and below 1, got 95'],
  ['no time', () => growth(surge, 0, 0.95), 'must be asked for a time above 0 s, got 0'],
  [
    'a trace that comes from nothing',
    () => growth(trace([0, 0, 0, 5]), 60, 0.95),
    'must have requests most of the time to show how it grows, but comes from none at quantile 0.95',
  ],
])('%s is refused', (_, of, problem) => {
  expect(problemsOf(of)).toEqual([`[shop.csv] ${problem}`]);
});

const delays = { metricWindow: 60, scrapeInterval: 15, readySeconds: 90 };
const measured = { slo: { quantile: 0.99, under: 0.05 }, measured: 220, tolerance: 0.1, growth: 1.25, delays };

test('until replicas for more traffic are ready it takes a window, a scrape, a sync and a start', () => {
  expect(leadSeconds(delays)).toBe(180);
});

test('a measured rate gives way for tolerance, growth and a lost zone, in the open', () => {
  expect(sloTarget({ ...measured, zones: 3 })).toEqual({
    requests: 106.66666666666664,
    within: 220,
    leadSeconds: 180,
    derivation: [
      {
        what: 'requests within the objective',
        value: '220 requests/s per replica',
        formula: 'measured by load test, p99 ≤ 50 ms',
      },
      {
        what: 'time until replicas for more traffic are ready',
        value: '180 s',
        formula: '60 s metric window + 15 s scrape + 15 s sync + 90 s until ready',
      },
      {
        what: 'target',
        value: '107 requests/s per replica',
        formula: '220 / 1.1 tolerance / 1.25 growth × 2/3 when a zone is lost',
      },
    ],
  });
});

test('of one zone nothing is kept for a loss', () => {
  expect(sloTarget(measured).requests).toBeCloseTo(160, 10);
  expect(sloTarget(measured).derivation.at(-1)?.formula).toBe('220 / 1.1 tolerance / 1.25 growth');
});

test('by theory, it begins with the highest load within the objective', () => {
  const { measured: _, ...rest } = measured;
  const queue = { serviceTime: 0.012, variation: 0.5, concurrency: 8 };
  const load = highestLoad({ ...queue, quantile: 0.99, under: 0.05 });
  const { requests, within, derivation } = sloTarget({ ...rest, queue });
  expect(within).toBe((load * 8) / 0.012);
  expect(requests).toBeCloseTo(within / 1.1 / 1.25, 10);
  expect(derivation.slice(0, 2)).toEqual([
    {
      what: 'highest load within the objective',
      value: `${Number((load * 100).toPrecision(3))}%`,
      formula: 'p99 ≤ 50 ms, where a request is 12 ms of work with a variation of 0.5, 8 at a time, balanced at random',
    },
    {
      what: 'requests within the objective',
      value: `${Number(within.toPrecision(3))} requests/s per replica`,
      formula: `${Number((load * 100).toPrecision(3))}% × 8 at a time / 12 ms`,
    },
  ]);
});
