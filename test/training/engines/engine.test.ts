import type { TrainingJobProps } from '../../../lib';
import { CAPABILITIES, ENGINES } from '../../../lib/training/engines/capabilities';
import { objectsOf, platform, problemsOf } from '../../serving/fixtures';
import { enginePlatform, FOUR_NODES, jobSetPlatform, training } from '../fixtures';

const kindOf = (props: Partial<TrainingJobProps>, scope = jobSetPlatform()) => training(props, scope).nodes.job.kind;

const ELASTIC = { ...FOUR_NODES, minNodes: 2, checkpoints: { claim: 'checkpoints', every: '10m' } } as const;

test.each([
  ['several nodes are a JobSet', FOUR_NODES, 'JobSet'],
  ['one node is a Job, which has nobody to start again with', {}, 'Job'],
  ['a schedule is a CronJob, which JobSets have none of', { ...FOUR_NODES, schedule: '0 2 * * *' }, 'CronJob'],
  ['a deadline is a Job, as a JobSet ends each attempt only', { ...FOUR_NODES, deadline: '6h' }, 'Job'],
  ['fewer nodes at least are a Job, as a JobSet starts all again', ELASTIC, 'Job'],
  ['several nodes are a Job where it is named', { ...FOUR_NODES, engine: 'job' }, 'Job'],
  ['one node is a JobSet where it is named', { engine: 'jobset' }, 'JobSet'],
] as const)('with the add-on, %s', (_what, props, kind) => {
  expect(kindOf(props)).toBe(kind);
});

const refused = (props: Partial<TrainingJobProps>, scope = enginePlatform()) =>
  problemsOf(() => objectsOf(training({ ...FOUR_NODES, ...props }, scope)));

test('a plain Job is always enough', () => {
  expect(kindOf(FOUR_NODES, platform())).toBe('Job');
});

test('an engine that is not known is refused', () => {
  // @ts-expect-error: not one of the engines
  expect(problemsOf(() => training({ engine: 'jobSet' }))).toEqual([
    "[shop/retraining] engine must be one of job, jobset, trainjob, rayjob, got 'jobSet': did you mean 'jobset'?",
  ]);
});

test('a TrainJob and a RayJob are taken by name only', () => {
  expect(
    kindOf(FOUR_NODES, platform({ cluster: { kubernetes: '1.33', addons: ['kubeflow-trainer', 'kuberay'] } })),
  ).toBe('Job');
  expect(kindOf({ ...FOUR_NODES, engine: 'trainjob' }, enginePlatform())).toBe('TrainJob');
  expect(kindOf({ ...FOUR_NODES, engine: 'rayjob', command: ['python', 'train.py'] }, enginePlatform())).toBe('RayJob');
});

test.each([
  ['jobset', 'jobset'],
  ['trainjob', 'kubeflow-trainer'],
  ['rayjob', 'kuberay'],
] as const)('%s in a cluster without %s is refused', (engine, addon) => {
  expect(refused({ engine }, platform())).toContain(
    `[shop/retraining] engine must be 'job' in a cluster without the add-on '${addon}', got '${engine}': add it to cluster.addons`,
  );
});

/** Every prop that some engine can't hold. */
const ALL = {
  ...ELASTIC,
  command: ['python', 'train.py'],
  schedule: '0 2 * * *',
  deadline: '6h',
  keepFinished: '7d',
  fatalExitCodes: [42, 3],
  preemptionGrace: '12m',
} as const satisfies Partial<TrainingJobProps>;

test('a plain Job holds all that any engine can', () => {
  expect(refused({ ...ALL, engine: 'job' })).toEqual([]);
});

test('no engine drops a prop in silence: what it can not hold is refused with the engines here that can', () => {
  const left = (engine: string, what: string) =>
    `[shop/retraining] ${what.replace('$', `must be left out with the engine '${engine}', which`)}`;
  expect(refused({ ...ALL, engine: 'jobset' })).toEqual([
    left('jobset', "schedule $ runs once, got '0 2 * * *': set engine to 'job'"),
    left('jobset', "deadline $ can only end each attempt, after 24h, got '6h': set engine to 'job'"),
    left('jobset', "minNodes $ starts all nodes again when one is missing, got '2': set engine to 'job'"),
  ]);
  expect(refused({ ...ALL, engine: 'trainjob' })).toEqual([
    left('trainjob', "schedule $ runs once, got '0 2 * * *': set engine to 'job'"),
    left('trainjob', "deadline $ can only end each attempt, after 24h, got '6h': set engine to 'job'"),
    left('trainjob', "keepFinished $ stays until it is deleted, got '7d': set engine to 'job' or 'jobset'"),
    left('trainjob', "minNodes $ starts all nodes again when one is missing, got '2': set engine to 'job'"),
  ]);
  expect(refused({ ...ALL, engine: 'rayjob' })).toEqual([
    left('rayjob', "schedule $ runs once, got '0 2 * * *': set engine to 'job'"),
    left('rayjob', "deadline $ with retries can only end each attempt, after 24h, got '6h': set engine to 'job'"),
    left(
      'rayjob',
      "keepFinished $ gives its nodes back at once and keeps the log of the program until it is deleted, got '7d': set engine to 'job' or 'jobset'",
    ),
    left('rayjob', "minNodes $ starts when all nodes are there, got '2': set engine to 'job'"),
    left(
      'rayjob',
      "fatalExitCodes $ tries again whatever the exit code is, got '42, 3': set engine to 'job' or 'jobset' or 'trainjob'",
    ),
    left(
      'rayjob',
      "preemptionGrace $ could start again while its old nodes still save, got '12m': set engine to 'job' or 'jobset' or 'trainjob'",
    ),
  ]);
});

test('an alternative that the cluster has not is none', () => {
  const scope = platform({ cluster: { kubernetes: '1.33', addons: ['kuberay'] } });
  const props = { engine: 'rayjob', command: ['python', 'train.py'], fatalExitCodes: [42] } as const;
  expect(refused(props, scope)[0]).toMatch(/got '42': set engine to 'job'$/);
});

test('a RayJob without retries holds a deadline, as nothing starts its clock anew', () => {
  const props = { engine: 'rayjob', command: ['python', 'train.py'], deadline: '6h', retries: 0 } as const;
  expect(refused(props)).toEqual([]);
});

test.each(ENGINES)('%s is what its table says', (engine) => {
  const command = CAPABILITIES[engine].runs === 'ray' ? ['python', 'train.py'] : ['torchrun', 'train.py'];
  expect(kindOf({ ...FOUR_NODES, engine, command }, enginePlatform())).toBe(CAPABILITIES[engine].kind);
});

test('a transform of an object that another engine makes is refused, with the one that this one has', () => {
  const change = { metadata: { annotations: { changed: 'yes' } } };
  const transform = { rayJob: change, trainJob: change, trainingRuntime: change, jobSet: change };
  expect(refused({ engine: 'trainjob', transform })).toEqual([
    "[shop/retraining] transform.jobSet must come with the engine 'jobset', got 'trainjob', which makes a TrainJob: use transform.trainJob or set engine",
    "[shop/retraining] transform.rayJob must come with the engine 'rayjob', got 'trainjob', which makes a TrainJob: use transform.trainJob or set engine",
  ]);
});
