import { DISTRIBUTIONS } from '../../lib/platform/distributions';
import {
  deviceNames,
  GPU_TYPES,
  type GpuType,
  gpuMemory,
  gpuPlacement,
  nodeRequirement,
} from '../../lib/platform/gpus';

const NVIDIA = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' };
const AZURE = { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' };

test('a type of GPU is found by the product that the device plugin labels nodes with', () => {
  expect(nodeRequirement('nvidia-l4', 'eks')).toEqual({
    key: 'nvidia.com/gpu.product',
    operator: 'In',
    values: ['NVIDIA-L4'],
  });
});

test('form factors of one GPU count as one type', () => {
  expect(nodeRequirement('nvidia-a100-80gb', 'kubeadm')?.values).toEqual([
    'NVIDIA-A100-SXM4-80GB',
    'NVIDIA-A100-80GB-PCIe',
  ]);
});

test('on GKE a type of GPU is found by its own label, which not all types have', () => {
  expect(nodeRequirement('nvidia-t4', 'gke')).toEqual({
    key: 'cloud.google.com/gke-accelerator',
    operator: 'In',
    values: ['nvidia-tesla-t4'],
  });
  expect(nodeRequirement('nvidia-a10g', 'gke')).toBeUndefined();
});

test('on ACK a type of GPU is found by the label that ACK itself puts on nodes, but for divided cards', () => {
  expect(nodeRequirement('nvidia-t4', 'ack')).toEqual({
    key: 'aliyun.accelerator/nvidia_name',
    operator: 'In',
    values: ['Tesla-T4'],
  });
  expect(nodeRequirement('nvidia-t4', 'ack', '-SHARED')).toEqual({
    key: 'nvidia.com/gpu.product',
    operator: 'In',
    values: ['Tesla-T4-SHARED'],
  });
});

test('every type can be found outside of GKE, and no product belongs to two types', () => {
  const products = GPU_TYPES.flatMap((type) => nodeRequirement(type, 'other')?.values ?? []);
  expect(products.length).toBeGreaterThanOrEqual(GPU_TYPES.length);
  expect(new Set(products).size).toBe(products.length);
  const labels = GPU_TYPES.flatMap((type) => nodeRequirement(type, 'gke')?.values ?? []);
  expect(new Set(labels).size).toBe(labels.length);
});

test("a change of one pod's requirement does not reach the next pod", () => {
  nodeRequirement('nvidia-l4', 'eks')?.values?.push('something');
  expect(nodeRequirement('nvidia-l4', 'eks')?.values).toEqual(['NVIDIA-L4']);
});

test('the label of a divided card says how it is divided', () => {
  expect(nodeRequirement('nvidia-a100-80gb', 'eks', '-MIG-2g.20gb')?.values).toEqual([
    'NVIDIA-A100-SXM4-80GB-MIG-2g.20gb',
    'NVIDIA-A100-80GB-PCIe-MIG-2g.20gb',
  ]);
});

test('the driver knows a type by names with spaces, and its memory as nvidia-smi shows it', () => {
  expect(deviceNames('nvidia-h100-80gb')).toEqual(['NVIDIA H100 80GB HBM3', 'NVIDIA H100 PCIe']);
  expect(gpuMemory('nvidia-l4')).toBe(23_034 * 2 ** 20);
});

const requirement = { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-L4'] };

test('a pod with requirements goes to nodes that meet all of them', () => {
  expect(gpuPlacement([requirement], 'k3s')).toEqual({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [requirement] }] },
      },
    },
    tolerations: [NVIDIA],
  });
});

test('a pod that takes any GPU is only let onto GPU nodes', () => {
  expect(gpuPlacement([], 'eks')).toEqual({ tolerations: [NVIDIA] });
});

test("the taint of Azure's documentation is tolerated on AKS, and only there", () => {
  for (const distribution of DISTRIBUTIONS) {
    expect(gpuPlacement([], distribution).tolerations).toEqual(distribution === 'aks' ? [NVIDIA, AZURE] : [NVIDIA]);
  }
  expect(gpuPlacement([requirement], 'aks').tolerations).toEqual([NVIDIA, AZURE]);
});

test('a GPU that recstack does not know does not compile', () => {
  // @ts-expect-error: not a type of GPU
  const type: GpuType = 'nvidia-l40';
  expect(GPU_TYPES).not.toContain(type);
});
