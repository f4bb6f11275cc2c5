import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { trafficPlanSchema } from '../../../lib/cli/plan/traffic-json';
import { recstack, recstackOn } from '../recstack';
import { csv, inTrafficFolder, RANKER, SALE } from './traffic-folder';

const own = inTrafficFolder();

const PLAN = ['plan', '--stack', 'main', '--trace', 'sale.csv'] as const;
const plan = (...args: string[]) => recstack(...PLAN, '--no-propose', '--no-report', ...args);
const files = () => readdirSync(own.folder).sort();
const UNTOUCHED = ['environments', 'main.ts', 'sale.csv'];

/** A row of the table by its policy, as cells. */
const row = (out: string, policy: string) =>
  out
    .split('\n')
    .find((line) => line.startsWith(`  ${policy} `))
    ?.trim()
    .split(/ {2,}/);

test('a trace is replayed against what synth emits, beside what else could be had', () => {
  const { code, out, err } = plan();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n').slice(0, 3)).toEqual([
    'shop/ranker: 10 requests/s for each replica, ready 2m after the decision',
    '  sale.csv: 144,000 requests in 30 minutes',
    '  policy                replica-hours  × oracle  over capacity  peak replicas',
  ]);
  expect(
    out
      .split('\n')
      .slice(3)
      .map((line) => line.trim().split(/ {2,}/)[0]),
  ).toEqual(['as emitted', 'HPA, CPU 80%', 'HPA, CPU 50%', 'HPA, requests 70%', 'static, for the peak', 'oracle', '']);
  // 20 replicas for 30 minutes; and 20 of them for ten, from two minutes before, with 2 for the rest.
  expect(row(out, 'static, for the peak')).toEqual(['static, for the peak', '10', '2.17', '0%', '20']);
  expect(row(out, 'oracle')).toEqual(['oracle', '4.6', '1.00', '0%', '20']);
  // 200 requests a second, of which each replica is to get 8, ask for 25.
  expect(row(out, 'as emitted')?.[4]).toBe('25');
});

test('nothing is written but what is asked for, and the page by default', () => {
  plan();
  expect(files()).toEqual(UNTOUCHED);
  expect(recstack(...PLAN, '--no-propose').out).toMatch(/\nwritten dist\/production-plan\.html\n$/);
  expect(readdirSync(join(own.folder, 'dist'))).toEqual(['production-plan.html']);
  plan('--report', 'out/plan.html', '--json', 'out/plan.json');
  expect(readdirSync(join(own.folder, 'out')).sort()).toEqual(['plan.html', 'plan.json']);
});

test('GPU-hours and costs are told where there are GPUs and a price', () => {
  own.servers('ranker: { rps: 10, target: 8, replicas: [2, 50], gpus: 2, budget: { replicaHourPrice: 0.5 } }');
  const { out } = plan();
  expect(out).toContain('  replica-hours  × oracle  GPU-hours   cost  over capacity  peak replicas\n');
  expect(row(out, 'static, for the peak')).toEqual(['static, for the peak', '10', '2.17', '20', '5', '0%', '20']);
});

test('on a narrow screen each policy gets lines of its own', () => {
  const { out } = recstackOn({ columns: 60 }, ...PLAN, '--no-propose', '--no-report');
  expect(out).toContain(
    '  oracle\n    replica-hours 4.6\n    × oracle 1.00\n    over capacity 0%\n    peak replicas 20\n',
  );
  expect(out.split('\n').every((line) => line.length <= 75)).toBe(true);
});

test('the requests can be multiplied, and the tables say so', () => {
  const { out } = plan('--scale', '3');
  expect(out).toContain('\n  sale.csv × 3: 432,000 requests in 30 minutes\n');
  expect(row(out, 'oracle')?.[4]).toBe('60');
});

test('a server is chosen by its name or path, and each trace has a table', () => {
  own.servers(RANKER, 'retrieval: { rps: 50, target: 40, replicas: [1, 50] }');
  writeFileSync(join(own.folder, 'quiet.csv.gz'), gzipSync(csv([5, 5, 5])));
  const { out } = plan('--server', 'shop/retrieval', '--trace', 'quiet.csv.gz');
  expect(out.match(/^\S.*$/gm)).toEqual([
    'shop/retrieval: 50 requests/s for each replica, ready 2m after the decision',
  ]);
  expect(out.match(/^ {2}\S+: .*$/gm)).toEqual([
    '  sale.csv: 144,000 requests in 30 minutes',
    '  quiet.csv.gz: 900 requests in 3 minutes',
  ]);
});

