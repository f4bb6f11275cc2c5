import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { kubernetesObject } from '../core/kubernetes-object';

/** The part of a rule's timeouts that a route without retries needs: both bound the one request that is made. */
export interface HttpRouteTimeouts {
  /** From the client's request to the whole answer. */
  readonly request: string;
  /** From the gateway's request to the server to the whole answer; at most `request`. */
  readonly backendRequest: string;
}

/** The fields of an HTTPRoute that are in use. */
export interface HttpRouteSpec {
  readonly parentRefs: readonly {
    readonly name: string;
    readonly namespace: string;
    /** The listener of the Gateway; without it, all of them that take the host. */
    readonly sectionName?: string;
  }[];
  readonly hostnames: readonly string[];
  readonly rules: readonly {
    readonly matches: readonly { readonly path: { readonly type: 'PathPrefix'; readonly value: string } }[];
    readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
    readonly timeouts: HttpRouteTimeouts;
  }[];
}

/**
 * An HTTPRoute of the Gateway API.
 *
 * @see https://github.com/kubernetes-sigs/gateway-api/blob/v1.4.0/apis/v1/httproute_types.go
 */
export function httpRoute(
  scope: Construct,
  id: string,
  {
    metadata,
    spec,
  }: { readonly metadata: ApiObjectMetadata & { readonly name: string }; readonly spec: HttpRouteSpec },
): ApiObject {
  return kubernetesObject(scope, id, { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata, spec });
}

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * Seconds as the Gateway API writes a time: whole numbers of at most five digits, each with its unit, the longest unit
 * first. A part of a millisecond is rounded up.
 *
 * @example
 * ```ts
 * gatewayDuration(150.5); // '2m30s500ms'
 * ```
 * @see https://gateway-api.sigs.k8s.io/geps/gep-2257/
 */
export function gatewayDuration(seconds: number): string {
  // 0.057 s are 57.00000000000001 ms in floating point.
  let rest = Math.ceil(Number((seconds * 1000).toPrecision(12)));
  let text = '';
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}
