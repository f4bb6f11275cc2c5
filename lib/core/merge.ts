import { isPlainMap } from './plain';

/** What may be laid over a `T`: any part of it, `null` to remove what is there. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | null }
    : T;

/**
 * Lays `patch` over `base` and returns the result; neither is changed.
 *
 * - maps merge key by key, `null` removes a key, `undefined` leaves it;
 * - lists whose items have names (containers, env, volumes, ports; volume mounts by `mountPath`) merge item by
 *   item, as `kubectl patch` does; new items go to the end;
 * - every other list is replaced as a whole.
 *
 * @example
 * ```ts
 * deepMerge(deployment, { spec: { template: { spec: { containers: [{ name: 'server', tty: true }] } } } });
 * ```
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function deepMerge<T extends object>(base: T, patch: DeepPartial<T>): T;
export function deepMerge(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) return mergeLists(base, patch);
  if (isPlainMap(base) && isPlainMap(patch)) return mergeMaps(base, patch);
  return withoutNulls(patch);
}

function mergeMaps(base: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  // A Map takes '__proto__' for a key like any other.
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else if (value !== undefined) result.set(key, merge(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function mergeLists(base: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const key = mergeKey(base, patch);
  if (key === undefined) return patch.map(withoutNulls);
  const result = new Map<unknown, unknown>(base.map((item) => [Reflect.get(Object(item), key), item]));
  for (const item of patch) {
    const id = Reflect.get(Object(item), key);
    result.set(id, merge(result.get(id), item));
  }
  return [...result.values()];
}

/** The key that tells the items of both lists apart, if they have one: mounts share names, so `mountPath` is first. */
function mergeKey(...lists: (readonly unknown[])[]): string | undefined {
  return ['mountPath', 'name'].find((key) =>
    lists.every((list) => {
      const ids = list.map((item) => (isPlainMap(item) ? item[key] : undefined));
      return ids.every((id) => typeof id === 'string') && new Set(ids).size === ids.length;
    }),
  );
}

const merge = deepMerge as (base: unknown, patch: unknown) => unknown;

/** A patch that meets nothing becomes the value itself, in which a `null` removes nothing and means nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  return isPlainMap(value) ? mergeMaps({}, value) : value;
}