test('what is proposed is shown to be pasted, with its own row, and reproduces its numbers as manifests', () => {
  const { out } = recstack(...PLAN, '--no-report', '--json', 'plan.json');
  expect(out).toMatch(/\n {2}as proposed +[\d.]+ /);
  expect(out).toMatch(
    /\n {2}as proposed, for production\.yaml:\n {4}autoscaling:\n {6}replicas: \[ \d+, 50 \]\n {6}requests: /,
  );
  expect(out).toContain('\n      perReplica: { rps: 10, readyAfter: 2m }\n');
  const { servers } = trafficPlanSchema.parse(JSON.parse(readFileSync('plan.json', 'utf8')));
  const [{ proposal, manifests } = { proposal: null, manifests: [] }] = servers;
  const spec = Object(proposal?.manifests[0]?.spec);
  const { requests, replicas } = Object(proposal?.autoscaling);
  expect([spec.minReplicas, spec.maxReplicas]).toEqual(replicas);
  expect(spec.metrics).toEqual([
    {
      type: 'External',
      external: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: String(requests) } },
    },
  ]);
  expect(spec.scaleTargetRef).toEqual(Object(manifests[0]?.spec).scaleTargetRef);
});

test('as data it has a row for each policy and trace, and the manifests as synth emits them', () => {
  const { code, out, err } = plan('--json', '-');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const data = trafficPlanSchema.parse(JSON.parse(out));
  expect(data).toMatchObject({ environment: 'production', scale: 1 });
  expect(data.traces).toEqual([
    { name: 'sale.csv', step: 60, steps: 30, startsAt: null, requests: 144_000, repairs: [] },
  ]);
  const [server] = data.servers;
  expect(server?.service).toEqual({ capacity: 10, readySeconds: 120, metricWindow: 30, gpus: 0 });
  expect(server?.manifests.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ['HorizontalPodAutoscaler', 'ranker'],
  ]);
  expect(server?.proposal).toBeNull();
  expect(server?.results.find(({ policy }) => policy === 'static-peak')).toEqual({
    trace: 'sale.csv',
    policy: 'static-peak',
    replicaHours: 10,
    toOracle: 10 / 4.6,
    gpuHours: 0,
    cost: null,
    requests: 144_000,
    overCapacity: 0,
    overCapacityShare: 0,
    overSlo: null,
    overSloShare: null,
    peakReplicas: 20,
  });
});

test('a broken budget ends with 2, says what to do, and the report is written all the same', () => {
  own.servers('ranker: { rps: 10, target: 8, replicas: [2, 50], budget: { overCapacity: 0.02% } }');
  const { code, err } = recstack(...PLAN, '--no-propose', '--report', 'plan.html');
  expect(code).toBe(2);
  expect(err).toMatch(
    /^\[shop\/ranker\] budget\.overCapacity must be kept, got [\d.]+% of requests over capacity on sale\.csv, with 0\.02% allowed: plan without --no-propose for a policy that keeps it, or allow more\n1 budget is broken\n$/,
  );
  expect(files()).toContain('plan.html');
});

test('a budget that is kept ends with 0', () => {
  own.servers('ranker: { rps: 10, target: 8, replicas: [20, 50], budget: { overCapacity: 0.02% } }');
  expect(plan()).toMatchObject({ code: 0, err: '' });
});

test('whoever watches sees how far it is, in a line that is gone at the end', () => {
  const lines: string[] = [];
  recstackOn({ progress: (text) => lines.push(text) }, ...PLAN, '--no-report');
  expect(lines[0]).toMatch(/^shop\/ranker: looking for a better policy, \d+ %$/);
  expect(lines.slice(-2)).toEqual(['shop/ranker: replaying sale.csv', '']);
});

test.each<[what: string, args: string[], error: string]>([
  [
    'a file that is not there',
    ['--trace', 'gone.csv'],
    "[gone.csv] must be a trace that can be read, but the system says 'no such file or directory' (ENOENT): mend that or name another",
  ],
  [
    'a folder',
    ['--trace', 'environments'],
    "[environments] must be a trace that can be read, but the system says 'illegal operation on a directory' (EISDIR): mend that or name another",
  ],
  [
    'an empty file, by its path',
    ['--trace', 'traces/empty.csv'],
    '[traces/empty.csv] must have a column of times and one of requests, but is empty',
  ],
  [
    'a trace without requests',
    ['--trace', 'traces/still.csv'],
    '[traces/still.csv] must have requests, got 0 in 3 rows',
  ],
  [
    'a server that is not there',
    ['--server', 'rankr'],
    "[--server] must be a server with an autoscaler, got 'rankr': did you mean 'ranker'? (there are ranker)",
  ],
])('%s is refused, and nothing is written', (_what, args, error) => {
  mkdirSync('traces');
  writeFileSync('traces/empty.csv', '');
  writeFileSync('traces/still.csv', csv([0, 0, 0]));
  const result = recstack(...PLAN, '--no-propose', '--json', 'plan.json', ...args);
  expect(result).toEqual({ code: 1, out: '', err: `${error}\n1 problem; nothing was written\n` });
  expect(files()).toEqual([...UNTOUCHED, 'traces']);
});

