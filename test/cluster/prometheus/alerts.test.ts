import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { locate } from '../../../tools/build';
import { type EnvironmentName, environments, shopOf } from '../harness/shop';
import { monitoringFiles } from './files';
import { TENSORFLOW_SERVING, TRITON_CPU, TRITON_GPU, VLLM } from './programs';
import { failuresIn, inputSeries, type RuleTest, ruleTestFile, type Server, type Situation } from './rule-tests';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';

const folder = new TemporaryFolder();
let promtool: string;
beforeAll(async () => {
  promtool = await locate('promtool');
});
afterAll(() => folder.remove());

/** What an environment's servers run, by hand: an alert about a server that is not here would be one too many. */
const retrieval = { name: 'retrieval', program: TENSORFLOW_SERVING };
const onCpu = [retrieval, { name: 'ranker', program: TRITON_CPU }];
const onGpu = [retrieval, { name: 'ranker', program: TRITON_GPU }, { name: 'reranker', program: VLLM }];
const SERVERS: Readonly<Record<EnvironmentName, readonly Server[]>> = {
  dev: onCpu,
  edge: onCpu,
  staging: onGpu,
  production: onGpu,
};

/** The alerts that fire about every server, beside the watchdog, in a situation. */
const CASES: readonly (readonly [string, Situation, string, readonly string[]])[] = [
  ['nothing fires while all is well', {}, '20m', []],
  ['errors fire', { faults: ['errors'] }, '20m', ['ModelServerErrors']],
  ['errors fire only when they go on', { faults: ['errors'] }, '1m', []],
  ['slowness fires', { faults: ['slow'] }, '20m', ['ModelServerSlow']],
  ['slowness fires only when it goes on', { faults: ['slow'] }, '9m', []],
  ['memory near its limit fires', { faults: ['memory'] }, '20m', ['ModelServerMemoryNearLimit']],
  ['memory near its limit fires only when it stays there', { faults: ['memory'] }, '9m', []],
  ['a server that is gone fires', { up: false }, '20m', ['ModelServerDown']],
  ['a server that is gone fires only when it stays away', { up: false }, '4m', []],
  ['errors and slowness are no alert at low traffic', { faults: ['errors', 'slow'], traffic: 0.001 }, '20m', []],
  ['no traffic is no alert', { traffic: 0 }, '20m', []],
  ['servers that only answer the scrape are no alert', { value: onlyUp }, '20m', []],
  ['values that are no number are no alert', { value: notANumber }, '20m', []],
  ['a container without a limit is no alert', { value: withoutLimit }, '20m', []],
  ['a server that nobody has found fires', { value: () => undefined }, '20m', ['ModelServerDown']],
];

function onlyUp(name: string, value: number): number | undefined {
  return name === 'up' ? value : undefined;
}

function notANumber(name: string, value: number): number {
  return name === 'up' ? value : Number.NaN;
}

function withoutLimit(name: string, value: number): number {
  return name === 'container_spec_memory_limit_bytes' ? 0 : value;
}

describe.each(environments)('%s', (environment) => {
  let failures = new Map<string, string>();

  // One run for all cases: the time goes into starting promtool.
  beforeAll(async () => {
    const rules = folder.write(`${environment}-rules.yaml`, stringify(monitoringFiles(shopOf(environment)).rules));
    const cases = CASES.map((row) => ruleTest(SERVERS[environment], row));
    const tests = folder.write(`${environment}-tests.json`, ruleTestFile(rules, cases));
    const report = folder.join(`${environment}-report.xml`);
    const { output } = await run(promtool, ['test', 'rules', `--junit=${report}`, tests]);
    failures = failuresIn(readFileSync(report, 'utf8'));
    if (failures.size === 0) throw new Error(output);
  });

  test.each(CASES)('%s', (name) => {
    expect(failures.get(name)).toBe('');
  });
});

function ruleTest(servers: readonly Server[], [name, situation, after, alerts]: (typeof CASES)[number]): RuleTest {
  const firing = servers.flatMap((server) => alerts.map((alert) => ({ alert, server: server.name })));
  return { name, after, firing: [{ alert: 'Watchdog' }, ...firing], input: inputSeries('shop', servers, situation) };
}
