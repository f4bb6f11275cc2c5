import type { TrainingJobProps } from '../../lib';
import { TrainingQueue } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { objectsOf, platform, problemsOf } from '../serving/fixtures';
import { enginePlatform, jobSetOf, podOf, trainerOf, training } from './fixtures';

const CHECKPOINTS = { claim: 'checkpoints', every: '10m' } as const;

const refused = (props: Partial<TrainingJobProps>) => problemsOf(() => objectsOf(training(props)));

test('kueue#477: a pod that must go runs on until its next checkpoint has come, and is told to end then', () => {
  const props = { checkpoints: CHECKPOINTS, preemptionGrace: '12m' } as const;
  expect(trainerOf(props).lifecycle).toEqual({ preStop: { sleep: { seconds: 720 } } });
  expect(podOf(props).terminationGracePeriodSeconds).toBe(750);
  const inJobSet = jobSetOf(props).replicatedJobs[0]?.template.spec.template.spec;
  expect(inJobSet?.terminationGracePeriodSeconds).toBe(750);
  expect(inJobSet?.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 720 } } });
});

test('without a grace, nothing is said about it', () => {
  expect(trainerOf({ checkpoints: CHECKPOINTS })).not.toHaveProperty('lifecycle');
  expect(podOf({ checkpoints: CHECKPOINTS })).not.toHaveProperty('terminationGracePeriodSeconds');
  expect(derivationsOf(training({ checkpoints: CHECKPOINTS })).flatMap(({ derivations }) => derivations)).toEqual([]);
});

test('the grace of the pod is derived in the open', () => {
  const [derived] = derivationsOf(training({ checkpoints: CHECKPOINTS, preemptionGrace: '12m' }));
  expect(derived?.derivations).toEqual([
    { what: 'terminationGracePeriodSeconds', value: '750s', formula: '720 s preemptionGrace + 30 s exit' },
  ]);
});

test.each([
  [
    'kueue#477: a cadence of checkpoints that is not shorter than the grace',
    { checkpoints: CHECKPOINTS, preemptionGrace: '10m' },
    "checkpoints.every must be shorter than preemptionGrace, '10m', got '10m': a run that is stopped would not come to its next checkpoint",
  ],
  [
    'a grace in which nothing is saved',
    { preemptionGrace: '10m' },
    "preemptionGrace must come with checkpoints, got '10m' and none: nothing would be saved in it",
  ],
  [
    'a deadline before the first checkpoint',
    { checkpoints: CHECKPOINTS, deadline: '10m' },
    "checkpoints.every must be shorter than the deadline, '10m', got '10m': the run would end before it saves",
  ],
  [
    'a first checkpoint after the default deadline',
    { checkpoints: { claim: 'checkpoints', every: '1d' } },
    "checkpoints.every must be shorter than the deadline, '24h', got '1d': the run would end before it saves",
  ],
  [
    'trainer#1638: checkpoints on an emptyDir',
    { env: { CHECKPOINT_FOLDER: '/tmp/checkpoints' } },
    "env.CHECKPOINT_FOLDER must outlive the pod, got '/tmp/checkpoints', which is gone with it: set checkpoints.claim",
  ],
  [
    'trainer#1638: checkpoints on an emptyDir beside their claim',
    { checkpoints: CHECKPOINTS, env: { CHECKPOINT_FOLDER: '/tmp/checkpoints' } },
    "env.CHECKPOINT_FOLDER must outlive the pod, got '/tmp/checkpoints', which is gone with it: name a folder in /checkpoints",
  ],
  [
    'trainer#1638: a folder that only starts like that of the claim',
    { checkpoints: CHECKPOINTS, env: { CHECKPOINT_FOLDER: '/checkpoints-local' } },
    "env.CHECKPOINT_FOLDER must outlive the pod, got '/checkpoints-local', which is gone with it: name a folder in /checkpoints",
  ],
  [
    'trainer#1638: a way out of the claim',
    { checkpoints: CHECKPOINTS, env: { CHECKPOINT_FOLDER: '/checkpoints/../tmp' } },
    "env.CHECKPOINT_FOLDER must outlive the pod, got '/checkpoints/../tmp', which is gone with it: name a folder in /checkpoints",
  ],
  [
    'a cadence that is slower than what is described',
    { checkpoints: CHECKPOINTS, env: { CHECKPOINT_EVERY_SECONDS: '601' } },
    "env.CHECKPOINT_EVERY_SECONDS must be at most checkpoints.every, '10m', got '601': set that instead",
  ],
  [
    'a cadence that is no number',
    { checkpoints: CHECKPOINTS, env: { CHECKPOINT_EVERY_SECONDS: 'often' } },
    "env.CHECKPOINT_EVERY_SECONDS must be at most checkpoints.every, '10m', got 'often': set that instead",
  ],
] as [string, Partial<TrainingJobProps>, string][])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/retraining] ${problem}`]);
});

test.each([
  ['a folder of the claim', { checkpoints: CHECKPOINTS, env: { CHECKPOINT_FOLDER: '/checkpoints/dlrm' } }],
  ['a store that is no folder', { env: { CHECKPOINT_FOLDER: 's3://checkpoints/dlrm' } }],
  ['a quicker cadence', { checkpoints: CHECKPOINTS, env: { CHECKPOINT_EVERY_SECONDS: '60' } }],
  ['a grace just longer than the cadence', { checkpoints: CHECKPOINTS, preemptionGrace: '601s' }],
] as [string, Partial<TrainingJobProps>][])('%s is taken', (_what, props) => {
  expect(refused(props)).toEqual([]);
});

/** The warnings about a run in a queue. */
function warnings(props: Partial<TrainingJobProps>, production = true): string[] {
  const shop = production
    ? enginePlatform()
    : platform({ cluster: { kubernetes: '1.33', addons: ['kueue'] }, production });
  const queue = new TrainingQueue(shop, 'cpus', { cpu: '64', memory: '512Gi' });
  training({ queue, ...props }, shop);
  return objectsOf(shop)
    .warnings.filter(({ where }) => where === 'shop/retraining')
    .map(({ text }) => text);
}

test('in production, what a stopped run loses is warned about', () => {
  expect(warnings({ checkpoints: CHECKPOINTS })).toEqual([
    'preemptionGrace is missing: a run that is stopped for another loses up to 10m of work on each of its nodes',
  ]);
  expect(warnings({})).toEqual(['checkpoints are missing: whatever interrupts the run starts it from the beginning']);
  expect(warnings({ checkpoints: CHECKPOINTS, preemptionGrace: '12m' })).toEqual([]);
  expect(warnings({ checkpoints: CHECKPOINTS }, false)).toEqual([]);
  expect(warnings({ checkpoints: CHECKPOINTS, queue: undefined })).toEqual([]);
});

test('nobody is warned that a grace is missing which the engine refuses', () => {
  const ray = { engine: 'rayjob', command: ['python', 'train.py'], resources: { cpu: '8', memory: '64Gi' } } as const;
  expect(warnings({ ...ray, checkpoints: CHECKPOINTS })).toEqual([]);
});