test('binary data is refused', () => {
  writeFileSync('sale.csv', Buffer.from([0, 1, 2, 255, 254, 0, 0, 7]));
  expect(plan()).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^\[sale\.csv\] must be .*binary data/),
  });
});

test('all that is wrong is told at once', () => {
  const { err } = plan('--server', 'nobody', '--trace', 'gone.csv');
  expect(err).toMatch(/^\[--server\] .*\n\[gone\.csv\] .*\n2 problems; nothing was written\n$/);
});

test('a server of which nobody measured what it can do is refused, with the prop to add', () => {
  own.servers('ranker: { target: 8, replicas: [2, 50] }');
  expect(plan().err).toBe(
    '[shop/ranker] perReplica.rps must be known for a replay, but is missing: add to its autoscaling how many requests a second one replica answers within its objective, like perReplica: { rps: 100 }, or choose others by --server\n1 problem; nothing was written\n',
  );
});

test('an environment without an autoscaler is refused', () => {
  writeFileSync('environments/production.yaml', 'servers: {}\n');
  expect(plan().err).toBe(
    '[--env] must have a server with an autoscaler, but has none: give one by server.autoscale(…)\n1 problem; nothing was written\n',
  );
});

test.each([
  ['--scale', '0', 'It must be a number above 0, like 3.'],
  ['--scale', 'x', 'It must be a number above 0, like 3.'],
  ['--starts-at', '2026-11-09', 'It must be a time with its offset, like 2026-11-09T00:00:00Z.'],
])('%s %s is refused', (option, value, error) => {
  const { code, err } = plan(option, value);
  expect(code).toBe(1);
  expect(err).toContain(error);
});

test('what has to be mended in a trace is told', () => {
  writeFileSync(
    'sale.csv',
    SALE.split('\n')
      .filter((line) => !line.startsWith('300,'))
      .join('\n'),
  );
  expect(plan().err).toMatch(/^repaired \[sale\.csv\] 1 minute without a row/);
});

test('the name of a file can steer no screen', () => {
  writeFileSync('\u001b[31msale.csv', SALE);
  expect(
    recstack('plan', '--stack', 'main', '--trace', '\u001b[31msale.csv', '--no-propose', '--no-report').out,
  ).toContain('\n  \ufffd[31msale.csv: 144,000 requests in 30 minutes\n');
});

test.each([
  [['--server', 'ranker'], '--server'],
  [['--json', 'plan.json'], '--json'],
  [['--no-propose'], '--no-propose'],
])('without a trace, %j is refused: a trace that was forgotten would pass every budget', (args, flag) => {
  expect(recstack('plan', '--stack', 'main', ...args)).toEqual({
    code: 1,
    out: '',
    err: `[${flag}] must come with --trace, but there is none: name the requests to replay, or leave it out\n1 problem; nothing was written\n`,
  });
});

test('a limit on requests over the SLO is refused where nothing tells them', () => {
  own.servers('ranker: { rps: 10, target: 8, replicas: [2, 50], budget: { overSlo: 1% } }');
  const { code, err } = plan();
  expect(code).toBe(1);
  expect(err).toMatch(
    /^\[shop\/ranker\] budget\.overSlo must come with .*, which the server has not: add it, or limit overCapacity\n/,
  );
});

test('where one of two files can not be written, neither is', () => {
  mkdirSync(join(own.folder, 'page'));
  const before = files();
  const { code, out } = recstack(...PLAN, '--no-propose', '--json', 'plan.json', '--report', 'page');
  expect({ code, out, files: files() }).toEqual({ code: 1, out: '', files: before });
});

test('a day that is not in the calendar is no start of a trace', () => {
  expect(plan('--starts-at', '2026-02-31T00:00:00Z').code).toBe(1);
  expect(plan('--starts-at', '2026-02-28T23:30:00-05:00').code).toBe(0);
});
