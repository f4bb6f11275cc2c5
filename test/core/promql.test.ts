import { latencyMean, latencyQuantile, mean, rate, series } from '../../lib/core/promql';

const ranker = { namespace: 'shop', job: 'ranker' };

test('a series is chosen by the labels of its server and by its own condition', () => {
  expect(series({ name: 'up' }, ranker)).toBe('up{namespace="shop",job="ranker"}');
  expect(series({ name: 'requests', where: 'status!="OK"' }, ranker)).toBe(
    'requests{namespace="shop",job="ranker",status!="OK"}',
  );
  expect(series({ name: 'requests', where: 'status!="OK"' }, {})).toBe('requests{status!="OK"}');
  expect(series({ name: 'up' }, {})).toBe('up{}');
});

test('quotes and backslashes in a label are escaped', () => {
  expect(series({ name: 'up' }, { job: 'a"b\\c\nd' })).toBe('up{job="a\\"b\\\\c\\nd"}');
});

test('the rate of one counter is the sum over its replicas', () => {
  expect(rate([{ name: 'requests' }], ranker, '5m')).toBe('sum(rate(requests{namespace="shop",job="ranker"}[5m]))');
});

test('of several counters, each that is missing counts as zero, and the sum can be divided', () => {
  expect(rate([{ name: 'good' }, { name: 'bad', where: 'reason="OOM"' }], { job: 'ranker' }, '$__rate_interval')).toBe(
    '((sum(rate(good{job="ranker"}[$__rate_interval])) or vector(0))' +
      ' + (sum(rate(bad{job="ranker",reason="OOM"}[$__rate_interval])) or vector(0)))',
  );
});

test('a gauge is averaged over the replicas', () => {
  expect(mean({ name: 'gpu', where: 'gpu="0"' }, { job: 'ranker' })).toBe('avg(gpu{job="ranker",gpu="0"})');
});

test.each([
  ['s', ''],
  ['ms', ' / 1000'],
  ['us', ' / 1000000'],
] as const)('a quantile of a histogram in %s is in seconds', (unit, conversion) => {
  const latency = { type: 'histogram', name: 'duration', where: 'model="dlrm"', unit } as const;
  expect(latencyQuantile(0.99, latency, { job: 'ranker' }, '5m')).toBe(
    `histogram_quantile(0.99, sum by (le) (rate(duration_bucket{job="ranker",model="dlrm"}[5m])))${conversion}`,
  );
});

test('the mean of a histogram is its sum by its count', () => {
  const latency = { type: 'histogram', name: 'duration', where: 'a="b"', unit: 'ms' } as const;
  expect(latencyMean(latency, { job: 'x' }, '5m')).toBe(
    'sum(rate(duration_sum{job="x",a="b"}[5m])) / sum(rate(duration_count{job="x",a="b"}[5m])) / 1000',
  );
});

test('the mean of a pair of counters is the one by the other', () => {
  const latency = { type: 'mean', sum: { name: 'duration_us' }, count: { name: 'done' }, unit: 'us' } as const;
  expect(latencyMean(latency, { job: 'x' }, '5m')).toBe(
    'sum(rate(duration_us{job="x"}[5m])) / sum(rate(done{job="x"}[5m])) / 1000000',
  );
});

test('a quantile of what is no histogram, or a window without a unit, does not compile', () => {
  const pair = { type: 'mean', sum: { name: 'a' }, count: { name: 'b' }, unit: 's' } as const;
  // @ts-expect-error: a pair of counters has no quantiles
  expect(latencyQuantile(0.99, pair, {}, '5m')).toContain('histogram_quantile');
  // @ts-expect-error: 5m
  expect(rate([{ name: 'a' }], {}, '5')).toContain('[5]');
});
