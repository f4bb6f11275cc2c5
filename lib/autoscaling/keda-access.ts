import { Lazy } from 'cdk8s';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import { observedPrometheus } from '../core/observed';
import { selectorLabels, workloadMetadata } from '../platform/labels';
import type { Platform } from '../platform/platform';

const ID = 'keda-access';

/** Lets KEDA's operator, wherever it runs, ask the platform's Prometheus; once for the platform. */
export function letKedaIn(platform: Platform): void {
  if (platform.node.tryFindChild(ID) !== undefined) return;
  const found = () => observedPrometheus(platform);
  kubernetesObject<NetworkPolicy>(platform, ID, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(ID, 'autoscaling'),
    spec: {
      podSelector: {
        matchLabels: Lazy.any({
          produce: () => selectorLabels({ platform: platform.node.id, name: found()?.name ?? '' }),
        }),
      },
      policyTypes: ['Ingress'],
      ingress: [
        {
          // Its chart and its manifests label the operator so.
          from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'keda-operator' } } }],
          ports: [{ protocol: 'TCP', port: Lazy.any({ produce: () => found()?.port }) }],
        },
      ],
    },
  });
}
