import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { App } from 'cdk8s';
import { parse, stringify } from 'yaml';
import { Monitoring, Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import { TRAINING_METRICS } from '../../../lib/core/training-metrics';
import { type Manifest, synthesize } from '../../../lib/testing';
import { PROGRESS_SCRIPT } from '../../../lib/training/progress';
import { locate } from '../../../tools/build';
import { onPython } from '../../python';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import type { Panel } from './files';
import { failuresIn, type InputSeries, type RuleTest, ruleTestFile } from './rule-tests';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';
import { course, jobSeries, type PodCourse, podSeries } from './training-series';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

/** Training called once, which stalls after 20 minutes, and one of every night. */
const manifests = (() => {
  const app = new App();
  const addons = ['dcgm-exporter', 'jobset'] as const;
  const shop = new Platform(app, 'shop', { cluster: { kubernetes: '1.37', addons: [...addons] }, production: false });
  const props: TrainingJobProps = {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    engine: 'job',
    nodes: 2,
    gpusPerNode: 8,
    resources: { cpu: '16', memory: '64Gi' },
    checkpoints: { claim: 'checkpoints', every: '10m' },
    deadline: '12h',
  };
  new TrainingJob(shop, 'once', props);
  new TrainingJob(shop, 'nightly', { ...props, schedule: '0 2 * * *' });
  const { deadline: _, ...whole } = props;
  new TrainingJob(shop, 'gang', { ...whole, engine: 'jobset' });
  new Monitoring(shop, 'monitoring');
  return synthesize(app);
})();

const dataOf = (configMap: string, file: string): string =>
  (manifests.get('ConfigMap', configMap) as Manifest & { data: Record<string, string> }).data[file] ?? '';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const never = Number.POSITIVE_INFINITY;
const [FIRST, SECOND] = ['once-0-abcde', 'once-1-fghij'];

/** A run of two nodes that is well: of the second, nobody writes a file. */
function whole(first: Partial<PodCourse> = {}, job: Partial<Parameters<typeof jobSeries>[0]> = {}): InputSeries[] {
  const quiet = podSeries({
    pod: SECOND,
    ...(first.ends && { ends: first.ends }),
    ...(first.busy && { busy: first.busy }),
  });
  return [
    ...jobSeries({ name: 'once', ...job }),
    ...podSeries({ pod: FIRST, ...first }),
    ...quiet.filter(({ series }) => !series.startsWith('training_')),
  ];
}

/** A run of which the first node is replaced, and goes on from step 1000, at which the last checkpoint was. */
function replaced(step: PodCourse['step']): InputSeries[] {
  const since = 2 * HOUR;
  const later = { pod: 'once-0-zzzzz', made: since, starts: since + 5 * MINUTE, step };
  const saved = { checkpoint: (at: number) => (at < since + 20 * MINUTE ? since - HOUR : at) };
  return [...whole({ ends: since }), ...podSeries({ ...later, ...saved })];
}

const metric = course(`training_metric{job="once",namespace="shop",pod="${FIRST}",name="ndcg"}`, () => 0.4);
const stopsAt = (end: number) => (at: number) => (Math.min(at, end) - 700) / 2;
const without = (series: readonly InputSeries[], ...names: readonly string[]) =>
  series.filter((one) => !names.some((name) => one.series.startsWith(name)));

/** What fires of the training called once, so many seconds after midnight. */
const CASES: readonly (readonly [string, readonly InputSeries[], number, readonly string[]])[] = [
  ['nothing fires where nothing has ever run', [], HOUR, []],
  ['nothing fires while all is well', whole(), 2 * HOUR, []],
  ['nothing fires of a run that is scraped by nobody yet', jobSeries({ name: 'once', starts: never }), 2 * HOUR, []],

  ['a start is told', whole(), 660, ['TrainingStarted']],
  ['a start is told for ten minutes', whole(), 1140, ['TrainingStarted']],
  ['a start is told once', whole(), 1260, []],
  [
    'a run that waits in its queue has not started',
    jobSeries({ name: 'once', made: 600, starts: HOUR }),
    HOUR - 60,
    [],
  ],
  ['a success is told', whole({ ends: HOUR }, { ends: HOUR, outcome: 'succeeded' }), HOUR + 60, ['TrainingSucceeded']],
  ['a success is told once', whole({ ends: HOUR }, { ends: HOUR, outcome: 'succeeded' }), HOUR + 660, []],
  ['a run that has ended stays quiet', whole({ ends: HOUR }, { ends: HOUR, outcome: 'succeeded' }), 4 * HOUR, []],
  ['a failure fires', whole({ ends: HOUR }, { ends: HOUR, outcome: 'failed' }), HOUR + 240, ['TrainingFailed']],
  [
    'a failure fires until it is looked at',
    whole({ ends: HOUR }, { ends: HOUR, outcome: 'failed' }),
    4 * HOUR,
    ['TrainingFailed'],
  ],
  [
    'a failure that is deleted is quiet',
    whole({ ends: HOUR }, { ends: HOUR, outcome: 'failed', deleted: 2 * HOUR }),
    3 * HOUR,
    [],
  ],
  [
    'failures of nodes are no failure',
    [...whole(), course('kube_job_status_failed{namespace="shop",job_name="once",reason=""}', () => 2)],
    2 * HOUR,
    [],
  ],
  [
    'another training of a longer name is another',
    jobSeries({ name: 'once-v2', ends: HOUR, outcome: 'failed' }),
    2 * HOUR,
    [],
  ],

  ['a stall fires', whole({ step: stopsAt(HOUR) }), HOUR + 23 * MINUTE, ['TrainingStalled']],
  ['a stall fires only after two checkpoints', whole({ step: stopsAt(HOUR) }), HOUR + 19 * MINUTE, []],
  ['a stall from the first step on fires', whole({ step: () => 0 }), 40 * MINUTE, ['TrainingStalled']],
  ['a first step that is slow is no stall', whole({ step: () => 0 }), 30 * MINUTE, []],
  [
    'a stall ends with the run',
    whole({ step: stopsAt(HOUR), ends: 2 * HOUR }, { ends: 2 * HOUR, outcome: 'succeeded' }),
    2 * HOUR + 15 * MINUTE,
    [],
  ],
  [
    'a run that goes on from a checkpoint in another pod is well',
    replaced((at) => 1000 + (at - 2 * HOUR) / 2),
    2 * HOUR + 10 * MINUTE,
    [],
  ],
  ['it is well an hour later', replaced((at) => 1000 + (at - 2 * HOUR) / 2), 3 * HOUR, []],
  ['one that does not go on in another pod fires', replaced(() => 1000), 3 * HOUR, ['TrainingStalled']],
  ['one that does not go on has its time first', replaced(() => 1000), 2 * HOUR + 24 * MINUTE, []],
  ['steps that begin anew within a pod are progress', whole({ step: (at) => ((at - 700) / 2) % 500 }), 3 * HOUR, []],

  ['a run without a first step fires', whole({ step: () => undefined }), 40 * MINUTE, ['TrainingSilent']],
  ['a run without a first step has its time', whole({ step: () => undefined }), 30 * MINUTE, []],
  [
    'a run that told nothing is quiet once it has ended',
    whole({ step: () => undefined, ends: HOUR }, { ends: HOUR, outcome: 'succeeded' }),
    80 * MINUTE,
    [],
  ],

  [
    'a loss that is no number fires',
    whole({ loss: (at) => (at < HOUR ? 1 : Number.NaN) }),
    HOUR + 4 * MINUTE,
    ['TrainingLossNotFinite'],
  ],
  [
    'a loss without end fires',
    whole({ loss: (at) => (at < HOUR ? 1 : never) }),
    HOUR + 4 * MINUTE,
    ['TrainingLossNotFinite'],
  ],
  [
    'a loss without end on the other side fires',
    whole({ loss: (at) => (at < HOUR ? 1 : -never) }),
    HOUR + 4 * MINUTE,
    ['TrainingLossNotFinite'],
  ],
  ['a loss that overflows now and then is none', whole({ loss: (at) => (at % 180 === 0 ? never : 1) }), 2 * HOUR, []],
  ['a run that tells no loss is well', without(whole(), 'training_loss'), 2 * HOUR, []],

  ['a checkpoint that is late fires', whole({ checkpoint: () => HOUR }), HOUR + 33 * MINUTE, ['TrainingCheckpointOld']],
  ['a checkpoint that is late fires when the third is due', whole({ checkpoint: () => HOUR }), HOUR + 29 * MINUTE, []],
  ['a run that tells of no checkpoint is well', without(whole(), 'training_checkpoint'), 3 * HOUR, []],
  [
    'a late checkpoint is no matter once the run has ended',
    whole({ checkpoint: () => HOUR, ends: 2 * HOUR }, { ends: 2 * HOUR, outcome: 'succeeded' }),
    3 * HOUR,
    [],
  ],

  [
    'a GPU that does nothing fires, once for each node',
    whole({ busy: (at) => (at < HOUR ? 0.9 : 0) }),
    HOUR + 22 * MINUTE,
    ['TrainingGpuIdle', 'TrainingGpuIdle'],
  ],
  ['a GPU that does nothing has its time', whole({ busy: (at) => (at < HOUR ? 0.9 : 0) }), HOUR + 19 * MINUTE, []],
  [
    'one GPU of a node that is busy is enough',
    [
      ...whole({ busy: () => 0 }),
      course(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{namespace="shop",pod="${FIRST}",gpu="0"}`, () => 0.8),
      course(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{namespace="shop",pod="${SECOND}",gpu="0"}`, () => 0.8),
    ],
    2 * HOUR,
    [],
  ],
  [
    'nobody knows by GPU_UTIL whether a part of a GPU is busy',
    [
      ...without(whole(), 'DCGM'),
      course(`DCGM_FI_DEV_GPU_UTIL{namespace="shop",pod="${FIRST}",GPU_I_ID="1"}`, () => 0),
    ],
    2 * HOUR,
    [],
  ],
  ['without dcgm-exporter there is nothing to tell', without(whole(), 'DCGM'), 2 * HOUR, []],

  [
    'pods that wait for nodes fire',
    [...jobSeries({ name: 'once' }), ...podSeries({ pod: FIRST, starts: never })],
    45 * MINUTE,
    ['TrainingPending'],
  ],
  [
    'pods that wait for nodes have their time',
    [...jobSeries({ name: 'once' }), ...podSeries({ pod: FIRST, starts: never })],
    35 * MINUTE,
    [],
  ],
  [
    'without kube-state-metrics what the run tells is enough',
    without(whole({ step: stopsAt(HOUR) }), 'kube_'),
    HOUR + 23 * MINUTE,
    ['TrainingStalled'],
  ],
  [
    'without its own word what kube-state-metrics tells is enough',
    without(whole({ ends: HOUR }, { ends: HOUR, outcome: 'failed' }), 'training_', 'up'),
    2 * HOUR,
    ['TrainingFailed'],
  ],
];

/** Of a JobSet, whose Job is made anew for another attempt. */
const GANG: typeof CASES = [
  [
    'the first attempt of a gang is a start',
    jobSeries({ name: 'gang-node-0', attempt: '0' }),
    700,
    ['TrainingStarted'],
  ],
  [
    'the next attempt of a gang is none',
    jobSeries({ name: 'gang-node-0', made: 2 * HOUR, attempt: '1' }),
    2 * HOUR + 60,
    [],
  ],
  [
    'an attempt that failed is none of the run',
    jobSeries({ name: 'gang-node-0', ends: HOUR, outcome: 'failed', deleted: HOUR + 60 }),
    HOUR + 240,
    [],
  ],
  [
    'a gang that has failed fires',
    jobSeries({ name: 'gang-node-0', ends: HOUR, outcome: 'failed' }),
    HOUR + 240,
    ['TrainingFailed'],
  ],
];

const nightly = (number: number, made: number, outcome?: 'succeeded' | 'failed') =>
  jobSeries({ name: `nightly-2891234${number}`, made, ends: made + HOUR, outcome });

/** Of a schedule, with what kube-state-metrics tells of the CronJob. */
const NIGHTLY: typeof CASES = [
  ['a failed night fires', nightly(1, HOUR, 'failed'), 2 * HOUR + 240, ['TrainingFailed']],
  [
    'a failed night is forgotten when the next is well',
    [...nightly(1, 0, 'failed'), ...nightly(2, 2 * HOUR, 'succeeded')],
    4 * HOUR,
    [],
  ],
  [
    'a failed night after one that was well fires',
    [...nightly(1, 0, 'succeeded'), ...nightly(2, 2 * HOUR, 'failed')],
    4 * HOUR,
    ['TrainingFailed'],
  ],
  [
    'a run that an alert asked for is one of its runs',
    jobSeries({ name: 'nightly-0a1b2c3d4e', made: 600 }),
    700,
    ['TrainingStarted'],
  ],
];

const DAY = 24 * HOUR;
/** The CronJob over twelve days. */
const cronJob = (last: (at: number) => number | undefined, suspended: (at: number) => number = () => 0) => [
  course('kube_cronjob_created{namespace="shop",cronjob="nightly"}', () => 0, 900, 1200),
  course('kube_cronjob_status_last_successful_time{namespace="shop",cronjob="nightly"}', last, 900, 1200),
  course('kube_cronjob_spec_suspend{namespace="shop",cronjob="nightly"}', suspended, 900, 1200),
];
const everyNight = (at: number) => (at < 3 * HOUR ? undefined : at - ((at - 3 * HOUR) % DAY));
const until = (end: number) => (at: number) => everyNight(Math.min(at, end));

/** The same, at an interval of a quarter of an hour. */
const SLOW: typeof CASES = [
  ['a schedule that succeeds every night is well', cronJob(everyNight), 8 * DAY, []],
  [
    'a schedule that no longer succeeds fires',
    cronJob(until(4 * DAY)),
    6 * DAY + 16 * HOUR,
    ['TrainingScheduleMissed'],
  ],
  ['one night without success is no alert', cronJob(until(4 * DAY)), 5 * DAY + 6 * HOUR, []],
  ['a schedule that never succeeds fires', cronJob(() => undefined), 3 * DAY, ['TrainingScheduleMissed']],
  ['a new schedule has its time', cronJob(() => undefined), 2 * DAY, []],
  [
    'what was held back has not been missed',
    cronJob(until(4 * DAY), (at) => (at > 4 * DAY && at < 8 * DAY ? 1 : 0)),
    8 * DAY + 2 * HOUR,
    [],
  ],
  [
    'what was held back must come back',
    cronJob(until(4 * DAY), (at) => (at > 4 * DAY && at < 8 * DAY ? 1 : 0)),
    11 * DAY,
    ['TrainingScheduleMissed'],
  ],
];

/** What is kept of a run of two nodes with eight GPUs each that begins at 700 s, after so many seconds. */
const RECORDS: readonly (readonly [
  string,
  readonly InputSeries[],
  number,
  Readonly<Record<string, number | undefined>>,
])[] = [
  ['GPUs are held from the start of a pod on', whole(), HOUR, { 'training:gpus_held:sum': 16 }],
  ['GPUs are not held by pods that wait', whole({ starts: never }), HOUR, { 'training:gpus_held:sum': 8 }],
  [
    'GPU-hours are those of the hour before, and of the day, and stay when the run has ended',
    whole({ ends: 700 + HOUR }, { ends: 700 + HOUR, outcome: 'succeeded' }),
    2 * HOUR,
    {
      'training:gpus_held:sum': undefined,
      'training:gpu_hours_used:sum1h': 2.933,
      'training:gpu_hours_used:sum1d': 16,
    },
  ],
  [
    'steps and samples in a second, and the time that is left',
    whole(),
    720 + 2 * HOUR,
    {
      'training:steps_per_second:deriv': 0.5,
      'training:samples_per_second:deriv': 32,
      'training:remaining_seconds:estimate': (10_000 - 3610) / 0.5,
    },
  ],
  [
    'a run that stands still has no end',
    whole({ step: () => 100 }),
    2 * HOUR,
    { 'training:steps_per_second:deriv': 0, 'training:remaining_seconds:estimate': undefined },
  ],
  [
    'a run that has ended has neither',
    whole({ ends: HOUR }),
    HOUR + 60,
    { 'training:steps_per_second:deriv': undefined, 'training:remaining_seconds:estimate': undefined },
  ],
];

/** What each line of the dashboard shows, of a run that is well and of the other trainings, which have never run. */
const { panels }: { panels: Panel[] } = JSON.parse(dataOf('monitoring-grafana-dashboards', 'training.json'));
const LINES = panels.flatMap(({ title, targets = [] }) =>
  targets
    .filter(({ expr }) => expr.includes('"once"') || expr.includes('once-') || expr.startsWith('vector'))
    .map(({ legendFormat, expr }) => ({ name: `the dashboard draws ${title}, ${legendFormat}`, expr })),
);

let failures = new Map<string, string>();

beforeAll(async () => {
  const records = RECORDS.map(recordTest);
  const lines = [...new Map(LINES.map(({ name, expr }) => [name, expr]))].map(
    ([name, expr]): RuleTest => ({
      name,
      input: [...whole(), metric],
      after: '2h',
      values: [{ expr: `count(${expr}) > bool 0`, value: 1 }],
    }),
  );
  failures = new Map([
    ...(await inParts([...CASES.map(ruleTest('once')), ...records, ...lines])),
    ...(await check('gang', GANG.map(ruleTest('gang')), 60)),
    ...(await check('nightly', NIGHTLY.map(ruleTest('nightly')), 60)),
    ...(await check('nightly', SLOW.map(ruleTest('nightly')), 900)),
  ]);
}, 240_000);

/** A run of promtool has half a minute, on a machine that may be busy. */
async function inParts(tests: readonly RuleTest[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let i = 0; i < tests.length; i += 12) {
    for (const [name, failure] of await check('once', tests.slice(i, i + 12), 60)) found.set(name, failure);
  }
  return found;
}

function recordTest([name, input, after, records]: (typeof RECORDS)[number]): RuleTest {
  const values = Object.entries(records).map(([record, value]) => ({
    expr: `sum(round(${record}{platform="shop",training="once"}, 0.001))`,
    value,
  }));
  return { name, input, after: `${after}s`, values };
}

function ruleTest(training: string) {
  return ([name, input, after, alerts]: (typeof CASES)[number]): RuleTest => {
    const counts = new Map<string, number>();
    for (const alert of alerts) counts.set(alert, (counts.get(alert) ?? 0) + 1);
    const firing = [...counts].map(([alert, count]) => ({ alert, training, count }));
    return { name, input, after: `${after}s`, firing };
  };
}

/** Only with the rules of the training in question: promtool works out all of them at every step. */
async function check(training: string, tests: readonly RuleTest[], interval: number): Promise<Map<string, string>> {
  const all: { groups: { name: string; rules: { labels: Record<string, string> }[] }[] } = parse(
    dataOf('monitoring-prometheus', 'rules.yaml'),
  );
  const groups = all.groups.map((group) => ({
    ...group,
    rules: group.rules.filter(({ labels }) => labels.training === training),
  }));
  const id = `${training}-${interval}`;
  const rules = folder.write(`${id}-rules.yaml`, stringify({ groups }));
  const report = folder.join(`${id}-report.xml`);
  const file = folder.write(`${id}-tests.json`, ruleTestFile(rules, tests, interval));
  const { output } = await run(await locate('promtool'), ['test', 'rules', `--junit=${report}`, file]);
  const found = failuresIn(readFileSync(report, 'utf8'));
  if (found.size === 0) throw new Error(output);
  return found;
}

onPython('promtool finds nothing to say about the page of the real exporter, and it has every series', async () => {
  const [port = 0] = await freePorts(1);
  const file = folder.write(
    'progress.json',
    '{"step": 1, "steps": 2, "loss": NaN, "samples": 3, "checkpoint": 4, "metrics": {"a\\"b": Infinity}}',
  );
  const exporter = new Program('python3', {
    args: ['-I', '-c', PROGRESS_SCRIPT, file, String(port), folder.join('termination-log')],
    log: folder.join('exporter.log'),
  });
  try {
    let page = '';
    await exporter.ready(async () => {
      page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    });
    const { status, stderr } = spawnSync(await locate('promtool'), ['check', 'metrics'], {
      input: page,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const names = [...page.matchAll(/^training_\w+/gm)].map(([name]) => name);
    expect(names).toEqual(Object.values(TRAINING_METRICS).map(({ name }) => name));
  } finally {
    await exporter.stop();
  }
});

test('the dashboard draws every line of a run', () => {
  expect(new Set(LINES.map(({ name }) => name)).size).toBe(17);
});

test.each(
  [...CASES, ...GANG, ...NIGHTLY, ...SLOW, ...RECORDS].map(([name]) => name).concat(LINES.map(({ name }) => name)),
)('%s', (name) => {
  expect(failures.get(name)).toBe('');
});
