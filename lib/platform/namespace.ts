import type { ApiObject } from 'cdk8s';
import type { Namespace } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
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
  kubernetesObject<NetworkPolicy>(platform, 'allow-dns', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'allow-dns' },
    spec: {
      podSelector: {},
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
  return namespace;
}
