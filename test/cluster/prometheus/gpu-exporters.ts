import type { Manifest } from '../../../lib/testing';

/** Where clusters have NVIDIA's GPU operator and its exporter. */
export const GPU_NAMESPACE = 'gpu-operator';

/**
 * dcgm-exporter on all nodes with GPUs of a product: as its own chart labels it, and as the GPU operator does.
 *
 * @see https://github.com/NVIDIA/dcgm-exporter/blob/main/dcgm-exporter.yaml
 * @see https://github.com/NVIDIA/gpu-operator/blob/main/assets/state-dcgm-exporter/0800_daemonset.yaml
 */
export function gpuExporters(products: { readonly chart: string; readonly operator: string }): Manifest[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: GPU_NAMESPACE } },
    daemonSet('dcgm-exporter', { 'app.kubernetes.io/name': 'dcgm-exporter' }, products.chart),
    daemonSet('nvidia-dcgm-exporter', { app: 'nvidia-dcgm-exporter' }, products.operator),
  ];
}

function daemonSet(name: string, labels: Readonly<Record<string, string>>, product: string): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: GPU_NAMESPACE },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { 'nvidia.com/gpu.product': product },
          tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
          containers: [
            {
              name,
              image: 'nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless',
              ports: [{ name: 'metrics', containerPort: 9400 }],
            },
          ],
        },
      },
    },
  };
}
