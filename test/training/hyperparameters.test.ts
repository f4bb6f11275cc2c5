import { hyperparameterArgs } from '../../lib/training/hyperparameters';
import { envOf, problemsOf } from '../serving/fixtures';
import { ARGUMENTS } from './arguments';
import { jobOf, jobSetOf, podOf, trainerOf, training } from './fixtures';

const HYPERPARAMETERS = { learning_rate: 1e-3, optimizer: 'adamw', layers: [512, 256], amp: true } as const;

test('hyperparameters are arguments after the command, which stays as it is', () => {
  expect(trainerOf({ hyperparameters: HYPERPARAMETERS })).toMatchObject({
    command: ['torchrun', 'train.py'],
    args: ['--learning_rate=0.001', '--optimizer=adamw', '--layers', '512', '256', '--amp'],
  });
});

test('hyperparameters are a file, with their types', () => {
  const props = { hyperparameters: HYPERPARAMETERS };
  const [, , volume, ...more] = podOf(props).volumes;
  expect(volume).toEqual({
    name: 'hyperparameters',
    downwardAPI: {
      items: [
        { path: 'hyperparameters.json', fieldRef: { fieldPath: "metadata.annotations['recstack/hyperparameters']" } },
      ],
    },
  });
  expect(more.map(({ name }) => name)).toEqual(['progress']);
  expect(trainerOf(props).volumeMounts).toContainEqual({ name: 'hyperparameters', mountPath: '/etc/hyperparameters' });
  expect(envOf(trainerOf(props)).HYPERPARAMETERS_FILE).toBe('/etc/hyperparameters/hyperparameters.json');
  expect(JSON.parse(jobOf(props).template.metadata?.annotations?.['recstack/hyperparameters'] ?? '')).toEqual(
    HYPERPARAMETERS,
  );
});

test('the file is part of the pod, so that a node that starts again can not read another one than its peers', () => {
  const inJobSet = jobSetOf({ hyperparameters: HYPERPARAMETERS }).replicatedJobs[0]?.template.spec.template;
  expect(inJobSet?.metadata?.annotations).toEqual({ 'recstack/hyperparameters': JSON.stringify(HYPERPARAMETERS) });
});

test('without hyperparameters there are no arguments, no file and no variable', () => {
  expect(trainerOf()).not.toHaveProperty('args');
  expect(trainerOf({ hyperparameters: {} })).not.toHaveProperty('args');
  expect(jobOf().template.metadata).not.toHaveProperty('annotations');
  expect(JSON.stringify(podOf())).not.toMatch(/hyperparameters/i);
});

test.each(ARGUMENTS)('%s is passed so that argparse reads what was meant', (_what, hyperparameters, args) => {
  expect(hyperparameterArgs(hyperparameters)).toEqual(args);
});

const VALUE = 'must be a number, a text, true or false, or a list of numbers or texts';

test.each([
  ['a map', { optimizer: { name: 'adamw' } }, `hyperparameters.optimizer ${VALUE}, got {"name":"adamw"}`],
  ['nothing', { optimizer: null }, `hyperparameters.optimizer ${VALUE}, got null`],
  ['an empty list, which argparse refuses', { all: [] }, 'hyperparameters.all must have at least 1 item, got []'],
  ['no number', { lr: Number.NaN }, `hyperparameters.lr ${VALUE}, got NaN`],
  ['a list with an option in it', { all: ['--help'] }, `hyperparameters.all ${VALUE}, got ["--help"]`],
  [
    'a name like an option',
    { '--lr': 1 },
    "hyperparameters.--lr must be a name of letters, digits, '_' and '-', from a letter on, got '--lr'",
  ],
])('%s is refused', (_what, hyperparameters, problem) => {
  expect(problemsOf(() => training({ hyperparameters: hyperparameters as Record<string, number> }))).toEqual([
    `[shop/retraining] ${problem}`,
  ]);
});
