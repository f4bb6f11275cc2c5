import { seconds } from '../core/durations';
import type { ObservedTraining } from '../core/observed';
import { longestPause } from './cron';
import type { Engine } from './engines/engine';
import { PROGRESS } from './progress';
import { DEFAULT_DEADLINE } from './survival';
import type { TrainingJobSettings } from './training-job-props';

/**
 * What the names of an engine's Jobs add to that of the training, as a regular expression. A CronJob's end in the minute
 * in which they are due, or in the key of the alert that asked for them.
 */
const JOBS: Readonly<Record<Engine, string>> = { job: '', jobset: '-node-0' };
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
  const { checkpoints, deadline = DEFAULT_DEADLINE, gpusPerNode, nodes, progress, schedule } = settings;
  const jobs = name + JOBS[engine] + (isRepeated ? REPEATED : '');
  return {
    name,
    namespace,
    jobs,
    // Of an Indexed Job: its name, the index, and five characters.
    pods: `${jobs}-[0-9]+-[a-z0-9]{5}`,
    container: 'trainer',
    progressPort: progress ? PROGRESS.name : undefined,
    nodes,
    gpusPerNode,
    checkpointSeconds: checkpoints && seconds(checkpoints.every),
    deadlineSeconds: seconds(deadline),
    periodSeconds: schedule === undefined ? undefined : longestPause(schedule),
  };
}
