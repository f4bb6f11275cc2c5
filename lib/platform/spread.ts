import type { TopologySpreadConstraint } from 'kubernetes-types/core/v1';

/**
 * Spreads a workload's replicas over zones and nodes, evenly if possible: where room is scarce, a replica in the wrong
 * zone is better than none.
 */
export function evenly(matchLabels: Record<string, string>): TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
    // Old and new pods of a rollout are spread apart from each other.
    matchLabelKeys: ['pod-template-hash'],
  }));
}
