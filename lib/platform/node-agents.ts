import { Construct } from 'constructs';
import type { Namespace } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
import { isName, MAX_LABEL } from '../core/names';
import { InvalidInput, show } from '../core/problem';
import type { Platform } from './platform';

const ID = 'node-agents';

/**
 * The namespace of what must reach into the nodes, which Pod Security `restricted` forbids beside the platform's
 * pods: made with the first agent, and closed to the network. A platform that does not own its namespace leaves this
 * one to the same hands.
 *
 * @returns its name
 * @throws InvalidInput when the platform's namespace leaves no room for it
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#privileged
 */
export function nodeAgentsNamespace(platform: Platform): string {
  const name = `${platform.namespace}-${ID}`;
  if (!isName(name)) {
    const text = `namespace must leave room for '-${ID}' in ${MAX_LABEL} characters, got ${show(platform.namespace)}`;
    throw new InvalidInput([{ where: platform.node.path, text }]);
  }
  if (platform.node.tryFindChild(ID) !== undefined || platform.node.tryFindChild('namespace') === undefined) {
    return name;
  }
  const scope = new Construct(platform, ID);
  const levels = ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'privileged']);
  const namespace = kubernetesObject<Namespace>(scope, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: Object.fromEntries(levels) },
  });
  clusterWide(namespace);
  kubernetesObject<NetworkPolicy>(scope, 'default-deny', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace: name },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
  return name;
}
