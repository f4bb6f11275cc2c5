import type { Construct } from 'constructs';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { kubernetesObject } from '../../core/kubernetes-object';
import { selectorLabels } from '../../platform/labels';
import type { DeploymentInput } from '../deployment';

/**
 * The nodes of one Ray talk to each other on ports of their choice, and KubeRay's operator tells the head what to serve
 * and asks it how that goes.
 *
 * @see https://docs.ray.io/en/latest/ray-core/configure.html#ports-configurations
 */
export function rayNetworkPolicy(scope: Construct, { metadata, platform }: DeploymentInput): void {
  const nodes = { podSelector: { matchLabels: selectorLabels({ platform: platform.node.id, name: metadata.name }) } };
  const operator = {
    namespaceSelector: {},
    podSelector: { matchLabels: { 'app.kubernetes.io/component': 'kuberay-operator' } },
  };
  kubernetesObject<NetworkPolicy>(scope, 'ray-network-policy', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...metadata, name: `${metadata.name}-ray` },
    spec: {
      ...nodes,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [nodes] },
        { from: [operator], ports: [8000, 8265].map((port) => ({ protocol: 'TCP', port })) },
      ],
      egress: [{ to: [nodes] }],
    },
  });
}
