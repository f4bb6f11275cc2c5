import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { Manifests } from '../../../lib/testing';

type Labels = Readonly<Record<string, string>>;

/** Pods that are all alike: those of a workload, or somebody else's. */
export interface Pods {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly number[];
}

/** The pods of all Deployments and StatefulSets. */
export function podsOf(manifests: Manifests): Pods[] {
  return [...manifests.ofKind('Deployment'), ...manifests.ofKind('StatefulSet')].map(({ metadata, spec }) => {
    const { template } = spec as { template: PodTemplateSpec };
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      labels: (template.metadata?.labels ?? {}) as Labels,
      ports: (template.spec?.containers ?? []).flatMap(({ ports }) =>
        (ports ?? []).map(({ containerPort }) => containerPort),
      ),
    };
  });
}

/**
 * Who reaches whom, as `from -> to:port`, by Kubernetes' rules: a pod that a policy selects may do what some policy
 * allows it, and both ends must allow it.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function edges(manifests: Manifests, pods: readonly Pods[]): string[] {
  const policies = manifests.ofKind('NetworkPolicy').map(({ metadata, spec }) => ({
    namespace: metadata.namespace ?? '',
    spec: spec as unknown as NetworkPolicySpec,
  }));
  return pods
    .flatMap((from) =>
      pods.flatMap((to) =>
        to.ports
          .filter((port) => from !== to && allows('Egress', from, to, port) && allows('Ingress', to, from, port))
          .map((port) => `${from.name} -> ${to.name}:${port}`),
      ),
    )
    .sort();

  function allows(direction: 'Ingress' | 'Egress', owner: Pods, other: Pods, port: number): boolean {
    const about = policies.filter(
      ({ namespace, spec }) =>
        namespace === owner.namespace &&
        spec.policyTypes?.includes(direction) &&
        matches(spec.podSelector.matchLabels as Labels | undefined, owner.labels),
    );
    if (about.length === 0) return true;
    return about.some(({ namespace, spec }) => {
      const rules =
        direction === 'Ingress'
          ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
          : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
      return rules.some(
        (rule) =>
          (rule.peers === undefined || rule.peers.some((peer) => isPeer(peer, other, namespace))) &&
          (rule.ports === undefined || rule.ports.some((open: NetworkPolicyPort) => open.port === port)),
      );
    });
  }
}

function isPeer({ podSelector, namespaceSelector }: NetworkPolicyPeer, pods: Pods, own: string): boolean {
  if (podSelector === undefined && namespaceSelector === undefined) return false;
  const inNamespace =
    namespaceSelector === undefined
      ? pods.namespace === own
      : matches(namespaceSelector.matchLabels as Labels | undefined, {
          'kubernetes.io/metadata.name': pods.namespace,
        });
  return inNamespace && matches(podSelector?.matchLabels as Labels | undefined, pods.labels);
}

function matches(selector: Labels = {}, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
