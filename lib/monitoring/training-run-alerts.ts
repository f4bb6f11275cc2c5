import { formatSeconds } from '../core/durations';
import type { ObservedTraining } from '../core/observed';
import { series } from '../core/promql';
import type { Series } from '../core/server-metrics';
import type { AlertRule } from './alerts';
import {
  CRON_JOB_CREATED,
  CRON_JOB_SUCCEEDED,
  CRON_JOB_SUSPENDED,
  JOB_COMPLETED,
  JOB_CREATED,
  JOB_FAILED,
  JOB_STARTED,
  ofCronJob,
  ofJobs,
  RESTART_ATTEMPT,
} from './object-metrics';
import { missedSeconds } from './training-bounds';

/**
 * Seconds for which an event is told. Longer than Alertmanager's `group_interval`: one that comes just after its group
 * was sent must still be there when the group is sent again.
 */
const EVENT_SECONDS = 600;

/** What has become of the runs of a training, by the Jobs that every engine makes of them. */
export function runRules(training: ObservedTraining): AlertRule[] {
  return [started(training), succeeded(training), failed(training), ...missed(training)];
}

function started(training: ObservedTraining): AlertRule {
  const { name, namespace } = training;
  const jobs = (metric: Series) => series(ofJobs(metric, training), { namespace });
  // A JobSet makes its Jobs anew to start all nodes again, which is no other run. `unless`, as there may be no labels.
  const again = jobs({ name: RESTART_ATTEMPT.metric, where: `${labelOf(RESTART_ATTEMPT.label)}!~"0?"` });
  return {
    alert: 'TrainingStarted',
    expr: `time() - max(${jobs(JOB_STARTED)} unless on (job_name) ${again}) < ${EVENT_SECONDS}`,
    labels: { severity: 'info' },
    annotations: {
      summary: `A run of ${name} has started`,
      description: `It began {{ $value | humanizeDuration }} ago, on ${nodesOf(training)}.`,
    },
  };
}

function succeeded(training: ObservedTraining): AlertRule {
  const { name, namespace } = training;
  return {
    alert: 'TrainingSucceeded',
    expr: `time() - max(${series(ofJobs(JOB_COMPLETED, training), { namespace })}) < ${EVENT_SECONDS}`,
    labels: { severity: 'info' },
    annotations: {
      summary: `A run of ${name} has succeeded`,
      description: 'It ended {{ $value | humanizeDuration }} ago.',
    },
  };
}

/**
 * Until a later run succeeds, or the failed one is deleted. A JobSet deletes the Job of a failed attempt before it starts
 * all nodes again, so that one that stays has failed for good.
 */
function failed(training: ObservedTraining): AlertRule {
  const { name, namespace } = training;
  const made = series(ofJobs(JOB_CREATED, training), { namespace });
  const lost = series(ofJobs(JOB_FAILED, training), { namespace });
  const won = series(ofJobs(JOB_COMPLETED, training), { namespace });
  return {
    alert: 'TrainingFailed',
    expr: `max(${made} and on (job_name) ${lost} == 1) > (max(${made} and on (job_name) ${won}) or vector(0))`,
    for: '2m',
    labels: { severity: 'critical' },
    annotations: {
      summary: `A run of ${name} has failed`,
      description: `Its retries are used up, it met a fatal exit code, or its deadline has passed: see the Jobs of ${name} in ${namespace}.`,
    },
  };
}

/** What was held back, for as long as its schedule was suspended, has not been missed. */
function missed(training: ObservedTraining): AlertRule[] {
  const { name, namespace, periodSeconds } = training;
  if (periodSeconds === undefined) return [];
  const bound = missedSeconds(periodSeconds, training);
  const cronJob = (metric: Series) => series(ofCronJob(metric, training), { namespace });
  const last = `(max(${cronJob(CRON_JOB_SUCCEEDED)}) or max(${cronJob(CRON_JOB_CREATED)}))`;
  // A point an hour, as the window may be weeks; more of them in one that may be shorter than an hour.
  const step = formatSeconds(Math.min(3600, Math.ceil(bound / 24)));
  const heldBack = `max(max_over_time(${cronJob(CRON_JOB_SUSPENDED)}[${formatSeconds(bound)}:${step}])) == 1`;
  return [
    {
      alert: 'TrainingScheduleMissed',
      expr: `time() - ${last} > ${bound} unless ${heldBack}`,
      for: '15m',
      labels: { severity: 'critical' },
      annotations: {
        summary: `No run of ${name} succeeds`,
        description: `The last success was {{ $value | humanizeDuration }} ago; its schedule has one at least every ${formatSeconds(periodSeconds)}.`,
      },
    },
  ];
}

function nodesOf({ nodes, gpusPerNode }: ObservedTraining): string {
  const each = gpusPerNode === 0 ? '' : ` with ${gpusPerNode} GPUs${nodes === 1 ? '' : ' each'}`;
  return `${nodes === 1 ? 'one node' : `${nodes} nodes`}${each}`;
}

/** kube-state-metrics writes labels with `_` for all that may not stand in Prometheus' own. */
function labelOf(label: string): string {
  return `label_${label.replace(/[^a-zA-Z0-9]/g, '_')}`;
}
