import type { TrainingJobProps } from '../../lib';
import { envOf, objectsOf, platform, problemsOf } from '../serving/fixtures';
import { cronJobOf, FOUR_NODES, jobOf, trainerOf, training } from './fixtures';

const ELASTIC = { ...FOUR_NODES, minNodes: 2, checkpoints: { claim: 'checkpoints', every: '10m' } } as const;
const refused = (props: Partial<TrainingJobProps>, kubernetes = '1.33') =>
  problemsOf(() => objectsOf(training(props, platform({ cluster: { kubernetes } }))));

test('a run of fewer nodes at least has a pod for each of them, and forms its group of those that are there', () => {
  expect(jobOf(ELASTIC)).toMatchObject({ completions: 4, parallelism: 4 });
  expect(envOf(trainerOf(ELASTIC)).PET_NNODES).toBe('2:4');
});

test('it is a success with its first node, at which all meet: nodes that never came would look for peers that are gone', () => {
  expect(jobOf(ELASTIC).successPolicy).toEqual({ rules: [{ succeededIndexes: '0' }] });
  expect(cronJobOf(ELASTIC).jobTemplate.spec?.successPolicy).toEqual({ rules: [{ succeededIndexes: '0' }] });
});

test.each([
  ['no least number', FOUR_NODES],
  ['all of them', { ...FOUR_NODES, minNodes: 4 }],
] as const)('with %s, all nodes must succeed', (_what, props) => {
  expect(jobOf(props)).not.toHaveProperty('successPolicy');
  expect(envOf(trainerOf(props)).PET_NNODES).toBe('4');
});

test('more at least than there are is refused', () => {
  expect(refused({ ...ELASTIC, minNodes: 5 })).toEqual([
    '[shop/retraining] minNodes must be at most nodes, 4, got 5: raise nodes',
  ]);
});

test('without checkpoints, whatever node comes or goes would start all from the beginning', () => {
  expect(refused({ ...FOUR_NODES, minNodes: 2 })).toEqual([
    '[shop/retraining] minNodes must come with checkpoints, got 2 and none: whenever a node comes or goes, all would start from the beginning',
  ]);
});

test('Kubernetes 1.30 drops the policy by which it ends, and is refused', () => {
  expect(refused(ELASTIC, '1.31')).toEqual([]);
  expect(refused(ELASTIC, '1.30')).toEqual([
    '[shop/retraining] minNodes must run on Kubernetes 1.31 or newer, got 1.30, where a run would wait for its missing nodes after its end: leave it out',
  ]);
});
