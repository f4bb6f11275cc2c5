import { type PodGroup, type Readiness, type Sample, type Standing, standing } from './pods';

/** By how much of its target usage may be off before anything is done, as shares. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** What one metric has to say in one sync; `undefined` where it could not be read. */
export type Reading =
  /** The sum over everything that an Object or External metric measures, in thousandths. */
  | { readonly total: number }
  /** Of each group of pods a sample, and of a resource what each pod of the group requests of it, in thousandths. */
  | { readonly samples: readonly (Sample | undefined)[]; readonly requests?: readonly (number | undefined)[] };

/** What a metric is held against. */
export interface Target {
  /**
   * - `utilization`: percent of what the pods request of a resource
   * - `podAverage`: thousandths for each pod, of a resource or of a Pods metric
   * - `total`: thousandths in all, of an Object or External metric
   * - `perReplica`: thousandths in all, shared among the replicas, of an Object or External metric
   */
  readonly kind: 'utilization' | 'podAverage' | 'total' | 'perReplica';
  readonly value: number;
  /** Whether it is the CPU, which pods use much of while they start. */
  readonly isCpu: boolean;
}

/** The workload in one sync. */
export interface Workload {
  /** Replicas that it is told to have. */
  readonly specReplicas: number;
  /** Replicas that it has, as its status says. */
  readonly statusReplicas: number;
  readonly pods: readonly PodGroup[];
}

/** What the controller goes by beside the metric. */
export interface Circumstances {
  readonly now: number;
  readonly tolerance: Tolerance;
  readonly readiness: Readiness;
}

/**
 * How many replicas a metric asks for, or `undefined` where it can't tell.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/replica_calculator.go
 */
export function proposal(
  target: Target,
  reading: Reading | undefined,
  workload: Workload,
  circumstances: Circumstances,
): number | undefined {
  if (reading === undefined) return undefined;
  if ('total' in reading) {
    const { tolerance } = circumstances;
    return target.kind === 'perReplica'
      ? forShared(reading.total, target.value, workload.statusReplicas, tolerance)
      : forTotal(reading.total / target.value, workload, tolerance);
  }
  return forPods(target, reading.samples, reading.requests, workload, circumstances);
}

/** Where the controller's numbers of replicas end. */
const MAX_INT32 = 2 ** 31 - 1;

/** Ready or not does not matter to it, so that a slow start causes no overshoot. */
function forShared(total: number, each: number, replicas: number, tolerance: Tolerance): number {
  return isWithin(tolerance, total / (each * replicas)) ? replicas : Math.min(MAX_INT32, Math.ceil(total / each));
}

function forTotal(ratio: number, { specReplicas, pods }: Workload, tolerance: Tolerance): number | undefined {
  if (specReplicas === 0) return Math.ceil(ratio);
  if (isWithin(tolerance, ratio)) return specReplicas;
  if (pods.length === 0) return undefined;
  let ready = 0;
  for (const pod of pods) if (pod.phase === 'Running' && pod.ready?.is === true) ready += pod.count;
  return Math.min(MAX_INT32, Math.ceil(ratio * ready));
}

function forPods(
  target: Target,
  samples: readonly (Sample | undefined)[],
  requests: readonly (number | undefined)[] | undefined,
  { specReplicas, pods }: Workload,
  { now, tolerance, readiness }: Circumstances,
): number | undefined {
  const usage = new Usage(target);
  const standings: Standing[] = [];
  let unready = false;
  let missing = false;
  for (const [i, pod] of pods.entries()) {
    const is = standing(pod, samples[i], now, target.isCpu, readiness);
    standings.push(is);
    unready ||= is === 'unready';
    missing ||= is === 'missing';
    if (is === 'counts') usage.add(pod.count, samples[i]?.value ?? 0, requests?.[i]);
  }
  if (usage.pods === 0) return undefined;
  // One pod without a request is enough for nobody to know what share of it is in use.
  if (target.kind === 'utilization' && pods.some((_, i) => requests?.[i] === undefined)) return undefined;
  const ratio = usage.ratio();
  if (ratio === undefined) return undefined;

  const grows = unready && ratio > 1;
  if (!grows && !missing) return isWithin(tolerance, ratio) ? specReplicas : Math.ceil(ratio * usage.pods);

  // Against the direction in which it would go, what isn't known is taken to need: all on the way down, nothing on
  // the way up.
  for (const [i, pod] of pods.entries()) {
    const request = requests?.[i];
    if (standings[i] === 'missing' && ratio < 1)
      usage.add(
        pod.count,
        target.kind === 'utilization' ? Math.trunc(((request ?? 0) * Math.max(100, target.value)) / 100) : target.value,
        request,
      );
    if (standings[i] === 'missing' && ratio > 1) usage.add(pod.count, 0, request);
    if (standings[i] === 'unready' && grows) usage.add(pod.count, 0, request);
  }
  const cautious = usage.ratio();
  if (cautious === undefined) return undefined;
  if (isWithin(tolerance, cautious) || (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1)) return specReplicas;
  const replicas = Math.ceil(cautious * usage.pods);
  const turns = (cautious < 1 && replicas > specReplicas) || (cautious > 1 && replicas < specReplicas);
  return turns ? specReplicas : replicas;
}

/** The pods that count towards a metric, and how much they use of its target. */
class Usage {
  pods = 0;
  private used = 0;
  private requested = 0;

  constructor(private readonly target: Target) {}

  add(pods: number, each: number, request = 0): void {
    this.pods += pods;
    this.used += pods * each;
    this.requested += pods * request;
  }

  /** Use by target. Percents and averages are whole numbers before they are divided, as in the controller. */
  ratio(): number | undefined {
    const { kind, value } = this.target;
    if (kind === 'podAverage') return Math.trunc(this.used / this.pods) / value;
    return this.requested === 0 ? undefined : Math.trunc((this.used * 100) / this.requested) / value;
  }
}

function isWithin({ up, down }: Tolerance, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}
