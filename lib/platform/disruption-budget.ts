import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { workloadMetadata } from './labels';

/** Lets a node be drained one pod at a time, and pods that are broken anyway at any time. */
export function disruptionBudget(metadata: ReturnType<typeof workloadMetadata>, matchLabels: Record<string, string>) {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { maxUnavailable: 1, selector: { matchLabels }, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  } as const satisfies PodDisruptionBudget;
}
