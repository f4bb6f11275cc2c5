/** A map of plain data; also one of another realm, such as what `structuredClone` makes inside Jest. */
export function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The path to a place inside plain data that holds what is around it: such data has no end. */
export function circleIn(data: unknown): readonly (string | number)[] | undefined {
  return find(data, []);
}

function find(value: unknown, around: readonly object[]): (string | number)[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (around.includes(value)) return [];
  if (!Array.isArray(value) && !isPlainMap(value)) return undefined;
  const inside = [...around, value];
  for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const path = find(item, inside);
    if (path !== undefined) return [key, ...path];
  }
  return undefined;
}
