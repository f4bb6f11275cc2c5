import { amount } from './amount';
import { plainWorkloads } from './engines';
import { type Amounts, claimedGpus, devices, type GpuPodSpec, type Gpus, NO_GPUS, wholeOrPart } from './gpus';

/** What pods ask of a cluster. */
export interface Footprint extends Gpus {
  readonly pods: number;
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

/** A Kubernetes object, as far as its pods matter. */
export interface Workload {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

interface PodSpec extends GpuPodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly InitContainer[];
}

interface Container {
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

interface InitContainer extends Container {
  /** `Always` makes it a sidecar. */
  readonly restartPolicy?: string;
}

interface JobSpec {
  readonly parallelism?: number;
  readonly completions?: number;
}

interface CronJobSpec {
  readonly jobTemplate: { readonly spec: JobSpec };
}

interface JobSetSpec {
  readonly replicatedJobs: readonly { readonly replicas?: number; readonly template: { readonly spec: JobSpec } }[];
}

const NOTHING: Footprint = { pods: 0, cpu: 0, memory: 0, ...NO_GPUS };

/**
 * What a set of manifests asks of a cluster: `least`, with every autoscaled workload at its minimum and no job
 * running; and `most`, with all at their maximum, every rollout at its surge and every job running.
 *
 * @example
 * ```ts
 * const { least, most } = footprint(manifests);
 * most.gpus; // how many GPUs the cluster must be able to give
 * ```
 */
export function footprint(manifests: readonly Workload[]): { least: Footprint; most: Footprint } {
  const autoscalers = new Map(
    manifests
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject')
      .map(({ kind, metadata, spec }) => {
        const { scaleTargetRef, ...given } = spec as Bounds &
          KedaBounds & { scaleTargetRef: { kind?: string; name: string } };
        const { minReplicaCount = 0, maxReplicaCount = 100 } = given;
        const bounds = kind === 'ScaledObject' ? { minReplicas: minReplicaCount, maxReplicas: maxReplicaCount } : given;
        return [key(scaleTargetRef.kind ?? 'Deployment', metadata.namespace, scaleTargetRef.name), bounds] as const;
      }),
  );
  let least = NOTHING;
  let most = NOTHING;
  for (const { apiVersion, kind, metadata, spec } of manifests.flatMap(plainWorkloads).flatMap(jobsOfSet)) {
    // Others have kinds of these names, too, such as the Job of Volcano.
    if (!/^(apps|batch)\//.test(apiVersion ?? '')) continue;
    const count = podsOf(kind, spec, autoscalers.get(key(kind, metadata.namespace, metadata.name)));
    if (count === undefined) continue;
    const podSpec = podSpecOf(kind, spec);
    const claimed = { ...NOTHING, gpus: claimedGpus(podSpec, manifests, metadata.namespace) };
    const pod = plus(podRequests(podSpec), claimed, 1);
    least = plus(least, pod, count.least);
    most = plus(most, pod, count.most);
  }
  return { least, most };
}

/** The Jobs of a JobSet, each as often as it runs; anything else is itself. */
function jobsOfSet(workload: Workload): Workload[] {
  const { apiVersion, kind, metadata, spec } = workload;
  if (kind !== 'JobSet' || !apiVersion?.startsWith('jobset.x-k8s.io/')) return [workload];
  return (spec as JobSetSpec).replicatedJobs.flatMap(({ replicas = 1, template }) => {
    return Array<Workload>(replicas).fill({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: template.spec });
  });
}

/** Of a ScaledObject of KEDA, with its defaults where nothing is said. */
interface KedaBounds {
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
}

interface Bounds {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
}

function key(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function podsOf(kind: string, spec: unknown, bounds: Bounds | undefined): { least: number; most: number } | undefined {
  if (kind === 'Job') return { least: 0, most: podsOfJob(spec as JobSpec) };
  if (kind === 'CronJob') return podsOf('Job', (spec as CronJobSpec).jobTemplate.spec, undefined);
  if (kind !== 'Deployment' && kind !== 'StatefulSet') return undefined;
  const { replicas = 1, strategy } = (spec ?? {}) as { replicas?: number; strategy?: Strategy };
  const least = bounds?.minReplicas ?? (bounds === undefined ? replicas : 1);
  const most = bounds?.maxReplicas ?? replicas;
  return { least, most: most + (kind === 'Deployment' ? surge(strategy, most) : 0) };
}

/** No more run than are left to complete. */
function podsOfJob({ parallelism = 1, completions = parallelism }: JobSpec): number {
  return Math.min(parallelism, completions);
}

interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxSurge?: number | string };
}

/** Kubernetes rounds a surge in percent up, and takes 25 % where a Deployment says nothing. */
function surge({ type, rollingUpdate }: Strategy = {}, replicas: number): number {
  const { maxSurge = type === 'Recreate' ? 0 : '25%' } = rollingUpdate ?? {};
  return typeof maxSurge === 'number' ? maxSurge : Math.ceil((Number.parseFloat(maxSurge) / 100) * replicas);
}

function podSpecOf(kind: string, spec: unknown): PodSpec {
  const holder = kind === 'CronJob' ? (spec as CronJobSpec).jobTemplate.spec : spec;
  return (holder as { template: { spec: PodSpec } }).template.spec;
}

/**
 * The scheduler counts the containers and sidecars together, or the largest init container, with the sidecars that
 * are started before it, if that is more.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function podRequests(podSpec: PodSpec): Footprint {
  const { containers = [], initContainers = [] } = podSpec;
  let sidecars = NOTHING;
  let peak = NOTHING;
  for (const container of initContainers) {
    const together = plus(sidecars, requests(container), 1);
    if (container.restartPolicy === 'Always') sidecars = together;
    peak = largest(peak, together);
  }
  const running = containers.reduce((sum, container) => plus(sum, requests(container), 1), sidecars);
  const all = largest(peak, running);
  return { ...all, ...wholeOrPart(all, podSpec), pods: 1 };
}

function largest(a: Footprint, b: Footprint): Footprint {
  return combine(a, b, Math.max);
}

/** Kubernetes takes a limit for a request that is missing. */
function requests({ resources }: Container): Footprint {
  const asked = { ...resources?.limits, ...resources?.requests };
  const { cpu = 0, memory = 0 } = asked;
  return { pods: 0, cpu: amount(cpu), memory: amount(memory), ...devices(asked) };
}

function plus(sum: Footprint, pod: Footprint, times: number): Footprint {
  return combine(sum, pod, (a, b) => a + b * times);
}

function combine(a: Footprint, b: Footprint, how: (a: number, b: number) => number): Footprint {
  const keys = Object.keys(NOTHING) as (keyof Footprint)[];
  return { ...NOTHING, ...Object.fromEntries(keys.map((key) => [key, how(a[key], b[key])])) };
}
