import { TrainingCalendar } from '../../lib';
import { type ObservedTraining, observedTrainings } from '../../lib/core/observed';
import { platform } from '../serving/fixtures';
import { enginePlatform, FOUR_NODES, jobSetPlatform, podOf, trainerOf, training } from './fixtures';

const observed = (...args: Parameters<typeof training>): ObservedTraining | undefined =>
  observedTrainings(training(...args))[0];

test('monitoring is told what a run is made of, and how long what may take', () => {
  const checkpoints = { claim: 'checkpoints', every: '10m' } as const;
  expect(observed({ ...FOUR_NODES, checkpoints, deadline: '12h', schedule: '0 2 * * mon-fri' })).toEqual({
    name: 'retraining',
    namespace: 'shop',
    jobs: 'retraining-[0-9a-f]{8,16}',
    pods: 'retraining-[0-9a-f]{8,16}-[0-9]+-[a-z0-9]{5}',
    container: 'trainer',
    progressPort: 'progress',
    nodes: 4,
    gpusPerNode: 8,
    checkpointSeconds: 600,
    deadlineSeconds: 43_200,
    periodSeconds: 3 * 86_400,
    closedSeconds: 0,
  });
});

test('of one run there are no checkpoints and no period to wait for, and the deadline is the default', () => {
  expect(observed()).toMatchObject({
    jobs: 'retraining',
    pods: 'retraining-[0-9]+-[a-z0-9]{5}',
    checkpointSeconds: undefined,
    deadlineSeconds: 86_400,
    periodSeconds: undefined,
  });
});

test('monitoring is told how long a calendar may keep it off the cluster', () => {
  const shop = platform();
  const calendar = new TrainingCalendar(shop, 'sales', {
    timeZone: 'Asia/Shanghai',
    closed: [
      { name: 'double-11', every: 'year', start: '11-10T18:00', end: '11-12T02:00' },
      { name: 'evening-peak', every: 'day', start: '19:00', end: '23:30' },
    ],
    running: 'finish',
  });
  expect(observed({ calendar, schedule: '0 20 * * *' }, shop)?.closedSeconds).toBe(32 * 3600);
});

/** Whether a name is one of the training, as Prometheus matches it: on both sides. */
const isOf = (pattern: string, name: string) => new RegExp(`^(?:${pattern})$`).test(name);

test.each([
  ['a Job', {}, undefined, 'retraining', 'retraining-0-x2k4p'],
  ['a run of a schedule', { schedule: '0 2 * * *' }, undefined, 'retraining-29123456', 'retraining-29123456-3-x2k4p'],
  [
    'a run of an alert',
    { trainOn: { alerts: ['Drift'] } },
    undefined,
    'retraining-0a1b2c3d4e',
    'retraining-0a1b2c3d4e-3-x2k4p',
  ],
  ['a JobSet', FOUR_NODES, jobSetPlatform(), 'retraining-node-0', 'retraining-node-0-3-x2k4p'],
  [
    'a TrainJob',
    { ...FOUR_NODES, engine: 'trainjob' } as const,
    enginePlatform(),
    'retraining-node-0',
    'retraining-node-0-3-x2k4p',
  ],
  [
    'a RayJob',
    { ...FOUR_NODES, engine: 'rayjob', command: ['python', 'train.py'] } as const,
    enginePlatform(),
    'retraining',
    'retraining-x2k4p-node-worker-7dj8k',
  ],
])('the Job and the pods of %s are known by their names, and no others', (_what, props, scope, job, pod) => {
  const found = observed(props, scope);
  expect(isOf(found?.jobs ?? '', job)).toBe(true);
  expect(isOf(found?.pods ?? '', pod)).toBe(true);
  const head = 'retraining-x2k4p-head-7dj8k';
  for (const other of ['retraining-v2', 'my-retraining', 'retraining-v2-0-x2k4p', head, `v2-${job}`]) {
    expect([other, isOf(found?.jobs ?? '', other), isOf(found?.pods ?? '', other)]).toEqual([other, false, false]);
  }
});

test('a program that tells of no progress has no container beside it, and monitoring is told so', () => {
  expect(observed({ progress: false })?.progressPort).toBeUndefined();
  expect(podOf({ progress: false })).not.toHaveProperty('initContainers');
  expect(podOf({ progress: false }).volumes.map(({ name }) => name)).toEqual(['tmp', 'shared-memory']);
  expect(trainerOf({ progress: false }).env.map(({ name }) => name)).not.toContain('PROGRESS_FILE');
});

test('where there is no training, monitoring is told of none', () => {
  expect(observedTrainings(platform())).toEqual([]);
});
