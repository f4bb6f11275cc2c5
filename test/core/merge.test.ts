import fc from 'fast-check';
import { type DeepPartial, deepMerge } from '../../lib/core/merge';

/** Data whose shape is not known to the compiler, as it comes out of a serializer. */
const merge = deepMerge as (base: unknown, patch: unknown) => unknown;

test('maps merge key by key, at every depth', () => {
  const base = { metadata: { name: 'ranker', labels: { a: '1', b: '2' } }, spec: { replicas: 1 } };
  expect(deepMerge(base, { metadata: { labels: { b: '3' } }, spec: { replicas: 2 } })).toEqual({
    metadata: { name: 'ranker', labels: { a: '1', b: '3' } },
    spec: { replicas: 2 },
  });
});

test('null removes a key, undefined leaves it, and zero, false and empty strings are values', () => {
  const base = { gone: 1, stays: 1, zero: 1, no: true, empty: 'x' };
  expect(deepMerge(base, { gone: null, stays: undefined, zero: 0, no: false, empty: '' })).toStrictEqual({
    stays: 1,
    zero: 0,
    no: false,
    empty: '',
  });
});

test('null removes nothing where nothing is, and leaves no null behind', () => {
  expect(merge({}, { a: { b: { c: null }, d: [{ e: null }] } })).toStrictEqual({ a: { b: {}, d: [{}] } });
});

test('containers, env and ports merge by name; new ones go to the end', () => {
  const base = {
    containers: [
      {
        name: 'server',
        image: 'a:1.0',
        env: [{ name: 'A', value: '1' }],
        ports: [{ name: 'http', containerPort: 80 }],
      },
      { name: 'proxy', image: 'b:1.0' },
    ],
  };
  const patch = {
    containers: [
      { name: 'exporter', image: 'c:1.0' },
      { name: 'server', tty: true, env: [{ name: 'B', value: '2' }], ports: [{ name: 'http', hostPort: 81 }] },
    ],
  };
  expect(merge(base, patch)).toEqual({
    containers: [
      {
        name: 'server',
        image: 'a:1.0',
        tty: true,
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        ports: [{ name: 'http', containerPort: 80, hostPort: 81 }],
      },
      { name: 'proxy', image: 'b:1.0' },
      { name: 'exporter', image: 'c:1.0' },
    ],
  });
});

test('null inside a named item removes that field of the item', () => {
  const base = { env: [{ name: 'A', value: '1' }] };
  expect(
    merge(base, { env: [{ name: 'A', value: null, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
  ).toEqual({
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  });
});

test('mounts of one volume are told apart by their path', () => {
  const base = {
    volumeMounts: [
      { name: 'model', mountPath: '/models' },
      { name: 'model', mountPath: '/plans', subPath: 'plans' },
    ],
  };
  expect(
    merge(base, {
      volumeMounts: [
        { name: 'model', mountPath: '/plans', readOnly: true },
        { name: 'model', mountPath: '/more' },
      ],
    }),
  ).toEqual({
    volumeMounts: [
      { name: 'model', mountPath: '/models' },
      { name: 'model', mountPath: '/plans', subPath: 'plans', readOnly: true },
      { name: 'model', mountPath: '/more' },
    ],
  });
});

test.each([
  ['strings', ['a', 'b'], ['c'], ['c']],
  ['strings by none', ['a', 'b'], [], []],
  ['items without names', [{ port: 80 }, { port: 81 }], [{ port: 82 }], [{ port: 82 }]],
  ['items of which some have names', [{ name: 'a' }, { port: 81 }], [{ name: 'a', x: 1 }], [{ name: 'a', x: 1 }]],
  [
    'items that share a name',
    [
      { name: 'a', kind: 'User' },
      { name: 'a', kind: 'Group' },
    ],
    [{ name: 'a', kind: 'ServiceAccount' }],
    [{ name: 'a', kind: 'ServiceAccount' }],
  ],
  ['items whose names are no strings', [{ name: 1, x: 1 }], [{ name: 1, y: 1 }], [{ name: 1, y: 1 }]],
] as const)('a list of %s is replaced as a whole', (_what, base, patch, merged) => {
  expect(merge({ list: base }, { list: patch })).toEqual({ list: merged });
});

test('an empty list adds nothing to a list of named items, as with kubectl; null takes it away', () => {
  const base = { env: [{ name: 'A', value: '1' }] };
  expect(merge(base, { env: [] })).toEqual(base);
  expect(merge(base, { env: null })).toEqual({});
});

// https://www.rfc-editor.org/rfc/rfc7386#appendix-A, those that are about maps.
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched by %j is %j, as in a JSON merge patch', (base, patch, merged) => {
  expect(merge(base, patch)).toStrictEqual(merged);
});

/** Few keys, so that base and patch meet often; `name` and `mountPath` among them, so that lists merge. */
const key = fc.constantFrom('a', 'b', 'c', 'name', 'mountPath');
const { json, map } = fc.letrec<{ json: unknown; map: object; leaf: unknown; named: object }>((tie) => ({
  leaf: fc.constantFrom('x', 'y', 0, 1, true, false, null, ''),
  named: fc
    .tuple(fc.constantFrom('n1', 'n2', 'n3'), fc.option(fc.constantFrom('/p', '/q'), { nil: undefined }), tie('map'))
    .map(([name, mountPath, rest]) => ({ ...rest, name, ...(mountPath === undefined ? {} : { mountPath }) })),
  map: fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  json: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    tie('map'),
    fc.array(tie('named'), { maxLength: 3 }),
    fc.array(tie('json'), { maxLength: 3 }),
  ),
}));

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutNulls(item)]));
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

