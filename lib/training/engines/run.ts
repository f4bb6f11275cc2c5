import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import { kubernetesObject } from '../../core/kubernetes-object';
import { jobSet } from '../../crds/jobset';
import { rayJob } from '../../crds/ray';
import { trainingRuntime, trainJob } from '../../crds/trainer';
import { workloadMetadata } from '../../platform/labels';
import type { RunInput } from '../pod';
import { cronJobSpec, isRepeated } from '../schedule';
import type { Admission } from '../training-calendar';
import type { Engine } from './capabilities';
import { jobSpec } from './job';
import { jobSetSpec } from './jobset';
import { rayJobSpec } from './rayjob';
import { trainingRuntimeSpec, trainJobSpec } from './trainjob';

/** What an engine starts a run by. */
export interface Run {
  readonly job: ApiObject;
  readonly trainingRuntime: ApiObject | undefined;
}

/** Emits what the engine starts a run by, or all runs of a schedule, each with what lets it into the cluster. */
export function emitRun(scope: Construct, engine: Engine, input: RunInput, entry: Partial<Admission>): Run {
  const { name, settings } = input;
  const plain = workloadMetadata(name, 'training');
  const metadata = { ...plain, labels: { ...plain.labels, ...entry.labels } };
  const only = (job: ApiObject) => ({ job, trainingRuntime: undefined });
  if (engine === 'jobset') return only(jobSet(scope, 'job-set', { metadata, spec: jobSetSpec(input) }));
  if (engine === 'rayjob') return only(rayJob(scope, 'ray-job', { metadata, spec: rayJobSpec(input) }));
  if (engine === 'trainjob') {
    const runtime = trainingRuntime(scope, 'training-runtime', { metadata: plain, spec: trainingRuntimeSpec(input) });
    const job = trainJob(scope, 'train-job', { metadata, spec: trainJobSpec(input) });
    // The controller admits no run without its runtime.
    job.node.addDependency(runtime);
    return { job, trainingRuntime: runtime };
  }
  const spec = jobSpec(input);
  if (!isRepeated(settings)) {
    return only(kubernetesObject<Job>(scope, 'job', { apiVersion: 'batch/v1', kind: 'Job', metadata, spec }));
  }
  const cronJob = kubernetesObject<CronJob>(scope, 'cron-job', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: plain,
    spec: cronJobSpec(settings, entry, spec),
  });
  return only(cronJob);
}
