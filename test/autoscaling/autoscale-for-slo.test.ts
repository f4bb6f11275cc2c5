import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AutoscaleForSloProps, autoscaleForSlo, type ModelServerProps, Slo } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { scaledBelow } from '../../lib/core/scaled';
import { objectsOf, problemsOf, ranker } from '../serving/fixtures';
import { hpaOf, monitored } from './fixtures';

const slo = [Slo.latency({ under: '50ms', objective: '99%' })];
const MEASURED = { rps: 220, concurrency: 8 };
const KNOWN = { concurrency: 8, serviceTime: '12ms', variation: 0.5 } as const;

function scaled(props: Partial<AutoscaleForSloProps> = {}, server: Partial<ModelServerProps> = {}) {
  const shop = monitored();
  const one = ranker({ slo, ...server }, shop);
  one.autoscale(autoscaleForSlo({ replicas: [3, 40], perReplica: MEASURED, ...props }));
  return { shop, one };
}

function targetOf(props: Partial<AutoscaleForSloProps> = {}) {
  return hpaOf(objectsOf(scaled(props).shop)).metrics[0]?.external?.target.averageValue;
}

/** The steps from the objective to the target. */
function steps(props: Partial<AutoscaleForSloProps> = {}) {
  const { one } = scaled(props);
  const all = derivationsOf(one).flatMap(({ derivations }) => derivations);
  return Object.fromEntries(all.map(({ what, value, formula }) => [what, `${value} = ${formula}`]));
}

test.each<[what: string, props: Partial<AutoscaleForSloProps>, target: string]>([
  ['tolerance and growth', {}, '166666m'],
  ['traffic that does not grow', { growth: 1 }, '200'],
  ['a zone of three', { growth: 1, zones: 3 }, '133333m'],
  ['a tolerance of its own', { growth: 1, tolerance: '5%' }, '209523m'],
  ['a tolerance for the way up', { growth: 1, tolerance: { up: '10%', down: '1%' } }, '200'],
  ["Kubernetes' tolerance where only the way down has another", { growth: 1, tolerance: { down: '1%' } }, '200'],
])('what was measured gives way for %s', (_, props, target) => {
  expect(targetOf(props)).toBe(target);
});

test('the plan is told each step, and what a replica can do', () => {
  expect(steps({ zones: 3, perReplica: { ...MEASURED, readyAfter: '90s' } })).toMatchObject({
    'requests within the objective': '220 requests/s per replica = measured by load test, p99 ≤ 50 ms',
    'time until replicas for more traffic are ready':
      '180 s = 60 s metric window + 15 s scrape + 15 s sync + 90 s until ready',
    target: '111 requests/s per replica = 220 / 1.1 tolerance / 1.2 growth × 2/3 when a zone is lost',
  });
  const { one } = scaled();
  expect(scaledBelow(one)[0]?.server.perReplica).toEqual(MEASURED);
});

test('without a measured rate, the time of work gives one by theory, at the fewest replicas', () => {
  expect(steps({ perReplica: KNOWN, balancing: 'leastRequest', replicas: [6, 40] })).toMatchObject({
    'highest load within the objective': expect.stringMatching(
      /% = p99 ≤ 50 ms, where a request is 12 ms of work with a variation of 0\.5, 8 at a time, balanced by least request over 6 replicas$/,
    ),
  });
});

test('too few replicas for least request count as chosen at random', () => {
  const theory = (props: Partial<AutoscaleForSloProps>) =>
    steps({ perReplica: KNOWN, ...props })['highest load within the objective'];
  expect(theory({ balancing: 'leastRequest' })).toBe(theory({ balancing: 'random' }));
});

test('the rest is as on demand: behavior, bounds and the window', () => {
  const { minReplicas, maxReplicas, behavior } = hpaOf(objectsOf(scaled({ behavior: 'steady', window: '2m' }).shop));
  const other = hpaOf(objectsOf(scaled().shop));
  expect([minReplicas, maxReplicas]).toEqual([3, 40]);
  expect(behavior).not.toEqual(other.behavior);
  expect(steps({ window: '2m', perReplica: { ...MEASURED, readyAfter: '90s' } })).toMatchObject({
    'time until replicas for more traffic are ready': expect.stringContaining('240 s = 120 s metric window'),
  });
});