test('an empty patch changes nothing', () => {
  fc.assert(fc.property(map, (base) => expect(merge(base, {})).toStrictEqual(base)));
});

test('laid over nothing, a patch is its own value, less its nulls', () => {
  fc.assert(fc.property(map, (patch) => expect(merge({}, patch)).toStrictEqual(withoutNulls(patch))));
});

test('patching twice is patching once', () => {
  fc.assert(
    fc.property(map, map, (base, patch) => {
      const once = merge(base, patch);
      expect(merge(once, patch)).toStrictEqual(once);
    }),
    { numRuns: 1000 },
  );
});

test('neither the base nor the patch is changed', () => {
  fc.assert(
    fc.property(map, map, (base, patch) => {
      freeze(base);
      freeze(patch);
      // Writing into a frozen object throws.
      merge(base, patch);
    }),
  );
});

test('every key that the patch sets to null is gone', () => {
  fc.assert(
    fc.property(map, fc.uniqueArray(key), (base, keys) => {
      const merged = merge(base, Object.fromEntries(keys.map((name) => [name, null])));
      expect(Object.keys(merged as object)).toEqual(Object.keys(base).filter((name) => !keys.some((k) => k === name)));
    }),
  );
});

test('without lists of named items it is a JSON merge patch', () => {
  const plain = json.filter((value) => !JSON.stringify(value).includes('['));
  // The algorithm of RFC 7386, section 2.
  const reference = (target: unknown, patch: unknown): unknown => {
    if (typeof patch !== 'object' || patch === null) return patch;
    const result: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
    for (const [name, value] of Object.entries(patch)) {
      if (value === null) delete result[name];
      else result[name] = reference(result[name], value);
    }
    return result;
  };
  fc.assert(
    fc.property(plain, plain, (base, patch) => expect(merge(base, patch)).toStrictEqual(reference(base, patch))),
    { numRuns: 1000 },
  );
});

test('keys that every object inherits are ordinary keys', () => {
  const merged = merge({ a: 1, valueOf: 'x' }, { constructor: { b: 1 }, toString: 'c', valueOf: null });
  expect(Object.entries(merged as object)).toEqual([
    ['a', 1],
    ['constructor', { b: 1 }],
    ['toString', 'c'],
  ]);
});

test('a patch cannot reach the prototype of all objects', () => {
  merge({ a: {} }, JSON.parse('{ "__proto__": { "polluted": true }, "a": { "__proto__": { "polluted": true } } }'));
  expect({}).not.toHaveProperty('polluted');
});

test('the key __proto__ is an ordinary key', () => {
  const patch = JSON.parse('{ "__proto__": { "a": 1 } }');
  expect(JSON.stringify(merge({ b: 1 }, patch))).toBe('{"b":1,"__proto__":{"a":1}}');
});

test('a patch that does not fit the object does not compile', () => {
  interface Spec {
    readonly replicas: number;
    readonly containers: readonly { readonly name: string; readonly image?: string }[];
  }
  const base: Spec = { replicas: 1, containers: [] };
  const patches: DeepPartial<Spec>[] = [
    { replicas: null },
    { containers: [{ name: 'server' }] },
    { containers: [{ image: null }] },
    // @ts-expect-error: a number
    { replicas: '1' },
    // @ts-expect-error: no such field
    { replica: 1 },
    // @ts-expect-error: a list
    { containers: { name: 'server' } },
  ];
  for (const patch of patches) expect(deepMerge<Spec>(base, patch)).toBeDefined();
});
