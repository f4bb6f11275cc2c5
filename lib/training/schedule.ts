import type { CronJobSpec, JobSpec } from 'kubernetes-types/batch/v1';
import { type Duration, seconds } from '../core/durations';
import type { Admission } from './training-calendar';
import type { TrainingJobSettings } from './training-job-props';

/** How late a run may start. */
const DEFAULT_STARTING_DEADLINE = '1h';

/** The controller looks every ten seconds: with less than that, it may never find a run that is in time. */
const SHORTEST_STARTING_DEADLINE = 10;

/** The schedule of a CronJob that is suspended, and only holds the template of runs. */
const NEVER = '0 0 1 1 *';

/** Whether there may be several runs, so that a CronJob makes them or is what they are made from. */
export function isRepeated({ schedule, trainOn }: Pick<TrainingJobSettings, 'schedule' | 'trainOn'>): boolean {
  return schedule !== undefined || trainOn !== undefined;
}

/**
 * Makes runs when they are due, one at a time. Under a calendar they come suspended, and its gate lets them in: a due
 * run is made even while it is closed, so that no starting deadline passes, and holds back those after it.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/cronjob/cronjob_controllerv2.go
 */
export function cronJobSpec(
  { schedule, timeZone, startingDeadline = DEFAULT_STARTING_DEADLINE }: TrainingJobSettings,
  { labels, held }: Partial<Admission>,
  spec: JobSpec,
): CronJobSpec {
  const marks = { ...(labels === undefined ? {} : { labels }), ...held };
  return {
    ...(schedule === undefined ? { schedule: NEVER, suspend: true } : { schedule }),
    timeZone,
    concurrencyPolicy: 'Forbid',
    // A run that could not start in time is left out, rather than run into the day's traffic.
    startingDeadlineSeconds: Math.ceil(seconds(startingDeadline)),
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 3,
    // It is each run that enters the queue.
    jobTemplate: {
      ...(Object.keys(marks).length === 0 ? {} : { metadata: marks }),
      spec: held === undefined ? spec : { ...spec, suspend: true },
    },
  };
}

/** What can't work about when it runs. */
export function scheduleProblems({ schedule, startingDeadline }: TrainingJobSettings): string[] {
  if (startingDeadline === undefined) return [];
  if (schedule === undefined) {
    return [`startingDeadline must come with a schedule, got '${startingDeadline}' and none: set schedule`];
  }
  return isTooShort(startingDeadline)
    ? [
        `startingDeadline must be '${SHORTEST_STARTING_DEADLINE}s' or more, got '${startingDeadline}': a run would never start in time`,
      ]
    : [];
}

const isTooShort = (duration: Duration) => seconds(duration) < SHORTEST_STARTING_DEADLINE;
