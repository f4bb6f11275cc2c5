import { isPlainMap } from './plain';

/**
 * A value that is known only when Pulumi applies the stack, such as the name of a bucket that the same
 * program creates. A `pulumi.Output<T>` is one; recstack recognises it by its shape, so that nothing here
 * imports Pulumi.
 *
 * Only props whose type says `Deferred` take one. Everything else (names, selectors, quantities, numbers
 * that others are computed from) must be known when the tree is built.
 */
export interface Deferred<T> {
  apply(use: (value: T) => unknown): unknown;
  get(): T;
}

/** Whether `value` is a Pulumi Output. */
export function isDeferred(value: unknown): value is Deferred<unknown> {
  return typeof value === 'object' && value !== null && Reflect.get(value, '__pulumiOutput') === true;
}

/*
 * Inside the tree a deferred value is a placeholder: an ordinary string that survives being joined to others
 * (`--model=s3://<placeholder>/42`) and every serializer on the way. The Pulumi backend puts the value in its
 * place; `synth` refuses it.
 */
const PLACEHOLDER = /<<recstack:deferred:(\d+)>>/g;

/** Nearly all strings are shorter than a placeholder and need no closer look. */
const SHORTEST = '<<recstack:deferred:0>>'.length;

interface Registry {
  readonly values: Deferred<unknown>[];
  readonly placeholders: Map<Deferred<unknown>, string>;
}

// One for the whole process: when two copies of recstack are loaded, each finds the other's values.
const REGISTRY: unique symbol = Symbol.for('recstack.deferred');
const shared: typeof globalThis & { [REGISTRY]?: Registry } = globalThis;
shared[REGISTRY] ??= { values: [], placeholders: new Map() };
const { values, placeholders } = shared[REGISTRY];

/** The string that stands for a deferred value inside the tree. */
export function placeholderOf(value: Deferred<unknown>): string {
  const known = placeholders.get(value);
  if (known !== undefined) return known;
  const fresh = `<<recstack:deferred:${values.push(value) - 1}>>`;
  placeholders.set(value, fresh);
  return fresh;
}

/** Whether a string is, or contains, the placeholder of a deferred value. */
export function holdsPlaceholder(text: string): boolean {
  return text.length >= SHORTEST && text.includes('<<recstack:deferred:');
}

/** Replaces the deferred values inside plain data by their placeholders; what has none is returned as it is. */
export function withPlaceholders<T>(data: T): T;
export function withPlaceholders(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (isDeferred(data)) return placeholderOf(data);
  if (Array.isArray(data)) {
    const items = data.map((item) => withPlaceholders(item));
    return items.some((item, i) => !Object.is(item, data[i])) ? items : data;
  }
  if (!isPlainMap(data)) return data;
  const entries = Object.entries(data).map(([key, value]) => [key, withPlaceholders(value)] as const);
  return entries.some(([key, value]) => !Object.is(value, Reflect.get(data, key))) ? Object.fromEntries(entries) : data;
}

/** A string split at its placeholders: literal text and deferred values, in order. */
export function splitAtPlaceholders(text: string): (string | Deferred<unknown>)[] {
  // A capturing group makes split() return the numbers between the literal parts: text, number, text, …
  return text
    .split(PLACEHOLDER)
    .map((part, i) => (i % 2 === 0 ? part : (values[Number(part)] ?? `<<recstack:deferred:${part}>>`)))
    .filter((part) => part !== '');
}

/**
 * Whether somebody joined an Output to a string by hand, or wrote it as JSON. JavaScript then calls its `toString` or
 * `toJSON`, which answer with a warning instead of the value, and the warning would end up in the cluster.
 */
export function holdsStringifiedOutput(text: string): boolean {
  return text.length >= SHORTEST && /Calling \[to(String|JSON)\] on an \[Output<T>\] is not supported/.test(text);
}
