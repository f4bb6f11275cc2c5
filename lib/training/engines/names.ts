import { MAX_CRON_JOB_NAME, MAX_LABEL } from '../../core/names';
import { isRepeated } from '../schedule';
import type { TrainingJobSettings } from '../training-job-props';
import type { Engine } from './capabilities';
import { POD_SUFFIX } from './jobset';
import { MAX_RAY_JOB_NAME } from './rayjob';

/**
 * A run's pods are called `<job>-<index>`, which must be a label; the Jobs of a CronJob add 11 characters before, a
 * JobSet adds the name of its Job and demands room for the random end of its pods' names, KubeRay cuts what is longer.
 */
export function longestName(settings: TrainingJobSettings, engine: Engine): number {
  const index = `${settings.nodes - 1}`.length;
  if (engine === 'jobset' || engine === 'trainjob') return MAX_LABEL - POD_SUFFIX - index;
  if (engine === 'rayjob') return MAX_RAY_JOB_NAME;
  const rest = MAX_LABEL - 1 - index;
  return isRepeated(settings) ? Math.min(MAX_CRON_JOB_NAME, rest - 11) : rest;
}
