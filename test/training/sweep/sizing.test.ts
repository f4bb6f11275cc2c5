import fc from 'fast-check';
import type { HyperparameterSweepProps } from '../../../lib';
import { derivationsOf } from '../../../lib/core/derivation';
import { problemsOf } from '../../serving/fixtures';
import { orderOf, sweep, TRIAL } from './fixtures';

const refused = (props: Partial<HyperparameterSweepProps>) => problemsOf(() => sweep(props));

test.each([
  [8, 1, 2, 4],
  [9, 1, 2, 4],
  [2, 1, 2, 1],
  [16, 2, 8, 1],
  [100, 3, 8, 4],
])('%d GPUs are enough for trials of %d × %d at a time: %d', (gpuBudget, nodes, gpusPerNode, parallel) => {
  expect(orderOf({ gpuBudget, trial: { ...TRIAL, nodes, gpusPerNode } })).toMatchObject({ parallel });
});

test('whatever fits in, the budget is not exceeded, and one trial more would', () => {
  const gpus = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), gpus, fc.integer({ min: 64, max: 512 }), (nodes, each, gpuBudget) => {
      const { parallel } = orderOf({ gpuBudget, trial: { ...TRIAL, nodes, gpusPerNode: each } });
      expect(Number(parallel) * nodes * each).toBeLessThanOrEqual(gpuBudget);
      expect((Number(parallel) + 1) * nodes * each).toBeGreaterThan(gpuBudget);
    }),
    { numRuns: 20 },
  );
});

test('trials on CPU run one after the other, unless it is said', () => {
  const trial = { ...TRIAL, gpusPerNode: 0 };
  expect(orderOf({ trial, gpuBudget: undefined })).toMatchObject({ parallel: 1 });
  expect(orderOf({ trial, gpuBudget: undefined, parallel: 5 })).toMatchObject({ parallel: 5 });
});

test('a grid has as many trials as points', () => {
  const search = {
    layers: { type: 'integer', min: 1, max: 8, step: 3 },
    optimizer: { type: 'choice', values: ['adamw', 'sgd'] },
  } as const;
  expect(orderOf({ strategy: 'grid', trials: undefined, search })).toMatchObject({ trials: 6 });
});

test('the plan tells the most GPU-hours, and how long it may take', () => {
  const [told] = derivationsOf(sweep({ trials: 10, trial: { ...TRIAL, deadline: '3h' } }));
  expect(told?.derivations).toEqual([
    { what: 'trials at the same time', value: '4', formula: '8 gpuBudget / (1 nodes × 2 gpusPerNode), rounded down' },
    {
      what: 'GPU-hours of all trials, at most',
      value: '60',
      formula: '10 trials × 1 nodes × 2 gpusPerNode × 10800 s deadline / 3600',
    },
    { what: 'activeDeadlineSeconds', value: '570m', formula: '3 rounds × (10800 s deadline + 600 s start)' },
  ]);
});

test.each<[string, Partial<HyperparameterSweepProps>, string]>([
  [
    'a budget that is too small for one trial',
    { gpuBudget: 15, trial: { ...TRIAL, nodes: 2, gpusPerNode: 8 } },
    'gpuBudget must be enough for one trial, 2 × 8 GPUs, got 15',
  ],
  ['no budget', { gpuBudget: undefined }, 'gpuBudget must be enough for one trial, 1 × 2 GPUs, but is missing'],
  [
    'a number of trials at once beside the budget',
    { parallel: 3 },
    'parallel must be left out for trials with GPUs, got 3: gpuBudget decides it',
  ],
  [
    'a budget for trials without GPUs',
    { trial: { ...TRIAL, gpusPerNode: 0 } },
    'gpuBudget must be left out for trials without GPUs, got 8: set parallel',
  ],
  ['no number of trials', { trials: undefined }, "trials must be said with the strategy 'adaptive', but is missing"],
  [
    'a grid of real numbers',
    { strategy: 'grid', trials: undefined },
    "search.learning_rate.type must be choice or integer in a grid, got 'logUniform': name its values or take another strategy",
  ],
  [
    'a part of a grid',
    { strategy: 'grid', search: { depth: { type: 'integer', min: 1, max: 30 } } },
    'trials must be left out with a grid, which has 30 points, got 20: take random to try fewer',
  ],
  [
    'a grid without end',
    { strategy: 'grid', trials: undefined, search: { depth: { type: 'integer', min: 0, max: 1000 } } },
    'search must have at most 1000 points as a grid, got 1001: take random to try fewer',
  ],
  [
    'a name that is fixed and looked for',
    { trial: { ...TRIAL, hyperparameters: { learning_rate: 1 } } },
    'search.learning_rate must not be in trial.hyperparameters too, which are fixed: leave one out',
  ],
  [
    'a space without room',
    { search: { dropout: { type: 'uniform', min: 0.5, max: 0.5 } } },
    'search.dropout.max must be above min, 0.5, got 0.5',
  ],
  [
    'a logarithm of nothing',
    { search: { dropout: { type: 'logUniform', min: 0, max: 0.5 } } },
    'search.dropout.min must be above 0, got 0',
  ],
  ['nothing to look for', { search: {} }, 'search must have at least one hyperparameter, got {}'],
  [
    'a choice of one',
    { search: { loss: { type: 'choice', values: ['bce'] } } },
    'search.loss.values must have at least two values, got ["bce"]: a fixed one belongs into trial.hyperparameters',
  ],
  [
    'another kind of space',
    { search: { loss: { type: 'normal', min: 0, max: 1 } as never } },
    "search.loss.type must be one of uniform, logUniform, integer, choice, got 'normal'",
  ],
  [
    'a name like an option',
    { search: { '--lr': { type: 'uniform', min: 0, max: 1 } } },
    "search.--lr must be the name of a hyperparameter, of letters, digits, '_' and '-', from a letter on, got '--lr'",
  ],
  [
    'a schedule of trials',
    { trial: { ...TRIAL, schedule: '0 2 * * *' } as never },
    'trial.schedule is not known (known: image, command, nodes, gpusPerNode, gpuType, resources, sharedMemory, scratch, data, network, env, hyperparameters, checkpoints, preemptionGrace, retries, fatalExitCodes, deadline, queue, priority, priorityClass)',
  ],
  [
    'another goal',
    { objective: { metric: 'ndcg', goal: 'up' as never } },
    "objective.goal must be maximize or minimize, got 'up'",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/tuning] ${problem}`]);
});
