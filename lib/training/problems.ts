import type { Cluster } from '../platform/cluster';
import { costProblems } from './cost';
import { elasticProblems } from './elastic';
import { CAPABILITIES, ENGINES, type Engine } from './engines/capabilities';
import { engineProblems } from './engines/engine';
import { rayProblems } from './engines/rayjob';
import { networkProblems } from './network';
import { progressProblems } from './progress';
import { isRepeated, scheduleProblems } from './schedule';
import { stallProblems } from './stall';
import { survivalProblems } from './survival';
import { placementProblems } from './topology';
import type { TrainingJobSettings } from './training-job-props';
import { volumeProblems } from './volumes';

/** What can't work, as the rest of the sentence after the job's path. */
export function problemsOf(settings: TrainingJobSettings, cluster: Cluster, engine: Engine): string[] {
  return [
    ...transformProblems(settings, engine),
    ...engineProblems(settings, cluster),
    ...(engine === 'rayjob' ? rayProblems(settings) : []),
    ...elasticProblems(settings, cluster),
    ...gpuProblems(settings, cluster),
    ...survivalProblems(settings),
    ...networkProblems(settings, cluster),
    ...volumeProblems(settings),
    ...costProblems(settings),
    ...scheduleProblems(settings),
    ...stallProblems(settings),
    ...placementProblems(settings.topology, settings.nodes, settings.queue?.topology),
    ...progressProblems(settings),
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

/** What only one engine makes. */
const TRANSFORMS = {
  job: ['job', 'cronJob', 'service'],
  jobset: ['jobSet'],
  trainjob: ['trainJob', 'trainingRuntime'],
  rayjob: ['rayJob'],
} as const satisfies Record<Engine, readonly (keyof TrainingJobSettings['transform'])[]>;

function transformProblems(settings: TrainingJobSettings, engine: Engine): string[] {
  const { schedule, transform } = settings;
  const problems: string[] = [];
  for (const owner of ENGINES) {
    for (const key of owner === engine ? [] : TRANSFORMS[owner]) {
      if (transform[key] === undefined) continue;
      problems.push(
        `transform.${key} must come with the engine '${owner}', got '${engine}', which makes a ${CAPABILITIES[engine].kind}: use transform.${TRANSFORMS[engine][0]} or set engine`,
      );
    }
  }
  if (transform.job !== undefined && engine === 'job' && isRepeated(settings)) {
    const given = schedule === undefined ? 'without trainOn, got one' : `without a schedule, got '${schedule}'`;
    problems.push(`transform.job must come ${given}, which makes a CronJob: use transform.cronJob`);
  }
  if (transform.cronJob !== undefined && engine === 'job' && !isRepeated(settings)) {
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
