import type { Construct } from 'constructs';
import type { Job } from 'kubernetes-types/batch/v1';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import { HyperparameterSweep, type HyperparameterSweepProps } from '../../../lib';
import { objectsOf, platform } from '../../serving/fixtures';

/** What each trial runs: one node with two GPUs. */
export const TRIAL = {
  image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
  command: ['torchrun', 'train.py'],
  gpusPerNode: 2,
  resources: { cpu: '16', memory: '128Gi' },
} as const satisfies HyperparameterSweepProps['trial'];

/** Twenty trials for a learning rate, on eight GPUs, in a platform of their own unless one is given. */
export function sweep(
  props: Partial<HyperparameterSweepProps> = {},
  scope: Construct = platform(),
): HyperparameterSweep {
  return new HyperparameterSweep(scope, 'tuning', {
    trial: TRIAL,
    search: { learning_rate: { type: 'logUniform', min: 1e-5, max: 1e-2 } },
    objective: { metric: 'ndcg', goal: 'maximize' },
    trials: 20,
    gpuBudget: 8,
    ...props,
  });
}

/** A file that the coordinator reads. */
export function fileOf<T>(file: 'sweep.json' | 'trial.json', construct: HyperparameterSweep): T {
  const { data = {} } = objectsOf(construct).get('ConfigMap', 'tuning-coordinator') as ConfigMap;
  return JSON.parse(data[file] ?? '');
}

/** What the coordinator is to do. */
export const orderOf = (props: Partial<HyperparameterSweepProps> = {}) =>
  fileOf<Record<string, unknown>>('sweep.json', sweep(props));

/** What trials are made from. */
export const templateOf = (props: Partial<HyperparameterSweepProps> = {}) => fileOf<Job>('trial.json', sweep(props));
