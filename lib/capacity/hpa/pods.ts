/** Pods that are alike in everything that the controller looks at, so that a thousand replicas are a few entries. */
export interface PodGroup {
  readonly count: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  /** Whether they have been told to end. */
  readonly deleted?: boolean;
  /** Their condition `Ready`, and since when, in seconds; undefined as long as there is none. */
  readonly ready?: { readonly is: boolean; readonly since: number };
  /** When the kubelet took them, in seconds. */
  readonly startedAt?: number;
}

/** What a metric says of the pods of one group, each of them. */
export interface Sample {
  /** In thousandths: whole numbers, as the controller reckons. */
  readonly value: number;
  /** When it was taken, and over how many seconds before. */
  readonly at: number;
  readonly window: number;
}

/** How the controller takes pods whose CPU tells nothing yet. */
export interface Readiness {
  /** Seconds after its start in which a pod that isn't ready, or wasn't for the whole of a sample, doesn't count. */
  readonly cpuInitializationPeriod: number;
  /** Seconds after its start within which a pod that is not ready counts as one that never was. */
  readonly initialReadinessDelay: number;
}

/** What becomes of a group in one metric. */
export type Standing = 'counts' | 'unready' | 'missing' | 'ignored';

/**
 * Whether a group's sample counts, as `groupPods` of the controller decides: a pod that is pending is unready, one
 * without a sample is missing, and only CPU is not believed of pods that start.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/replica_calculator.go
 */
export function standing(
  pod: PodGroup,
  sample: Sample | undefined,
  now: number,
  isCpu: boolean,
  readiness: Readiness,
): Standing {
  if (pod.deleted === true || pod.phase === 'Failed') return 'ignored';
  if (pod.phase === 'Pending') return 'unready';
  if (sample === undefined) return 'missing';
  return isCpu && isStarting(pod, sample, now, readiness) ? 'unready' : 'counts';
}

function isStarting({ ready, startedAt }: PodGroup, sample: Sample, now: number, readiness: Readiness): boolean {
  if (ready === undefined || startedAt === undefined) return true;
  if (startedAt + readiness.cpuInitializationPeriod > now) {
    return !ready.is || sample.at < ready.since + sample.window;
  }
  return !ready.is && startedAt + readiness.initialReadinessDelay > ready.since;
}
