import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { withPlaceholders } from './deferred';
import { type DeepPartial, deepMerge } from './merge';
import { InvalidInput, show } from './problem';

/**
 * The last word on an emitted object: a part to lay over it (see {@link deepMerge}), or a function that is
 * given the whole object and returns it changed. Both see exactly what would be written, so that nothing
 * is dropped on the way: fields that recstack or cdk8s-plus have never heard of arrive.
 */
export type Transform<T> = DeepPartial<T> | ((object: T) => T);

/**
 * Changes an emitted object after everything else has had its say. Takes any construct with one object in it:
 * an `ApiObject`, a cdk8s-plus resource, or one of a recstack construct's `nodes`.
 *
 * @throws InvalidInput when the construct holds no object, and at synth when the change makes something else of it.
 * @example
 * ```ts
 * transform(ranker.nodes.deployment, { spec: { template: { spec: { schedulerName: 'volcano' } } } });
 * ```
 */
export function transform<T extends object>(construct: IConstruct, change: Transform<T>): void {
  const object = objectOf(construct);
  // Both cdk8s' own synth and ours end in toJson(). JSON patches are no help here: the classes of cdk8s-plus
  // convert to the Kubernetes 1.28 schema after patching, and lose what it does not know.
  const toJson = object.toJson.bind(object);
  object.toJson = () => {
    const json = toJson();
    const changed: unknown =
      typeof change === 'function'
        ? withPlaceholders(change(structuredClone(json)))
        : deepMerge(json, withPlaceholders(change));
    if (typeof changed !== 'object' || changed === null || !('kind' in changed)) {
      throw new InvalidInput([
        { where: object.node.path, text: `transform must return the ${object.kind}, got ${show(changed)}` },
      ]);
    }
    return changed;
  };
}

function objectOf(construct: IConstruct): ApiObject {
  try {
    return ApiObject.of(construct);
  } catch {
    const text = 'must hold a Kubernetes object to be transformed: pass one of the constructs inside';
    throw new InvalidInput([{ where: construct.node.path || 'app', text }]);
  }
}
