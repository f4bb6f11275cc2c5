import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { objectsOf, platform, problemsOf } from '../serving/fixtures';
import { FOUR_NODES, training } from './fixtures';

const CHECKPOINTS = { claim: 'checkpoints', every: '10m' } as const;

/** A run that saves to a claim of its platform, called `name`. */
function problemsWith(nodes: number, mode: kplus.PersistentVolumeAccessMode, name = 'checkpoints'): string[] {
  const shop = platform();
  training({ ...FOUR_NODES, nodes, checkpoints: CHECKPOINTS }, shop);
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
