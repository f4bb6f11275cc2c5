import type { Construct } from 'constructs';
import type { CronJobSpec, JobSpec } from 'kubernetes-types/batch/v1';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { type Platform, TrainingJob, type TrainingJobProps } from '../../lib';
import type { JobSetSpec } from '../../lib/crds/jobset';
import type { RayJob } from '../../lib/crds/ray';
import type { TrainingRuntime } from '../../lib/crds/trainer';
import { objectsOf, platform, specOf } from '../serving/fixtures';

/** Four nodes of eight GPUs, which is what a job of several nodes looks like. */
export const FOUR_NODES = { nodes: 4, gpusPerNode: 8 } as const;

/** A job called retraining, on one node without GPUs, in a platform of its own unless one is given. */
export function training(props: Partial<TrainingJobProps> = {}, scope: Construct = platform()): TrainingJob {
  return new TrainingJob(scope, 'retraining', {
    image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
    command: ['torchrun', 'train.py'],
    resources: { cpu: '32', memory: '256Gi' },
    ...props,
  });
}

/** The Job of a run. */
export function jobOf(props: Partial<TrainingJobProps> = {}, scope?: Construct): Required<JobSpec> {
  return specOf<Required<JobSpec>>(objectsOf(training(props, scope)), 'Job', 'retraining');
}

/** The CronJob of a schedule. */
export function cronJobOf(props: Partial<TrainingJobProps> = {}): Required<CronJobSpec> {
  return specOf<Required<CronJobSpec>>(
    objectsOf(training({ schedule: '0 2 * * *', ...props })),
    'CronJob',
    'retraining',
  );
}

/** The pods of a run. */
export function podOf(props: Partial<TrainingJobProps> = {}, scope?: Construct): Required<PodSpec> {
  return jobOf(props, scope).template.spec as Required<PodSpec>;
}

/** The one container of a run's pods. */
export function trainerOf(props: Partial<TrainingJobProps> = {}): Required<Container> {
  const [trainer, ...more] = podOf(props).containers;
  if (trainer === undefined || more.length > 0) throw new Error('there should be one container');
  return trainer as Required<Container>;
}

/** A platform on a cluster with JobSets and queues. */
export function jobSetPlatform(): Platform {
  return platform({ cluster: { kubernetes: '1.33', addons: ['jobset', 'kueue'] } });
}

/** The JobSet of a run of several nodes. */
export function jobSetOf(props: Partial<TrainingJobProps> = {}): JobSetSpec {
  return specOf<JobSetSpec>(objectsOf(training({ ...FOUR_NODES, ...props }, jobSetPlatform())), 'JobSet', 'retraining');
}

/** A platform on a cluster with every engine. */
export function enginePlatform(): Platform {
  const addons = ['jobset', 'kubeflow-trainer', 'kuberay', 'kueue'] as const;
  return platform({ cluster: { kubernetes: '1.33', addons } });
}

/** The RayJob of a run of several nodes. */
export function rayJobOf(props: Partial<TrainingJobProps> = {}): RayJob['spec'] {
  const job = training(
    { ...FOUR_NODES, command: ['python', 'train.py'], engine: 'rayjob', ...props },
    enginePlatform(),
  );
  return specOf<RayJob['spec']>(objectsOf(job), 'RayJob', 'retraining');
}

/** How a TrainJob of several nodes is run. */
export function trainingRuntimeOf(props: Partial<TrainingJobProps> = {}): TrainingRuntime['spec'] {
  const job = training({ ...FOUR_NODES, engine: 'trainjob', ...props }, enginePlatform());
  return specOf<TrainingRuntime['spec']>(objectsOf(job), 'TrainingRuntime', 'retraining');
}
