import type { Cluster } from '../../platform/cluster';

/**
 * The Ingress controllers whose timeout and retries an Ingress can really set. Those of the clouds are missing: what
 * they offer beside it is an idle time (AWS), or stands in objects of their own.
 */
export const INGRESS_CONTROLLERS = ['traefik', 'ingress-nginx'] as const;
/** The name of one. @useDeclaredType */
export type IngressController = (typeof INGRESS_CONTROLLERS)[number];

/** The class that each installs by default. */
export const INGRESS_CLASS: Record<IngressController, string> = { traefik: 'traefik', 'ingress-nginx': 'nginx' };

/** The implementations of the Gateway API that differ in a way that matters here. */
export const GATEWAY_CONTROLLERS = ['envoy-gateway', 'istio', 'traefik', 'other'] as const;

/** The namespace in which a controller's pods run, as its own installation has it. */
export function controllerNamespace(controller: IngressController, cluster: Cluster): string {
  if (controller === 'ingress-nginx') return 'ingress-nginx';
  return cluster.distribution === 'k3s' ? 'kube-system' : 'traefik';
}
