import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { CREDENTIALS_EGRESS } from '../platform/credentials';
import { type Identity, selectorLabels, workloadMetadata } from '../platform/labels';
import { RENDEZVOUS_PORT } from './torchrun';

/**
 * The nodes of a run talk to each other on ports that NCCL and Gloo choose, and to stores of data by HTTPS with the pods'
 * identity. Others may call them as the given rules say.
 */
export function nodesPolicy(run: Identity, callers: readonly NetworkPolicyIngressRule[]) {
  const nodes = { podSelector: { matchLabels: selectorLabels(run) } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(run.name, 'training'),
    spec: {
      ...nodes,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [nodes] }, ...callers],
      egress: [{ to: [nodes] }, { ports: [{ protocol: 'TCP', port: 443 }] }, CREDENTIALS_EGRESS],
    },
  } as const satisfies NetworkPolicy;
}

/** Gives the nodes of a run their host names. */
export function nodesService(run: Identity) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: workloadMetadata(run.name, 'training'),
    spec: {
      clusterIP: 'None',
      // The nodes look for each other before any of them is ready.
      publishNotReadyAddresses: true,
      selector: selectorLabels(run),
      ports: [{ name: 'rendezvous', port: RENDEZVOUS_PORT, targetPort: RENDEZVOUS_PORT, protocol: 'TCP' }],
    },
  } as const satisfies Service;
}
