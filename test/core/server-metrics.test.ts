import type { LatencyMetric, ServerMetrics } from '../../lib/core/server-metrics';

test('what a server cannot expose does not compile', () => {
  const port = { port: 'metrics', path: '/metrics' } as const;
  const described: ServerMetrics[] = [
    port,
    { ...port, requests: [{ name: 'done' }], queued: { name: 'waiting', where: 'model="dlrm"' } },
    // @ts-expect-error: a port to scrape is needed
    { path: '/metrics' },
    // @ts-expect-error: counters are a list, because some servers count good and bad apart
    { ...port, requests: { name: 'done' } },
    // @ts-expect-error: not in the vocabulary
    { ...port, tokens: { name: 'tokens' } },
  ];
  const latencies: LatencyMetric[] = [
    { type: 'histogram', name: 'duration', unit: 'ms' },
    // @ts-expect-error: PromQL is written for s, ms and us
    { type: 'histogram', name: 'duration', unit: 'ns' },
    // @ts-expect-error: a mean needs what to divide by
    { type: 'mean', sum: { name: 'duration' }, unit: 's' },
  ];
  expect([described.length, latencies.length]).toEqual([5, 3]);
});
