import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { transform } from './transform';

/** What every Kubernetes object has; the types of `kubernetes-types` fit. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: object;
}

/** An object whose `apiVersion`, `kind` and name are spelt out. */
type Complete<T extends KubernetesObject> = T & {
  readonly apiVersion: NonNullable<T['apiVersion']>;
  readonly kind: NonNullable<T['kind']>;
  readonly metadata: ApiObjectMetadata & { readonly name: string };
};

/**
 * Emits a Kubernetes object with a typed spec. Nothing is dropped on the way: the object goes out as it is
 * written here, plus the chart's namespace and labels.
 *
 * @example
 * ```ts
 * kubernetesObject<Deployment>(this, 'deployment', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
 * ```
 */
export function kubernetesObject<T extends KubernetesObject>(
  scope: Construct,
  id: string,
  object: Complete<T>,
): ApiObject {
  return new ApiObject(scope, id, object);
}

/** Takes the chart's namespace off an object that lives in none: the API server refuses it there. */
export function clusterWide(construct: IConstruct): void {
  transform(construct, { metadata: { namespace: null } });
}
