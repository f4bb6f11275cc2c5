import { seconds } from '../core/durations';
import type { ObservedTraining } from '../core/observed';
import type { Engine } from './engines/capabilities';
import { TRAIN_JOB_CONTAINER } from './engines/trainjob';
import { PROGRESS } from './progress';
import { longestPause } from './runs';
import { DEFAULT_DEADLINE } from './survival';
import type { TrainingJobSettings } from './training-job-props';

/** Of an Indexed Job: its name, the index, and five characters. */
const OF_JOB = '-[0-9]+-[a-z0-9]{5}';

/**
 * What the names of an engine's Jobs add to that of the training, and its pods to that of a Job, as regular expressions.
 * Of a RayJob, the Job is the one that submits the program, and the pods are those of the workers.
 */
const NAMES: Readonly<Record<Engine, { readonly jobs: string; readonly pods: string }>> = {
  job: { jobs: '', pods: OF_JOB },
  jobset: { jobs: '-node-0', pods: OF_JOB },
  trainjob: { jobs: '-node-0', pods: OF_JOB },
  rayjob: { jobs: '', pods: '-[a-z0-9]{5}-node-worker-[a-z0-9]{5}' },
};

/** A CronJob's end in the minute in which they are due, or in the key of the alert that asked for them. */
const REPEATED = '-[0-9a-f]{8,16}';

/** What monitoring is told of a TrainingJob. */
export function observedTraining(props: {
  readonly name: string;
  readonly namespace: string;
  readonly engine: Engine;
  /** Whether its Jobs are those of a CronJob. */
  readonly isRepeated: boolean;
  readonly settings: TrainingJobSettings;
}): ObservedTraining {
  const { name, namespace, engine, isRepeated, settings } = props;
  const { calendar, checkpoints, deadline = DEFAULT_DEADLINE, gpusPerNode, nodes, progress, schedule } = settings;
  const jobs = name + NAMES[engine].jobs + (isRepeated ? REPEATED : '');
  return {
    name,
    namespace,
    jobs,
    pods: jobs + NAMES[engine].pods,
    container: engine === 'trainjob' ? TRAIN_JOB_CONTAINER : 'trainer',
    progressPort: progress ? PROGRESS.name : undefined,
    nodes,
    gpusPerNode,
    checkpointSeconds: checkpoints && seconds(checkpoints.every),
    deadlineSeconds: seconds(deadline),
    periodSeconds: schedule === undefined ? undefined : longestPause(schedule),
    closedSeconds: calendar?.longestSeconds ?? 0,
  };
}
