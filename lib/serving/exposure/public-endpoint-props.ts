import { Construct } from 'constructs';
import { z } from 'zod';
import { durationSchema } from '../../core/durations';
import type { Exposable } from '../../core/exposable';
import { nameSchema } from '../../core/names';
import { instance, must, oneOf, pattern } from '../../core/schema';
import { GATEWAY_CONTROLLERS, INGRESS_CONTROLLERS } from './controllers';

const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

/** Checks {@link PublicEndpointProps}. */
export const publicEndpointSchema = z.strictObject({
  /** What is let out, on its port `http` and on no other. */
  target: instance<Exposable>(isExposable, 'be what can be reached from outside, such as a ModelServer'),
  /** Name under which users reach it, as `'reco.example.com'`. */
  host: pattern<string>(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/,
    must("be a full host name in lower case, like 'reco.example.com'"),
  ),
  /** What a request's path must start with, in whole parts: `'/v1'` lets `/v1/models` through and `/v11` not. */
  path: pattern<string>(
    /^\/([-A-Za-z0-9._~]+(\/[-A-Za-z0-9._~]+)*)?$/,
    must("be an absolute path without a '/' at its end, like '/v1'"),
    (path) => !path.split('/').some((part) => part === '.' || part === '..'),
  ),
  /** Time after which the caller is told that it took too long. It is more than the target's own deadline. */
  timeout: durationSchema,
  /**
   * Time for which callers wait, so that none leaves before it is answered.
   * @default - not known
   */
  clientTimeout: durationSchema.optional(),
  /**
   * The Gateway to attach to. It is whoever runs the Gateway who has its certificate.
   * @default - an Ingress instead
   */
  gateway: z
    .strictObject({
      /** Name of the Gateway. */
      name: nameSchema,
      /** Its namespace. Its listener must allow routes from the platform's. */
      namespace: nameSchema,
      /**
       * Its listener that speaks HTTPS.
       * @default - all listeners that take the host, which is only for plain HTTP
       */
      listener: nameSchema.optional(),
      /**
       * What implements it.
       * @default 'other' - one that honours the timeouts of a route and repeats nothing
       */
      controller: oneOf(GATEWAY_CONTROLLERS).default('other'),
    })
    .optional(),
  /**
   * What serves the Ingress, where there is no Gateway.
   * @default - a Gateway instead
   */
  ingress: oneOf(INGRESS_CONTROLLERS).optional(),
  /**
   * Certificate of an Ingress: a Secret of type kubernetes.io/tls in the platform's namespace.
   * @default - none: plain HTTP, or the Gateway's
   */
  tls: z.strictObject({ secret: nameSchema }).optional(),
  /**
   * Whether requests may travel unencrypted in production.
   * @default false
   */
  plainHttp: z.boolean().default(false),
  /**
   * Where requests come from: the namespace of the proxy's pods, or, for a load balancer outside the cluster, its
   * addresses.
   * @default - the Gateway's namespace, or the one that the Ingress controller is installed in
   */
  from: z
    .union(
      [
        z.strictObject({ namespace: nameSchema }),
        z.strictObject({
          cidr: pattern<string>(CIDR, must("be a range of IPv4 addresses, like '10.0.0.0/16'"), isRange),
        }),
      ],
      { error: must("be { namespace } or { cidr }, like { cidr: '10.0.0.0/16' }") },
    )
    .optional(),
});

/** Properties of a {@link PublicEndpoint}. @interface */
export type PublicEndpointProps = z.input<typeof publicEndpointSchema>;

/** The same, checked and with defaults. */
export type PublicEndpointSettings = z.output<typeof publicEndpointSchema>;

function isExposable(value: unknown): boolean {
  // A store that somebody else runs has no objects here.
  return (
    Construct.isConstruct(value) &&
    'addresses' in value &&
    'allowFrom' in value &&
    Reflect.get(value, 'nodes') !== undefined
  );
}

function isRange(cidr: string): boolean {
  const [bits = 0, ...parts] = cidr.split(/[./]/).map(Number).reverse();
  return bits <= 32 && parts.every((part) => part <= 255);
}
