import type { NodeSelectorRequirement, PodSpec } from 'kubernetes-types/core/v1';
import type { Cluster } from './cluster';
import type { GpuClaim, GpuRequest } from './gpu-request';
import { deviceNames, type GpuType, gpuPlacement, nodeRequirement } from './gpus';

/** What a request for GPUs puts into a pod. */
export interface GpuNeeds {
  /** Requests and limits of the container that uses them. */
  readonly resources: Readonly<Record<string, string>>;
  /** Where the pod goes, and with what. */
  readonly pod: Pick<PodSpec, 'affinity' | 'tolerations' | 'runtimeClassName'>;
  /** The claim that the pod makes, where it makes one. */
  readonly claim?: { readonly count: number; readonly expression: string } | undefined;
  /** Whether `/dev/shm` is taken: MPS' daemon and its clients meet there, and a volume would cover it. */
  readonly ownsSharedMemory: boolean;
}

const GPU = 'nvidia.com/gpu';

/**
 * Translates a request into what the cluster's device plugin or driver understands.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
 */
export function gpuNeeds(request: GpuRequest, cluster: Cluster): GpuNeeds {
  if (request.claim !== undefined) {
    // The scheduler finds the node by its devices, and the driver injects them by CDI, in any runtime.
    const pod = gpuPlacement([], cluster.distribution);
    return {
      resources: {},
      pod,
      claim: { count: request.count, expression: expressionOf(request.claim) },
      ownsSharedMemory: false,
    };
  }
  return { ...devices(needsOf(request, cluster), cluster), ownsSharedMemory: request.share === 'mps' };
}

/** Whole cards, of any type where none is said. */
export function wholeGpus(type: GpuType | undefined, count: number, cluster: Cluster): GpuNeeds {
  if (type !== undefined) return gpuNeeds({ type, count }, cluster);
  return devices({ resource: GPU, amount: count, requirements: [] }, cluster);
}

function devices({ resource, amount, requirements }: DeviceNeeds, cluster: Cluster): GpuNeeds {
  const { gpuRuntimeClass } = cluster;
  return {
    resources: { [resource]: String(amount) },
    pod: {
      ...gpuPlacement(requirements, cluster.distribution),
      ...(gpuRuntimeClass === undefined ? {} : { runtimeClassName: gpuRuntimeClass }),
    },
    ownsSharedMemory: false,
  };
}

interface DeviceNeeds {
  readonly resource: string;
  readonly amount: number;
  readonly requirements: readonly NodeSelectorRequirement[];
}

function needsOf(request: Exclude<GpuRequest, GpuClaim>, cluster: Cluster): DeviceNeeds {
  const { distribution } = cluster;
  const { type } = request;
  const on = (suffix = '', ...more: NodeSelectorRequirement[]) => {
    const requirement = type === undefined ? undefined : nodeRequirement(type, distribution, suffix);
    return [...(requirement === undefined ? [] : [requirement]), ...more];
  };
  const isGke = distribution === 'gke';
  if (request.memory !== undefined) {
    // Nodes that also share out compute (core_mem) must not get pods that ask for memory only.
    const modes = { key: 'ack.node.gpu.schedule', operator: 'In', values: ['cgpu', 'share', 'mps'] };
    const amount = Number.parseInt(request.memory, 10);
    return { resource: 'aliyun.com/gpu-mem', amount, requirements: on('', ...(distribution === 'ack' ? [modes] : [])) };
  }
  if (request.mig !== undefined) {
    if (isGke) return { resource: GPU, amount: 1, requirements: on('', label('gke-gpu-partition-size', request.mig)) };
    const single = cluster.gpuSharing(request.type)?.by === 'mig-single';
    return single
      ? { resource: GPU, amount: 1, requirements: on(`-MIG-${request.mig}`) }
      : { resource: `nvidia.com/mig-${request.mig}`, amount: 1, requirements: on() };
  }
  if (request.share !== undefined) {
    if (isGke) {
      return { resource: GPU, amount: 1, requirements: on('', label('gke-gpu-sharing-strategy', 'time-sharing')) };
    }
    const sharing = cluster.gpuSharing(request.type);
    const renamed = sharing !== undefined && 'renamed' in sharing && sharing.renamed;
    // Where the resource has a name of its own, the product's label keeps its own, too.
    return renamed
      ? { resource: `${GPU}.shared`, amount: 1, requirements: on() }
      : { resource: GPU, amount: 1, requirements: on('-SHARED') };
  }
  return { resource: GPU, amount: request.count, requirements: on() };
}

function label(name: string, value: string): NodeSelectorRequirement {
  return { key: `cloud.google.com/${name}`, operator: 'In', values: [value] };
}

/**
 * The condition on a device, in CEL.
 *
 * @see https://github.com/NVIDIA/k8s-dra-driver-gpu/blob/main/cmd/gpu-kubelet-plugin/deviceinfo.go
 */
function expressionOf({ type, memory }: GpuClaim['claim']): string {
  return type === undefined
    ? `device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('${memory}')) >= 0`
    : `device.attributes['gpu.nvidia.com'].productName in [${deviceNames(type).map(quoted).join(', ')}]`;
}

function quoted(name: string): string {
  return `'${name}'`;
}
