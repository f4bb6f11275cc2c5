import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { HyperparameterSweep, type TrainingJobProps } from '../../lib';
import { objectsOf, platform, problemsOf } from '../serving/fixtures';
import { enginePlatform, FOUR_NODES, training } from './fixtures';

const CHECKPOINTS = { claim: 'checkpoints', every: '10m' } as const;

/** A run with a claim of its platform, called `name`, to which it saves unless it is told otherwise. */
function problemsWith(
  nodes: number,
  mode: kplus.PersistentVolumeAccessMode,
  name = 'checkpoints',
  props: Partial<TrainingJobProps> = { checkpoints: CHECKPOINTS },
): string[] {
  const shop = enginePlatform();
  training({ ...FOUR_NODES, nodes, ...props }, shop);
  new kplus.PersistentVolumeClaim(shop, 'claim', {
    metadata: { name },
    accessModes: [mode],
    storage: Size.gibibytes(100),
  });
  return problemsOf(() => objectsOf(shop));
}

const { READ_WRITE_ONCE, READ_WRITE_MANY, READ_ONLY_MANY } = kplus.PersistentVolumeAccessMode;

test.each([READ_WRITE_ONCE, READ_ONLY_MANY])('nodes that would wait for one volume are refused: %s', (mode) => {
  expect(problemsWith(4, mode)).toEqual([
    `[shop/retraining] checkpoints.claim must be one that 4 nodes can mount and write to, got 'checkpoints', which is ${mode}: make it ReadWriteMany or take one node`,
  ]);
});

test('one that all can write to is taken, and by one node any', () => {
  expect(problemsWith(4, READ_WRITE_MANY)).toEqual([]);
  expect(problemsWith(1, READ_WRITE_ONCE)).toEqual([]);
});

test('a claim of another name, or made by others, is not judged', () => {
  expect(problemsWith(4, READ_WRITE_ONCE, 'data')).toEqual([]);
});

const DATA = { data: { clicks: { claim: 'clicks' } } };

test('nodes that would wait for the volume of their data are refused, too', () => {
  expect(problemsWith(4, READ_WRITE_ONCE, 'clicks', DATA)).toEqual([
    "[shop/retraining] data.clicks.claim must be one that 4 nodes can mount, got 'clicks', which is ReadWriteOnce: make it ReadOnlyMany or ReadWriteMany or take one node",
  ]);
});

test.each([READ_ONLY_MANY, READ_WRITE_MANY])('data that all can read is taken: %s', (mode) => {
  expect(problemsWith(4, mode, 'clicks', DATA)).toEqual([]);
});

test('one node of Ray shares its volumes with the head, which may be elsewhere', () => {
  const ray = { engine: 'rayjob', command: ['python', 'train.py'], checkpoints: CHECKPOINTS } as const;
  expect(problemsWith(1, READ_WRITE_ONCE, 'checkpoints', ray)).toEqual([
    "[shop/retraining] checkpoints.claim must be one that 2 nodes can mount and write to, got 'checkpoints', which is ReadWriteOnce: make it ReadWriteMany",
  ]);
});

test('trials at the same time share their volumes', () => {
  const problems = (parallel: number) => {
    const shop = platform();
    new HyperparameterSweep(shop, 'sweep', {
      trial: { image: 'trainer:1', command: ['python', 'train.py'], resources: { cpu: '1', memory: '1Gi' }, ...DATA },
      search: { rate: { type: 'uniform', min: 0, max: 1 } },
      objective: { metric: 'ndcg', goal: 'maximize' },
      trials: 4,
      parallel,
    });
    const [accessModes, storage] = [[READ_WRITE_ONCE], Size.gibibytes(1)];
    new kplus.PersistentVolumeClaim(shop, 'claim', { metadata: { name: 'clicks' }, accessModes, storage });
    return problemsOf(() => objectsOf(shop));
  };
  expect(problems(2)).toEqual([
    "[shop/sweep] trial.data.clicks.claim must be one that 2 nodes can mount, got 'clicks', which is ReadWriteOnce: make it ReadOnlyMany or ReadWriteMany",
  ]);
  expect(problems(1)).toEqual([]);
});
