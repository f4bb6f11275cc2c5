import type { ObservedTraining } from '../core/observed';
import type { Series } from '../core/server-metrics';

/*
 * What kube-state-metrics tells of the objects of Kubernetes. Its series carry the label namespace, and job_name, cronjob
 * or pod. Times are Unix times in seconds.
 * @see https://github.com/kubernetes/kube-state-metrics/tree/v2.18.0/docs/metrics/workload
 */

/** Of each Job, when it was made. */
export const JOB_CREATED: Series = { name: 'kube_job_created' };

/** Of each Job that has started, when; anew when it goes on after it was suspended. */
export const JOB_STARTED: Series = { name: 'kube_job_status_start_time' };

/** Of each Job that has succeeded, when. */
export const JOB_COMPLETED: Series = { name: 'kube_job_status_completion_time' };

/** 1 of each Job that has failed for good; `kube_job_status_failed` also counts pods that are made good. */
export const JOB_FAILED: Series = { name: 'kube_job_failed', where: 'condition="true"' };

/** How often the JobSet of a Job had started all nodes again when it made it; nothing of other Jobs. */
export const RESTART_ATTEMPT = { label: 'jobset.sigs.k8s.io/restart-attempt', metric: 'kube_job_labels' } as const;

/** Of each CronJob, when it was made. */
export const CRON_JOB_CREATED: Series = { name: 'kube_cronjob_created' };

/** Of each CronJob of which a run has succeeded, when that was. */
export const CRON_JOB_SUCCEEDED: Series = { name: 'kube_cronjob_status_last_successful_time' };

/** 1 of each CronJob that is suspended, else 0. */
export const CRON_JOB_SUSPENDED: Series = { name: 'kube_cronjob_spec_suspend' };

/** 1 for the phase of each pod, 0 for the others. */
export const POD_PHASE: Series = { name: 'kube_pod_status_phase' };

/** What each container asks for, also after it has ended. */
export const POD_REQUESTS: Series = { name: 'kube_pod_container_resource_requests' };

/** All that is asked of kube-state-metrics. */
export const OBJECT_METRICS: readonly string[] = [
  JOB_CREATED.name,
  JOB_STARTED.name,
  JOB_COMPLETED.name,
  JOB_FAILED.name,
  RESTART_ATTEMPT.metric,
  CRON_JOB_CREATED.name,
  CRON_JOB_SUCCEEDED.name,
  CRON_JOB_SUSPENDED.name,
  POD_PHASE.name,
  POD_REQUESTS.name,
];

/** Restricts series to the Jobs of a training. */
export function ofJobs({ name, where }: Series, { jobs }: ObservedTraining): Series {
  return { name, where: [`job_name=~"${jobs}"`, ...(where === undefined ? [] : [where])].join(',') };
}

/** Restricts series to the pods of a training. */
export function ofTrainingPods({ name }: Series, { pods }: ObservedTraining, ...more: readonly string[]): Series {
  return { name, where: [`pod=~"${pods}"`, ...more].join(',') };
}

/** Restricts series to the CronJob of a training, which has its name. */
export function ofCronJob({ name }: Series, training: ObservedTraining): Series {
  return { name, where: `cronjob="${training.name}"` };
}
