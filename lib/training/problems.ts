import type { Cluster } from '../platform/cluster';
import { type Engine, engineProblems } from './engines/engine';
import { survivalProblems } from './survival';
import type { TrainingJobSettings } from './training-job-props';

/** What can't work, as the rest of the sentence after the job's path. */
export function problemsOf(settings: TrainingJobSettings, cluster: Cluster, engine: Engine): string[] {
  return [
    ...transformProblems(settings, engine),
    ...engineProblems(settings, cluster),
    ...gpuProblems(settings, cluster),
    ...survivalProblems(settings),
    ...(settings.priority !== undefined && settings.queue === undefined
      ? [`priority must come with a queue, got '${settings.priority}' and none: set queue or priorityClass`]
      : []),
    ...(settings.hyperparametersFrom !== undefined && settings.hyperparameters !== undefined
      ? [
          `hyperparametersFrom must come without hyperparameters, got '${settings.hyperparametersFrom.node.path}' and some: put those into the sweep's trial`,
        ]
      : []),
  ];
}

function transformProblems({ schedule, transform }: TrainingJobSettings, engine: Engine): string[] {
  const problems: string[] = [];
  if (engine === 'jobset') {
    for (const key of ['job', 'cronJob', 'service'] as const) {
      if (transform[key] === undefined) continue;
      problems.push(
        `transform.${key} must come with the engine 'job', got 'jobset', which makes a JobSet: use transform.jobSet`,
      );
    }
    return problems;
  }
  if (transform.jobSet !== undefined) {
    problems.push("transform.jobSet must come with the engine 'jobset', got 'job': use transform.job or set engine");
  }
  if (transform.job !== undefined && schedule !== undefined) {
    problems.push(
      `transform.job must come without a schedule, got '${schedule}', which makes a CronJob: use transform.cronJob`,
    );
  }
  if (transform.cronJob !== undefined && schedule === undefined) {
    problems.push('transform.cronJob must come with a schedule, got none, which makes a Job: use transform.job');
  }
  return problems;
}

function gpuProblems({ gpuType, gpusPerNode }: TrainingJobSettings, cluster: Cluster): string[] {
  const problems: string[] = [];
  const problem = gpuType === undefined ? undefined : cluster.problemWithGpu(gpuType);
  if (problem !== undefined) problems.push(`gpuType ${problem}`);
  if (gpuType === undefined && gpusPerNode > 0 && cluster.hasNoGpus) {
    problems.push(
      `gpusPerNode must be 0 in a cluster without GPUs, got ${gpusPerNode}: add their type to cluster.gpus`,
    );
  }
  const shares = cluster.gpuOfWhichSharesLookWhole;
  if (gpuType === undefined && gpusPerNode > 0 && shares !== undefined) {
    problems.push(
      `gpuType must be said in a cluster where shares are called nvidia.com/gpu, as those of ${shares} are: a run without it could get them for whole cards`,
    );
  }
  if (gpuType !== undefined && gpusPerNode === 0) {
    problems.push(`gpuType must come with gpusPerNode, got '${gpuType}' and 0: set gpusPerNode or leave both out`);
  }
  return problems;
}
