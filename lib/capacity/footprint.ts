import { type Bytes, bytes, type Cpu, cores } from '../core/quantities';

/** What pods ask of a cluster. */
export interface Footprint {
  readonly pods: number;
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Whole GPUs. */
  readonly gpus: number;
}

/** A Kubernetes object, as far as its pods matter. */
interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Container {
  readonly resources?: { readonly requests?: Readonly<Record<string, string | number>> };
}

const NOTHING: Footprint = { pods: 0, cpu: 0, memory: 0, gpus: 0 };

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
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ metadata, spec }) => {
        const { scaleTargetRef, ...bounds } = spec as Bounds & { scaleTargetRef: { kind: string; name: string } };
        return [key(scaleTargetRef.kind, metadata.namespace, scaleTargetRef.name), bounds] as const;
      }),
  );
  let least = NOTHING;
  let most = NOTHING;
  for (const { kind, metadata, spec } of manifests) {
    const count = podsOf(kind, spec, autoscalers.get(key(kind, metadata.namespace, metadata.name)));
    if (count === undefined) continue;
    const pod = podRequests(podSpecOf(kind, spec));
    least = plus(least, pod, count.least);
    most = plus(most, pod, count.most);
  }
  return { least, most };
}

interface Bounds {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
}

function key(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function podsOf(kind: string, spec: unknown, bounds: Bounds | undefined): { least: number; most: number } | undefined {
  const {
    replicas = 1,
    parallelism = 1,
    strategy,
    jobTemplate,
  } = (spec ?? {}) as {
    replicas?: number;
    parallelism?: number;
    strategy?: { rollingUpdate?: { maxSurge?: number | string } };
    jobTemplate?: { spec?: { parallelism?: number } };
  };
  if (kind === 'Deployment' || kind === 'StatefulSet') {
    const least = bounds?.minReplicas ?? (bounds === undefined ? replicas : 1);
    const most = bounds?.maxReplicas ?? replicas;
    return { least, most: most + surge(kind, strategy?.rollingUpdate?.maxSurge, most) };
  }
  if (kind === 'Job') return { least: 0, most: parallelism };
  if (kind === 'CronJob') return { least: 0, most: jobTemplate?.spec?.parallelism ?? 1 };
  return undefined;
}

/** Kubernetes rounds a surge in percent up, and takes 25 % where a Deployment says nothing. */
function surge(kind: string, maxSurge: number | string = kind === 'Deployment' ? '25%' : 0, replicas: number): number {
  return typeof maxSurge === 'number' ? maxSurge : Math.ceil((Number.parseFloat(maxSurge) / 100) * replicas);
}

function podSpecOf(kind: string, spec: unknown): PodSpec {
  const holder = kind === 'CronJob' ? (spec as { jobTemplate: { spec: object } }).jobTemplate.spec : spec;
  return (holder as { template: { spec: PodSpec } }).template.spec;
}

/** The scheduler counts the containers together, or the largest init container if that is more. */
function podRequests({ containers = [], initContainers = [] }: PodSpec): Footprint {
  const together = containers.reduce((sum, container) => plus(sum, requests(container), 1), NOTHING);
  return initContainers.map(requests).reduce(
    (most, { cpu, memory, gpus }) => ({
      pods: 1,
      cpu: Math.max(most.cpu, cpu),
      memory: Math.max(most.memory, memory),
      gpus: Math.max(most.gpus, gpus),
    }),
    { ...together, pods: 1 },
  );
}

function requests({ resources }: Container): Footprint {
  const { cpu = '0', memory = '0', 'nvidia.com/gpu': gpus = 0 } = resources?.requests ?? {};
  return {
    pods: 0,
    cpu: cores(String(cpu) as Cpu),
    memory: memory === '0' ? 0 : bytes(String(memory) as Bytes),
    gpus: Number(gpus),
  };
}

function plus(sum: Footprint, pod: Footprint, times: number): Footprint {
  return {
    pods: sum.pods + pod.pods * times,
    cpu: sum.cpu + pod.cpu * times,
    memory: sum.memory + pod.memory * times,
    gpus: sum.gpus + pod.gpus * times,
  };
}