describe('a load test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recstack-k6-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (rate: number, p99: number) => {
    const path = join(folder, `${rate}.json`);
    const metrics = { http_reqs: { count: rate * 60, rate }, http_req_duration: { 'p(99)': p99 } };
    writeFileSync(path, JSON.stringify({ metrics }));
    return path;
  };

  test('tells the rate, before the theory', () => {
    const files = [file(200, 20), file(400, 45), file(600, 80)];
    const props = { growth: 1, perReplica: KNOWN, loadTest: { files, replicas: 2 } };
    expect(targetOf(props)).toBe('181818m');
    expect(steps(props)).toMatchObject({
      'load test': `200 requests/s per replica = the highest within the objective of 3 runs, in ${files[1]}`,
    });
  });

  test('that reached no limit says so', () => {
    const files = [file(100, 20)];
    expect(steps({ perReplica: {}, loadTest: { files } })['load test']).toBe(
      `100 requests/s per replica = the highest within the objective of 1 runs, in ${files[0]}; none was beyond it`,
    );
  });

  test('whose files are missing or of another kind is refused at once, with all of them', () => {
    const other = join(folder, 'other.json');
    writeFileSync(other, '{}');
    const missing = join(folder, 'missing.json');
    expect(problemsOf(() => autoscaleForSlo({ replicas: [3, 40], loadTest: { files: [missing, other] } }))).toEqual([
      `[${missing}] must be a summary of k6, but the system says 'no such file or directory' (ENOENT): run k6 with --summary-export`,
      `[${other}] must be a summary of k6 with its metrics, got {}: run k6 with --summary-export`,
    ]);
  });

  test('and a rate of its own are not both taken', () => {
    const props = { replicas: [3, 40], perReplica: MEASURED, loadTest: { files: ['400.json'] } } as const;
    expect(problemsOf(() => autoscaleForSlo(props))).toEqual([
      '[autoscaleForSlo] perReplica.rps must be left out beside a loadTest, which tells it',
    ]);
  });
});

test.each<[what: string, props: object, problem: string]>([
  [
    'a server of which nothing is known',
    { perReplica: {} },
    'perReplica must have rps, as measured, or serviceTime, or beside it a loadTest: nothing tells what a replica can do',
  ],
  [
    'a rate beyond what the work allows',
    { perReplica: { rps: 800, concurrency: 8, serviceTime: '12ms' } },
    'perReplica.rps must be at most 667, 8 at a time of 12ms each, got 800: measure both under the same load, or raise concurrency',
  ],
  [
    'traffic that shrinks',
    { growth: 0.9 },
    'growth must be a factor, 1 or more, got 0.9: traffic that does not grow is 1',
  ],
  ['no zone', { zones: 0 }, 'zones must be a whole number of zones, 1 or more, got 0'],
])('%s is refused', (_, props, problem) => {
  expect(
    problemsOf(() => autoscaleForSlo({ replicas: [3, 40], perReplica: MEASURED, ...props } as AutoscaleForSloProps)),
  ).toEqual([`[autoscaleForSlo] ${problem}`]);
});

test('a server without a latency objective is refused', () => {
  expect(problemsOf(() => scaled({}, { slo: [Slo.availability({ objective: '99.9%' })] }))).toEqual([
    "[shop/ranker] slo must have a latency objective for autoscaleForSlo, but has none: add Slo.latency({ under: '50ms', objective: '99%' }), or take autoscaleOnDemand",
  ]);
});

test('an objective that the work alone breaks is refused, with the time that it takes', () => {
  const perReplica = { concurrency: 8, serviceTime: '36ms', variation: 0.5 } as const;
  expect(problemsOf(() => scaled({ perReplica }))).toEqual([
    '[shop/ranker] slo must leave time to wait: p99 must be under 50 ms, and takes 90.4 ms without any load: a longer objective, a faster model, or work that varies less',
  ]);
});
