import { bytes } from '../core/quantities';
import type { Cluster } from './cluster';
import { type GpuMemory, type GpuRequest, gpuTypeOf } from './gpu-request';
import { type GpuType, gpuMemory } from './gpus';

/** What is wrong with asking for GPUs in this way on this cluster, as sentences that begin with the prop's name. */
export function gpuProblems(request: GpuRequest, cluster: Cluster): string[] {
  const type = gpuTypeOf(request);
  const unknown = type === undefined ? undefined : cluster.problemWithGpu(type);
  const where = request.claim !== undefined ? 'gpu.claim.type' : 'gpu.type';
  if (unknown !== undefined) return [`${where} ${unknown}`];
  if (request.claim !== undefined) return claimProblems(cluster);
  if (request.memory !== undefined) return memoryProblems(request, cluster);
  if (request.mig !== undefined) return migProblems(request.type, request.mig, cluster);
  if (request.share !== undefined) return shareProblems(request.type, request.share, cluster);
  return [];
}

function claimProblems(cluster: Cluster): string[] {
  const problems: string[] = [];
  if (!cluster.supports('DRA')) {
    problems.push(
      `gpu.claim must run on Kubernetes ${cluster.since('DRA')} or newer, got ${cluster.kubernetes}: ask by gpu.type`,
    );
  }
  if (!cluster.has('nvidia-dra-driver')) {
    problems.push(
      'gpu.claim must be met by a driver, but the cluster has no nvidia-dra-driver: add it to cluster.addons or ask by gpu.type',
    );
  }
  return problems;
}

function memoryProblems({ memory, type }: GpuMemory, cluster: Cluster): string[] {
  const problems: string[] = [];
  if (!cluster.has('gpushare')) {
    problems.push(
      `gpu.memory must be shared out by Alibaba Cloud's scheduler, got '${memory}', but the cluster has no gpushare: add it to cluster.addons`,
    );
  }
  if (type !== undefined && bytes(memory) > gpuMemory(type)) {
    problems.push(
      `gpu.memory must be a part of one card, got '${memory}', more than ${type} has: ask for a larger card`,
    );
  }
  return problems;
}

function migProblems(type: GpuType, mig: string, cluster: Cluster): string[] {
  const sharing = cluster.gpuSharing(type);
  if (sharing?.by === 'mig-mixed' || (sharing?.by === 'mig-single' && sharing.profile === mig)) return [];
  const there = sharing?.by === 'mig-single' ? `are cut into ${sharing.profile}` : 'are not said to be cut by MIG';
  return [
    `gpu.mig must be a slice that the cluster has, got '${mig}', but its ${type} ${there}: describe it in cluster.gpuSharing`,
  ];
}

function shareProblems(type: GpuType, share: string, cluster: Cluster): string[] {
  if (cluster.distribution === 'gke' && share === 'mps') {
    return [
      "gpu.share must be 'time-slicing' on gke, got 'mps', where it needs hostIPC, which Pod Security restricted forbids",
    ];
  }
  const sharing = cluster.gpuSharing(type);
  if (sharing?.by === share) return [];
  const there = sharing === undefined ? 'are not said to be shared' : `are shared by ${sharing.by}`;
  return [
    `gpu.share must be how the cluster shares them, got '${share}', but its ${type} ${there}: describe it in cluster.gpuSharing`,
  ];
}
