import { METRIC_NAMES, type ServerMetrics } from '../../lib/core/server-metrics';
import { problemWithQuery, serverQuery } from '../../lib/core/server-query';
import { MEAN, METRICS } from '../monitoring/fixtures';

const ranker = { namespace: 'shop', job: 'ranker' };
const OWN = '{namespace="shop",job="ranker"}';
const RATE = (name: string, window = '5m') => `sum(rate(${name}${OWN}[${window}]))`;

test.each([
  ['requests', `(${RATE('good')} or vector(0)) + (${RATE('bad')} or vector(0))`],
  ['errors', `${RATE('bad')} or vector(0)`],
  ['latency', `${RATE('latency_sum')} / ${RATE('latency_count')} / 1000`],
  ['queued', `sum(queued${OWN})`],
  ['queueTime', `${RATE('waited')} / ${RATE('good')}`],
  ['running', `sum(running${OWN})`],
  ['batchSize', `${RATE('inferences')} / ${RATE('batches')}`],
  ['gpuUtilization', `avg(gpu_utilization${OWN})`],
  ['gpuMemoryUsed', `sum(gpu_memory_used_bytes${OWN})`],
  ['gpuMemoryTotal', `sum(gpu_memory_bytes${OWN})`],
] as const)('%s is asked for over all replicas', (metric, query) => {
  expect(serverQuery(METRICS, metric, ranker)?.replace(/^\((.*)\)$/, '$1')).toBe(query);
});

test('delta() on a counter breaks at a restart: rate() is what counters are taken by, over the window that is asked', () => {
  for (const metric of METRIC_NAMES) {
    const query = serverQuery(METRICS, metric, ranker, { window: '10m' }) ?? '';
    expect(query).not.toMatch(/\b(delta|idelta)\(/);
    expect(query.match(/rate\(/g)?.length ?? 0).toBe(query.match(/\[10m\]/g)?.length ?? 0);
  }
});

test('of times a quantile may be asked for', () => {
  expect(serverQuery(METRICS, 'latency', ranker, { quantile: 0.99 })).toBe(
    `histogram_quantile(0.99, sum by (le) (rate(latency_bucket${OWN}[5m]))) / 1000`,
  );
});

const bare: ServerMetrics = { port: 'metrics', path: '/metrics', lacks: { queued: 'it has no queue' } };

test.each([
  ['what is no metric', METRICS, 'qued', {}, `one of ${METRIC_NAMES.join(', ')}, got 'qued': did you mean 'queued'?`],
  ['a server without metrics', undefined, 'queued', {}, "what x exposes, got 'queued': it was not told of any metrics"],
  ['a metric that is missing for a reason', bare, 'queued', {}, "what x exposes, got 'queued': it has no queue"],
  ['a metric that is just missing', bare, 'running', {}, "what x exposes, got 'running': it was not told of one"],
] as const)('%s is refused', (_what, metrics, metric, options, text) => {
  expect(problemWithQuery('x', metrics, metric as never, options)).toBe(`query must be for ${text}`);
});

test.each([
  [METRICS, 'queued', 0.9, "query must be without a quantile for 'queued', got 0.9: only times have them"],
  [METRICS, 'latency', 99, 'query must have a quantile between 0 and 1, got 99'],
  [
    { ...METRICS, latency: MEAN },
    'latency',
    0.9,
    "query must be without a quantile for 'latency' of x, got 0.9: it tells the mean only",
  ],
] as const)('a quantile of what has none is refused', (metrics, metric, quantile, text) => {
  expect(problemWithQuery('x', metrics, metric, { quantile })).toBe(text);
});

test('what a server has is not refused', () => {
  for (const metric of METRIC_NAMES) expect(problemWithQuery('x', METRICS, metric, {})).toBeUndefined();
  expect(problemWithQuery('x', METRICS, 'latency', { quantile: 0.5 })).toBeUndefined();
});
