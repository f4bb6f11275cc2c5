import type { NodeSelectorRequirement, PodSpec, Toleration } from 'kubernetes-types/core/v1';
import type { Distribution } from './distributions';

/**
 * The GPU types that recstack knows. `names` are the device's names as the driver tells them (form factors of the same
 * memory count as one type); `mebibytes` is its memory as nvidia-smi shows it; `gke` is the value of GKE's own label.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/autopilot-gpus
 */
const GPUS = {
  'nvidia-t4': { names: ['Tesla T4'], mebibytes: 15_360, gke: 'nvidia-tesla-t4' },
  'nvidia-l4': { names: ['NVIDIA L4'], mebibytes: 23_034, gke: 'nvidia-l4' },
  'nvidia-a10': { names: ['NVIDIA A10'], mebibytes: 23_028 },
  'nvidia-a10g': { names: ['NVIDIA A10G'], mebibytes: 23_028 },
  'nvidia-l40s': { names: ['NVIDIA L40S'], mebibytes: 46_068 },
  'nvidia-a100-40gb': {
    names: ['NVIDIA A100-SXM4-40GB', 'NVIDIA A100-PCIE-40GB'],
    mebibytes: 40_960,
    gke: 'nvidia-tesla-a100',
  },
  'nvidia-a100-80gb': {
    names: ['NVIDIA A100-SXM4-80GB', 'NVIDIA A100 80GB PCIe'],
    mebibytes: 81_920,
    gke: 'nvidia-a100-80gb',
  },
  'nvidia-h20': { names: ['NVIDIA H20'], mebibytes: 97_871 },
  'nvidia-h100-80gb': {
    names: ['NVIDIA H100 80GB HBM3', 'NVIDIA H100 PCIe'],
    mebibytes: 81_559,
    gke: 'nvidia-h100-80gb',
  },
  'nvidia-h200': { names: ['NVIDIA H200'], mebibytes: 143_771, gke: 'nvidia-h200-141gb' },
  'nvidia-b200': { names: ['NVIDIA B200'], mebibytes: 183_359, gke: 'nvidia-b200' },
} as const satisfies Record<string, GpuFacts>;

interface GpuFacts {
  readonly names: readonly string[];
  readonly mebibytes: number;
  readonly gke?: string;
}

/** A type of GPU, such as `'nvidia-l4'`. @useDeclaredType */
export type GpuType = keyof typeof GPUS;

/** All types of GPU that recstack knows. */
export const GPU_TYPES = Object.keys(GPUS) as [GpuType, ...GpuType[]];

/** The names by which the driver knows a type of GPU. */
export function deviceNames(type: GpuType): readonly string[] {
  return GPUS[type].names;
}

/** The memory of one card of a type, in bytes. */
export function gpuMemory(type: GpuType): number {
  return GPUS[type].mebibytes * 2 ** 20;
}

/**
 * The requirement that a pod's node carries a type of GPU, or undefined where the platform has no label for it.
 *
 * NVIDIA's GPU feature discovery makes the label of the device's name, and appends how the card is divided: `suffix`
 * is that, as `-MIG-2g.20gb` or `-SHARED`. ACK labels its nodes with the same name by itself, and knows no suffix.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin/blob/main/internal/lm/resource.go
 */
export function nodeRequirement(
  type: GpuType,
  distribution: Distribution,
  suffix = '',
): NodeSelectorRequirement | undefined {
  const { names, gke }: GpuFacts = GPUS[type];
  if (distribution !== 'gke') {
    const values = names.map((name) => `${name.replaceAll(' ', '-')}${suffix}`);
    const isLabelled = distribution === 'ack' && suffix === '';
    return { key: isLabelled ? 'aliyun.accelerator/nvidia_name' : 'nvidia.com/gpu.product', operator: 'In', values };
  }
  return gke === undefined ? undefined : { key: 'cloud.google.com/gke-accelerator', operator: 'In', values: [gke] };
}

/** What brings a pod to nodes with GPUs, and those that meet the requirements if there are any. */
export function gpuPlacement(
  requirements: readonly NodeSelectorRequirement[],
  distribution: Distribution,
): Pick<PodSpec, 'affinity' | 'tolerations'> {
  if (requirements.length === 0) return { tolerations: tolerations(distribution) };
  const terms = { nodeSelectorTerms: [{ matchExpressions: [...requirements] }] };
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
