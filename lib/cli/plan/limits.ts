import type { Manifest } from '../../synth/manifest';

/** The fewest and the most replicas that the objects which scale a server leave it. */
export function limitsOf(manifests: readonly Manifest[]): { readonly fewest: number; readonly most: number } {
  for (const { kind, spec } of manifests) {
    // What Kubernetes and KEDA take where nothing is said.
    if (kind === 'HorizontalPodAutoscaler') {
      const { minReplicas = 1, maxReplicas = 1 } = spec as { minReplicas?: number; maxReplicas?: number };
      return { fewest: minReplicas, most: maxReplicas };
    }
    if (kind === 'ScaledObject') {
      const { minReplicaCount = 0, maxReplicaCount = 100 } = spec as {
        minReplicaCount?: number;
        maxReplicaCount?: number;
      };
      return { fewest: minReplicaCount, most: maxReplicaCount };
    }
  }
  throw new Error('neither a HorizontalPodAutoscaler nor a ScaledObject is among the objects of an autoscaler');
}
