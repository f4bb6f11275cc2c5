import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { workloadMetadata } from './labels';

/**
 * Lets a node be drained one pod at a time, and pods that are broken anyway at any time. `minAvailable` is for pods of
 * which Kubernetes can't tell how many there should be: their controller has no scale.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors
 */
export function disruptionBudget(
  metadata: ReturnType<typeof workloadMetadata>,
  matchLabels: Record<string, string>,
  minAvailable?: number,
) {
  const left = minAvailable === undefined ? { maxUnavailable: 1 } : { minAvailable };
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { ...left, selector: { matchLabels }, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  } as const satisfies PodDisruptionBudget;
}
