import { measuredRate, readK6Summary } from '../../../lib/capacity';
import { problemsOf } from '../../serving/fixtures';

/** As `--summary-export` writes it: values beside each other, the rate of a rate as `value`. */
const exported = {
  root_group: { name: '', path: '', id: 'd41d8cd98f00b204e9800998ecf8427e', groups: {}, checks: {} },
  metrics: {
    http_reqs: { count: 24000, rate: 400 },
    http_req_duration: {
      avg: 21.5,
      min: 8,
      med: 19,
      max: 93,
      'p(90)': 33,
      'p(95)': 38,
      'p(99)': 47.5,
      thresholds: { 'p(99)<50': false },
    },
    'http_req_duration{expected_response:true}': { avg: 21, med: 19, 'p(99)': 46 },
    http_req_failed: { passes: 12, fails: 23988, value: 0.0005 },
    iterations: { count: 24000, rate: 400 },
  },
};

/** The same as `handleSummary` is given it. */
const handled = {
  options: { summaryTrendStats: ['med', 'p(99)'], summaryTimeUnit: 's', noColor: false },
  state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: 60000 },
  metrics: {
    http_reqs: { type: 'counter', contains: 'default', values: { count: 24000, rate: 400 } },
    http_req_duration: {
      type: 'trend',
      contains: 'time',
      values: { med: 19, 'p(99)': 47.5 },
      thresholds: { 'p(99)<50': { ok: true } },
    },
    http_req_failed: { type: 'rate', contains: 'default', values: { rate: 0.0005, passes: 12, fails: 23988 } },
  },
};

test.each([
  ['--summary-export', exported],
  ['handleSummary', handled],
])('the summary of %s tells rate, failures and latencies, in seconds', (_, summary) => {
  const { latencies, ...run } = readK6Summary(JSON.stringify(summary), '400.json');
  expect(run).toEqual({ name: '400.json', protocol: 'http', rate: 400, failed: 0.0005 });
  expect(latencies.get('p(99)')).toBe(0.0475);
  expect(latencies.get('med')).toBe(0.019);
});

test('gRPC calls, of which k6 has no count, are as many as iterations', () => {
  const metrics = { grpc_req_duration: { med: 5, 'p(99)': 12 }, iterations: { count: 600, rate: 120 } };
  const { latencies, ...run } = readK6Summary(JSON.stringify({ metrics }), 'grpc.json');
  expect(run).toEqual({ name: 'grpc.json', protocol: 'grpc', rate: 120, failed: 0 });
  expect(latencies.get('p(99)')).toBe(0.012);
});

test.each<[what: string, content: string, problem: string]>([
  ['nothing', '', 'must be a summary of k6, got no JSON'],
  ['a table', 'time,rps\n0,12\n', 'must be a summary of k6, got no JSON'],
  ['a list', '[1, 2]', 'must be a summary of k6, got [1,2]'],
  [
    'the samples of --out json',
    '{"type":"Metric","data":{}}\n{"type":"Point","data":{}}\n',
    'must be a summary of k6, got one sample a line: that is of --out json, take --summary-export',
  ],
  [
    'JSON of another kind',
    '{"latency":3}',
    'must be a summary of k6 with its metrics, got {"latency":3}: run k6 with --summary-export',
  ],
  [
    'the newer summary',
    JSON.stringify({ version: '1.0.0', metadata: {}, config: { duration: 60 }, results: { metrics: [] } }),
    'must be the summary without --new-machine-readable-summary, which leaves out p(99): run k6 without it',
  ],
  [
    'a test of something else',
    JSON.stringify({ metrics: { ws_sessions: { count: 1, rate: 1 } } }),
    'must have http_req_duration or grpc_req_duration, but has neither: test the server by k6/http or k6/net/grpc',
  ],
  [
    'a run without requests',
    JSON.stringify({ metrics: { http_req_duration: { 'p(99)': 0 }, http_reqs: { count: 0, rate: 0 } } }),
    'must have a rate of http_reqs above 0, but has none',
  ],
])('%s is refused', (_, content, problem) => {
  expect(problemsOf(() => readK6Summary(content, 'run.json'))).toEqual([`[run.json] ${problem}`]);
});

/** A run at a rate with its p99 in milliseconds. */
const run = (rate: number, p99: number, failed = 0) => ({
  name: `${rate}.json`,
  protocol: 'http' as const,
  rate,
  failed,
  latencies: new Map([
    ['med', 0.01],
    ['p(99)', p99 / 1000],
  ]),
});
const slo = { quantile: 0.99, under: 0.05 };

test('the highest rate below the first run beyond the objective counts, by its replicas', () => {
  const runs = [run(800, 90), run(200, 20), run(600, 49), run(400, 30)];
  expect(measuredRate(runs, 2, slo)).toEqual({ requests: 300, run: '600.json', open: false });
});

test('a run within the objective above one that was not is not trusted', () => {
  expect(measuredRate([run(200, 20), run(400, 60), run(600, 40)], 1, slo).requests).toBe(200);
});

test('failed requests count as late', () => {
  expect(measuredRate([run(200, 20, 0.01), run(400, 20, 0.02)], 1, slo).requests).toBe(200);
});

test('where no run was beyond the objective, it is said that more may be possible', () => {
  expect(measuredRate([run(200, 20), run(400, 30)], 1, slo)).toEqual({ requests: 400, run: '400.json', open: true });
});

test('an objective for the median is read from what k6 calls it', () => {
  expect(measuredRate([run(200, 80)], 1, { quantile: 0.5, under: 0.02 }).requests).toBe(200);
});

test('runs without the percentile of the objective are all named, with the option that adds it', () => {
  expect(problemsOf(() => measuredRate([run(200, 20), run(400, 20)], 1, { quantile: 0.995, under: 0.05 }))).toEqual(
    ['200', '400'].map(
      (name) =>
        `[${name}.json] must have p(99.5) of the latency, but has med, p(99): run k6 with --summary-trend-stats 'med,p(99.5)'`,
    ),
  );
});

test('no run within the objective is refused', () => {
  expect(problemsOf(() => measuredRate([run(400, 90), run(200, 60, 0.002)], 2, slo))).toEqual([
    '[200.json] must keep the objective at the lowest load, p(99) ≤ 50 ms, but at 100 requests/s per replica it took 60 ms, and 0.2 % failed: test at less load, or state an objective that the server can keep',
  ]);
});

test('no run at all is refused', () => {
  expect(problemsOf(() => measuredRate([], 1, slo))).toEqual(['[loadTest] must have one run or more, but has none']);
});
