import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import type { CronJob, JobSpec } from 'kubernetes-types/batch/v1';
import { hash } from '../core/hash';
import { kubernetesObject } from '../core/kubernetes-object';
import { isName, MAX_CRON_JOB_NAME } from '../core/names';
import { InvalidInput } from '../core/problem';
import {
  emitProgram,
  type InClusterProgram,
  type InClusterProgramNodes,
  programPod,
} from '../platform/in-cluster-script';
import { workloadMetadata } from '../platform/labels';
import type { Peaks } from './peaks';
import { type PeakServer, type PlannedPeak, plannedPeaks } from './peaks-plan';
import { schedulesOf } from './peaks-schedule';

/** Where the fewest replicas stand in the kinds of autoscalers. */
const AUTOSCALERS = {
  HorizontalPodAutoscaler: {
    api: 'autoscaling/v2',
    resource: 'horizontalpodautoscalers',
    minimum: 'minReplicas',
    maximum: 'maxReplicas',
  },
  ScaledObject: {
    api: 'keda.sh/v1alpha1',
    resource: 'scaledobjects',
    minimum: 'minReplicaCount',
    maximum: 'maxReplicaCount',
  },
} as const;

/** An autoscaler and the server that it scales. */
export interface PeakJobsProps extends PeakServer {
  readonly autoscaler: { readonly kind: keyof typeof AUTOSCALERS; readonly name: string };
}

/** The constructs that raise the minimum of an autoscaler. */
export interface PeakJobsNodes extends InClusterProgramNodes {
  readonly cronJobs: readonly ApiObject[];
}

/** The Job of a run goes on looking for less than five minutes, when the next one is due; a call may take 20 s. */
const JOB_SECONDS = 330;

/** A run that could not be started in time is left out: the next one does the same. */
const STARTING_DEADLINE_SECONDS = 240;

/**
 * Emits what raises the minimum of an autoscaler before each peak, and lowers it after: CronJobs that are due every five
 * minutes from the lead of a peak until an hour after its end, each of which looks every 15 seconds for what the minimum
 * must be now. So neither a run that is missed nor an apply in the middle of a peak leaves it wrong for long, and outside of
 * peaks there is no pod. A HorizontalPodAutoscaler goes to its minimum at once, past its rules for going up.
 *
 * Of a ScaledObject, it does so for the peaks of once only: cron triggers do the others.
 *
 * @returns undefined where there is nothing to do
 * @throws InvalidInput where the name of the autoscaler leaves no room for those of the CronJobs
 */
export function emitPeakJobs(scope: Construct, peaks: Peaks, props: PeakJobsProps): PeakJobsNodes | undefined {
  const { autoscaler, ordinary } = props;
  const planned = plannedPeaks(peaks, props, 'jobs').filter((peak) => !isLeftToTriggers(peak, autoscaler.kind));
  if (planned.length === 0) return undefined;
  const parts = new Construct(scope, 'peaks');
  const { name } = autoscaler;
  const { resource, api, ...fields } = AUTOSCALERS[autoscaler.kind];
  const program: InClusterProgram = {
    name: `${name}-peaks`,
    component: 'autoscaling',
    files: ['autoscaling/in-cluster/peaks.py', 'core/in-cluster/hours.py', 'core/in-cluster/kube.py'],
    settings: () => ({ api, resource, name, ...fields, ordinary, timeZone: peaks.timeZone, events: planned }),
    rules: () => [
      { apiGroups: [api.split('/')[0] ?? ''], resources: [resource], resourceNames: [name], verbs: ['get', 'patch'] },
    ],
  };
  return {
    ...emitProgram(parts, program),
    cronJobs: due(planned, peaks.timeZone, name, scope).map((run) => emitCronJob(parts, program, run)),
  };
}

function isLeftToTriggers({ every }: PlannedPeak, kind: keyof typeof AUTOSCALERS): boolean {
  return kind === 'ScaledObject' && (every === 'day' || every === 'year');
}

interface Run {
  readonly id: string;
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
}

/** The runs of all peaks. Each sees to all of them, so that one is enough for those that are due at the same times. */
function due(planned: readonly PlannedPeak[], zone: string, prefix: string, scope: Construct): Run[] {
  const runs = new Map<string, Run>();
  const taken = new Map<string, number>();
  for (const peak of planned) {
    const { timeZone = zone } = peak;
    for (const schedule of schedulesOf(peak)) {
      const key = `${schedule} ${timeZone}`;
      if (runs.has(key)) continue;
      const id = idOf(peak.name, prefix, scope);
      const count = (taken.get(id) ?? 0) + 1;
      taken.set(id, count);
      const numbered = count === 1 ? id : `${id}-${count}`;
      runs.set(key, { id: numbered, name: `${prefix}-${numbered}`, schedule, timeZone });
    }
  }
  return [...runs.values()];
}

/** Room for the number of a second schedule, and of more. */
const NUMBER = '-999';

/** The name of an event where an object may bear it, else a short one for it. */
function idOf(event: string, prefix: string, scope: Construct): string {
  const fits = (id: string) => isName(`${prefix}-${id}${NUMBER}`, MAX_CRON_JOB_NAME);
  const short = hash(event).slice(0, 8);
  const id = [event, short].find(fits);
  if (id !== undefined) return id;
  const most = MAX_CRON_JOB_NAME - `-${short}${NUMBER}`.length;
  const text = `name must have at most ${most} characters with peaks, got '${prefix}': the names of their CronJobs begin with it`;
  throw new InvalidInput([{ where: scope.node.path, text }]);
}

function emitCronJob(parts: Construct, program: InClusterProgram, { id, name, schedule, timeZone }: Run): ApiObject {
  const { metadata, spec } = programPod(parts, program);
  const job: JobSpec = {
    // The next run tries again.
    backoffLimit: 0,
    activeDeadlineSeconds: JOB_SECONDS,
    template: { metadata, spec: { ...spec, restartPolicy: 'Never' } },
  };
  return kubernetesObject<CronJob>(parts, `cron-job-${id}`, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { ...workloadMetadata(program.name, program.component), name },
    spec: {
      schedule,
      timeZone,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec: job },
    },
  });
}
