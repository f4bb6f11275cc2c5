import type { ApiObject } from 'cdk8s';
import type { Namespace } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
import { LABELS } from './labels';
import type { Platform } from './platform';

/**
 * The platform's namespace: pods that could reach the node are refused (Pod Security `restricted`), and no
 * pod talks to another unless a construct allows it. All may ask the cluster's DNS.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function addNamespace(platform: Platform): ApiObject {
  const version = `v${platform.cluster.kubernetes.split('.').slice(0, 2).join('.')}`;
  const levels = ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, version],
  ]);
  const namespace = kubernetesObject<Namespace>(platform, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: platform.namespace, labels: Object.fromEntries(levels) },
  });
  clusterWide(namespace);
  kubernetesObject<NetworkPolicy>(platform, 'default-deny', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny' },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
  allowDns(platform, { name: 'allow-dns', podSelector: {} });
  return namespace;
}

/**
 * In a namespace of others, the platform's own pods may ask the cluster's DNS: each of them is closed to what no construct
 * allows, and would find nobody.
 */
export function addDns(platform: Platform): void {
  const podSelector = { matchLabels: { [LABELS.partOf]: platform.node.id } };
  allowDns(platform, { name: `${platform.node.id}-allow-dns`, podSelector });
}

function allowDns(platform: Platform, { name, podSelector }: { name: string; podSelector: object }): void {
  kubernetesObject<NetworkPolicy>(platform, 'allow-dns', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec: {
      podSelector,
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
            // NodeLocal DNSCache answers at this address on every node that runs it.
            { ipBlock: { cidr: '169.254.20.10/32' } },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  });
}
