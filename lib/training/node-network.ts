import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { openings } from '../platform/callers';
import { CREDENTIALS_EGRESS } from '../platform/credentials';
import { type Identity, selectorLabels, workloadMetadata } from '../platform/labels';
import type { Engine } from './engines/capabilities';
import { OPERATOR_INGRESS } from './engines/rayjob';
import { PROGRESS } from './progress';
import { RENDEZVOUS_PORT } from './torchrun';
import type { TrainingJobSettings } from './training-job-props';

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

/** Who beside its nodes may call the pods of a run. */
export function callersOf({ progress }: TrainingJobSettings, engine: Engine): NetworkPolicyIngressRule[] {
  const scraped = progress ? PROGRESS.port : undefined;
  return [
    ...(engine === 'rayjob' ? [OPERATOR_INGRESS] : []),
    ...openings({ serving: [], scraped, isOpenToNamespace: false }),
  ];
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
