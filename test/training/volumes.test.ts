import fc from 'fast-check';
import type { TrainingJobProps } from '../../lib';
import { bytes } from '../../lib/core/quantities';
import { diskOf } from '../../lib/training/volumes';
import { objectsOf, problemsOf } from '../serving/fixtures';
import { podOf, trainerOf, training } from './fixtures';

fc.configureGlobal({ seed: 42 });

const DATA = { clicks: { claim: 'clicks-2026' }, 'user-features': { claim: 'features' } } as const;

const refused = (props: Partial<TrainingJobProps>) => problemsOf(() => objectsOf(training(props)));

/** The emptyDir of a run's volume. */
const emptyDir = (volume: string, props: Partial<TrainingJobProps>) =>
  podOf(props).volumes.find(({ name }) => name === volume)?.emptyDir;

test('data is mounted below /data by its name, and nobody can write to it', () => {
  expect(podOf({ data: DATA, progress: false }).volumes.slice(2)).toEqual([
    { name: 'data-clicks', persistentVolumeClaim: { claimName: 'clicks-2026', readOnly: true } },
    { name: 'data-user-features', persistentVolumeClaim: { claimName: 'features', readOnly: true } },
  ]);
  expect(trainerOf({ data: DATA, progress: false }).volumeMounts.slice(2)).toEqual([
    { name: 'data-clicks', mountPath: '/data/clicks', readOnly: true },
    { name: 'data-user-features', mountPath: '/data/user-features', readOnly: true },
  ]);
});

test('data stands beside checkpoints and hyperparameters, each with its mount', () => {
  const props = {
    data: DATA,
    checkpoints: { claim: 'checkpoints', every: '10m' },
    hyperparameters: { lr: 1 },
  } as const;
  const mounted = trainerOf(props).volumeMounts.map(({ name }) => name);
  expect(mounted).toEqual(podOf(props).volumes.map(({ name }) => name));
  expect(mounted).toHaveLength(7);
});

test('the names of volumes fit: 58 characters for data', () => {
  const name = (length: number) => ({ [`d${'a'.repeat(length - 1)}`]: { claim: 'clicks' } });
  expect(refused({ data: name(58) })).toEqual([]);
  expect(`data-${Object.keys(name(58))[0]}`).toHaveLength(63);
  expect(refused({ data: name(59) })[0]).toContain(
    "must be a name of at most 58 lower-case letters, digits and '-', from a letter to a letter or digit",
  );
});

test.each([
  [
    'a path for a name',
    { 'a/b': { claim: 'clicks' } },
    "data.a/b must be a name of at most 58 lower-case letters, digits and '-', from a letter to a letter or digit, got 'a/b'",
  ],
  [
    'a way out of the folder',
    { '..': { claim: 'clicks' } },
    "data... must be a name of at most 58 lower-case letters, digits and '-', from a letter to a letter or digit, got '..'",
  ],
  [
    'data of nothing',
    { clicks: {} },
    "data.clicks.claim must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, but is missing",
  ],
  [
    'data to write to',
    { clicks: { claim: 'clicks', readOnly: false } },
    'data.clicks.readOnly is not known (known: claim)',
  ],
])('%s is refused', (_what, data, problem) => {
  expect(refused({ data: data as Record<string, { claim: string }> })).toEqual([`[shop/retraining] ${problem}`]);
});

test('kubernetes#51853: two volumes of one claim, for which a pod would wait for ever, are refused', () => {
  const end = "got 'shared': a pod with two volumes of one claim never starts";
  expect(refused({ data: { a: { claim: 'shared' }, b: { claim: 'shared' } } })).toEqual([
    `[shop/retraining] data.b.claim must be another one than that of data.a, ${end}`,
  ]);
  expect(refused({ data: { a: { claim: 'shared' } }, checkpoints: { claim: 'shared', every: '10m' } })).toEqual([
    `[shop/retraining] data.a.claim must be another one than that of checkpoints, ${end}`,
  ]);
});

test('/tmp is as large as asked for, and the disk that is set aside 2Gi larger, in the form of the API server', () => {
  expect(emptyDir('tmp', { scratch: '1024Gi' })).toEqual({ sizeLimit: '1Ti' });
  const { requests, limits } = trainerOf({ scratch: '100Gi' }).resources;
  expect([requests?.['ephemeral-storage'], limits?.['ephemeral-storage']]).toEqual(['102Gi', '102Gi']);
});

test('the disk that is set aside always has room for a full /tmp', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (megabytes) => {
      return bytes(diskOf({ scratch: `${megabytes}M` })) >= megabytes * 1e6 + 2 * 2 ** 30;
    }),
  );
});

test.each([
  ['1Gi, which NVIDIA recommends for NCCL', '256Gi', undefined, '1Gi'],
  ['half of a small memory', '1Gi', undefined, '512Mi'],
  ['what is asked for', '256Gi', '64Gi', '64Gi'],
  ['what is asked for, in the form of the API server', '256Gi', '2048Mi', '2Gi'],
] as const)('/dev/shm is %s', (_what, memory, sharedMemory, sizeLimit) => {
  expect(emptyDir('shared-memory', { resources: { cpu: '1', memory }, sharedMemory })).toEqual({
    medium: 'Memory',
    sizeLimit,
  });
});

test('/dev/shm as large as the memory of which it is a part is refused: filling it would kill the pod', () => {
  const resources = { cpu: '1', memory: '64Gi' } as const;
  expect(refused({ resources, sharedMemory: '65536Mi' })).toEqual([
    "[shop/retraining] sharedMemory must be less than resources.memory, '64Gi', of which it is a part, got '65536Mi': lower it or raise the memory",
  ]);
  expect(refused({ resources, sharedMemory: '65535Mi' })).toEqual([]);
});
