import type { NodeSelectorRequirement, PodSpec, Toleration } from 'kubernetes-types/core/v1';
import type { Distribution } from './distributions';

/**
 * The GPU types that recstack knows, each with the labels of nodes that carry it: `products` are values of
 * `nvidia.com/gpu.product`, which NVIDIA's GPU feature discovery sets from the device's name (form factors of
 * the same memory count as one type); `gke` is the value of GKE's own label.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin/blob/main/internal/lm/resource.go
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/autopilot-gpus
 */
const GPUS = {
  'nvidia-t4': { products: ['Tesla-T4'], gke: 'nvidia-tesla-t4' },
  'nvidia-l4': { products: ['NVIDIA-L4'], gke: 'nvidia-l4' },
  'nvidia-a10': { products: ['NVIDIA-A10'] },
  'nvidia-a10g': { products: ['NVIDIA-A10G'] },
  'nvidia-l40s': { products: ['NVIDIA-L40S'] },
  'nvidia-a100-40gb': { products: ['NVIDIA-A100-SXM4-40GB', 'NVIDIA-A100-PCIE-40GB'], gke: 'nvidia-tesla-a100' },
  'nvidia-a100-80gb': { products: ['NVIDIA-A100-SXM4-80GB', 'NVIDIA-A100-80GB-PCIe'], gke: 'nvidia-a100-80gb' },
  'nvidia-h20': { products: ['NVIDIA-H20'] },
  'nvidia-h100-80gb': { products: ['NVIDIA-H100-80GB-HBM3', 'NVIDIA-H100-PCIe'], gke: 'nvidia-h100-80gb' },
  'nvidia-h200': { products: ['NVIDIA-H200'], gke: 'nvidia-h200-141gb' },
  'nvidia-b200': { products: ['NVIDIA-B200'], gke: 'nvidia-b200' },
} as const satisfies Record<string, { products: readonly string[]; gke?: string }>;

/** A type of GPU, such as `'nvidia-l4'`. @useDeclaredType */
export type GpuType = keyof typeof GPUS;

/** All types of GPU that recstack knows. */
export const GPU_TYPES = Object.keys(GPUS) as [GpuType, ...GpuType[]];

/** The requirement that a pod's node carries a type of GPU, or undefined where the platform has no label for it. */
export function nodeRequirement(type: GpuType, distribution: Distribution): NodeSelectorRequirement | undefined {
  const { products, gke }: { products: readonly string[]; gke?: string } = GPUS[type];
  if (distribution !== 'gke') return { key: 'nvidia.com/gpu.product', operator: 'In', values: [...products] };
  return gke === undefined ? undefined : { key: 'cloud.google.com/gke-accelerator', operator: 'In', values: [gke] };
}

/** What brings a pod to nodes with GPUs, and those of one type if there is one: affinity and tolerations. */
export function gpuPlacement(
  type: GpuType | undefined,
  distribution: Distribution,
): Pick<PodSpec, 'affinity' | 'tolerations'> {
  const requirement = type === undefined ? undefined : nodeRequirement(type, distribution);
  if (requirement === undefined) return { tolerations: tolerations(distribution) };
  const terms = { nodeSelectorTerms: [{ matchExpressions: [requirement] }] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
    tolerations: tolerations(distribution),
  };
}

/**
 * What keeps other pods off GPU nodes and must be tolerated. `nvidia.com/gpu` is what GKE sets and the device
 * plugin's own charts tolerate; Azure's documentation uses `sku=gpu`.
 */
function tolerations(distribution: Distribution): Toleration[] {
  const nvidia: Toleration = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };
  const azure: Toleration = { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' };
  return distribution === 'aks' ? [nvidia, azure] : [nvidia];
}
