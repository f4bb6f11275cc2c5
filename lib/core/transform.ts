import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { isDeferred, withPlaceholders } from './deferred';
import { type DeepPartial, deepMerge } from './merge';
import { circleIn } from './plain';
import { InvalidInput, show } from './problem';
import { propPath } from './schema';

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
 * @throws InvalidInput when the construct holds no object or the change is neither of the two, and at synth when the
 *   function throws or the change makes something else of the object
 * @example
 * ```ts
 * transform(ranker.nodes.deployment, { spec: { template: { spec: { schedulerName: 'volcano' } } } });
 * ```
 */
export function transform<T extends object>(construct: IConstruct, change: Transform<T>): void {
  const object = objectOf(construct);
  const { kind } = object;
  const fail = (text: string) => new InvalidInput([{ where: object.node.path, text }]);
  const written: unknown = change;
  if (typeof written !== 'function' && (!isMap(written) || isDeferred(written))) {
    throw fail(`transform must be a part to lay over the ${kind}, or a function, got ${show(written)}`);
  }
  // Both cdk8s' own synth and ours end in toJson(). JSON patches are no help here: the classes of cdk8s-plus
  // convert to the Kubernetes 1.28 schema after patching, and lose what it does not know.
  const toJson = object.toJson.bind(object);
  object.toJson = () => {
    const json = toJson();
    const given = typeof change === 'function' ? call(() => change(structuredClone(json))) : change;
    const circle = circleIn(given);
    if (circle !== undefined) throw fail(`${propPath(circle)} must not hold itself: the transform made a circle`);
    const changed = typeof change === 'function' ? withPlaceholders(given) : deepMerge(json, withPlaceholders(given));
    if (!isMap(changed) || !('kind' in changed)) {
      throw fail(`transform must return the ${kind}, got ${show(changed)}`);
    }
    if (changed.kind !== kind) throw fail(`kind must stay '${kind}' in a transform, got ${show(changed.kind)}`);
    return changed;
  };

  function call(use: () => unknown): unknown {
    try {
      return use();
    } catch (error) {
      if (InvalidInput.is(error)) throw error;
      throw fail(`transform of the ${kind} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function isMap(value: unknown): value is object & { readonly kind?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(construct: IConstruct): ApiObject {
  try {
    return ApiObject.of(construct);
  } catch {
    const text = 'must hold a Kubernetes object to be transformed: pass one of the constructs inside';
    throw new InvalidInput([{ where: construct.node.path || 'app', text }]);
  }
}
