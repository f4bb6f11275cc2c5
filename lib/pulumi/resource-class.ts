import * as kubernetes from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import type { Manifest } from '../synth/manifest';

/** What registers an object: a class of the Kubernetes provider. */
type ResourceClass = new (
  name: string,
  args: pulumi.Inputs & { apiVersion: string; kind: string },
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/**
 * The provider's class for a kind: `apps/v1 Deployment` is `kubernetes.apps.v1.Deployment`. Kinds that Kubernetes
 * doesn't bring are custom resources.
 */
export function resourceClass({ apiVersion, kind }: Manifest): ResourceClass {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  // `networking.k8s.io` is the module `networking`; but `networking.istio.io` is somebody else's.
  const isBuiltIn = group !== undefined && (!group.includes('.') || group.endsWith('.k8s.io'));
  const found: unknown = isBuiltIn ? at(kubernetes, group.split('.')[0], version, kind) : undefined;
  return (found ?? kubernetes.apiextensions.CustomResource) as ResourceClass;
}

function at(modules: unknown, ...path: readonly (string | undefined)[]): unknown {
  return path.reduce<unknown>(
    (module, key) => (module === undefined ? undefined : Reflect.get(Object(module), key ?? '')),
    modules,
  );
}
