import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { kubernetesObject } from '../core/kubernetes-object';

/** The fields of a ServersTransport that are in use. */
export interface ServersTransportSpec {
  readonly forwardingTimeouts: {
    /** How long the server may take from the whole request to the head of its answer. */
    readonly responseHeaderTimeout: string;
  };
}

/**
 * How Traefik talks to a server.
 *
 * @see https://github.com/traefik/traefik/blob/v3.6.0/pkg/provider/kubernetes/crd/traefikio/v1alpha1/serverstransport.go
 */
export function serversTransport(
  scope: Construct,
  id: string,
  {
    metadata,
    spec,
  }: { readonly metadata: ApiObjectMetadata & { readonly name: string }; readonly spec: ServersTransportSpec },
): ApiObject {
  return kubernetesObject(scope, id, { apiVersion: 'traefik.io/v1alpha1', kind: 'ServersTransport', metadata, spec });
}
