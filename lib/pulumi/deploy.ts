import * as pulumi from '@pulumi/pulumi';
import type { IConstruct } from 'constructs';
import { formatProblem, InvalidInput, type Problem } from '../core/problem';
import { warningsOf } from '../platform/warnings';
import type { Rendered } from '../synth/dependencies';
import { render } from '../synth/render';
import { resolveDeferred } from './resolve-deferred';
import { resourceClass } from './resource-class';

/**
 * Registers a tree of constructs with Pulumi: one resource for each object, with the construct path as its name, each
 * after the objects that it depends on. Values that are only known at apply are put in their places, secret ones as
 * secrets. What it registers is what `synth` would write.
 *
 * @param tree the app, or any part of it; or a function that builds it, whose errors are then shown as well
 * @param options options for every resource, such as the provider of the cluster
 * @returns the resources by construct path
 * @throws RunError with everything that is wrong in the tree; nothing is then registered
 * @example
 * ```ts
 * // A secret, or the key to the cluster would lie in the state for all to read.
 * const provider = new k8s.Provider('cluster', { kubeconfig: pulumi.secret(kubeconfig) });
 * const resources = deploy(() => stack.build('stacks/environments/production.yaml'), { provider });
 * export const ranker = resources.get('shop/ranker/deployment')?.urn;
 * ```
 */
export function deploy(
  tree: IConstruct | (() => IConstruct),
  options: pulumi.CustomResourceOptions = {},
): ReadonlyMap<string, pulumi.CustomResource> {
  const { objects, warnings } = rendered(tree);
  const resources = new Map<string, pulumi.CustomResource>();
  for (const { path, manifest, dependsOn } of objects) {
    const Resource = resourceClass(manifest);
    const after = dependsOn.flatMap((dependency) => resources.get(dependency.path) ?? []);
    resources.set(path, new Resource(path, resolveDeferred(manifest), withDependencies(options, after)));
  }
  for (const warning of warnings) pulumi.log.warn(formatProblem(warning));
  return resources;
}

/** Of a RunError, Pulumi prints the message and no stack trace. */
function rendered(tree: IConstruct | (() => IConstruct)): { objects: Rendered[]; warnings: Problem[] } {
  try {
    const root = typeof tree === 'function' ? tree() : tree;
    return { objects: render(root, { deferred: 'keep' }), warnings: warningsOf(root) };
  } catch (error) {
    throw InvalidInput.is(error) ? new pulumi.RunError(error.message) : error;
  }
}

/** Adds to what all resources wait for; a caller's own dependency may be a single resource, a list or a promise. */
function withDependencies(
  options: pulumi.CustomResourceOptions,
  after: readonly pulumi.Resource[],
): pulumi.CustomResourceOptions {
  const { dependsOn = [] } = options;
  const all = pulumi.output(dependsOn).apply((known) => [...(Array.isArray(known) ? known : [known]), ...after]);
  return { ...options, dependsOn: all };
}
