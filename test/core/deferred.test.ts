import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import fc from 'fast-check';
import {
  type Deferred,
  holdsPlaceholder,
  holdsStringifiedOutput,
  isDeferred,
  placeholderOf,
  splitAtPlaceholders,
  withPlaceholders,
} from '../../lib/core/deferred';

// Outputs answer every property, also those that jest asks matchers for: they are only ever compared by `===` here.

test('nothing in lib/core imports Pulumi', () => {
  const folder = join(__dirname, '../../lib/core');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files).toContain('deferred.ts');
  for (const file of files) {
    expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(/(from|import|require)\s*\(?\s*['"]@pulumi/);
  }
});

test('Outputs are recognised: plain, secret, and a property of one', () => {
  expect(isDeferred(pulumi.output('bucket'))).toBe(true);
  expect(isDeferred(pulumi.secret('bucket'))).toBe(true);
  expect(isDeferred(pulumi.output({ name: 'bucket' }).name)).toBe(true);
  expect(isDeferred(pulumi.interpolate`s3://${pulumi.output('bucket')}/42`)).toBe(true);
});

test('what is no Output is not deferred', () => {
  for (const value of [
    undefined,
    null,
    '',
    'x',
    5,
    {},
    [],
    () => 1,
    Promise.resolve('x'),
    { __pulumiOutput: 'true' },
  ]) {
    expect(isDeferred(value)).toBe(false);
  }
});

test('one Output has one placeholder, two Outputs have two', () => {
  const bucket = pulumi.output('x');
  expect(placeholderOf(bucket)).toBe(placeholderOf(bucket));
  expect(placeholderOf(bucket)).not.toBe(placeholderOf(pulumi.output('x')));
});

test('a placeholder is found inside a longer string, and nowhere else', () => {
  const placeholder = placeholderOf(pulumi.output('x'));
  expect(holdsPlaceholder(placeholder)).toBe(true);
  expect(holdsPlaceholder(`--model=s3://${placeholder}/42`)).toBe(true);
  expect(holdsPlaceholder('--model=s3://models/42')).toBe(false);
  expect(holdsPlaceholder('cat << EOF >> out')).toBe(false);
});

test('Outputs inside lists and maps become placeholders; everything around them stays', () => {
  const bucket = pulumi.output('models');
  const placeholder = placeholderOf(bucket);
  const given = { uri: bucket, list: ['a', bucket, { deep: [bucket] }], count: 1, none: null, missing: undefined };
  expect(withPlaceholders<unknown>(given)).toStrictEqual({
    uri: placeholder,
    list: ['a', placeholder, { deep: [placeholder] }],
    count: 1,
    none: null,
    missing: undefined,
  });
  expect(given.uri).toBe(bucket);
});

test('an Output by itself becomes its placeholder', () => {
  const bucket = pulumi.output('models');
  expect(withPlaceholders<unknown>(bucket)).toBe(placeholderOf(bucket));
});

test('data without Outputs is returned as it is, not copied', () => {
  const data = { a: [1, { b: 'c' }], d: { e: null, f: undefined } };
  expect(withPlaceholders(data)).toBe(data);
});

test('data with NaN in it is returned as it is', () => {
  const data = { a: [Number.NaN] };
  expect(withPlaceholders(data)).toBe(data);
});

test('objects that are no plain data are left alone: constructs, dates, maps, functions', () => {
  class Custom {
    readonly bucket = pulumi.output('models');
  }
  for (const value of [new Custom(), new Date(0), new Map([['a', 1]]), () => 1]) {
    expect(withPlaceholders<unknown>({ value })).toStrictEqual({ value });
    const { value: kept } = withPlaceholders({ value });
    expect(kept).toBe(value);
  }
});

test('only the Outputs of a map are replaced, also under keys that objects inherit', () => {
  const output = pulumi.output('x');
  const given = Object.fromEntries([
    ['__proto__', output],
    ['constructor', 'y'],
  ]);
  expect(Object.entries(withPlaceholders<object>(given))).toEqual([
    ['__proto__', placeholderOf(output)],
    ['constructor', 'y'],
  ]);
});

test('a string is split into its text and its deferred values, in order', () => {
  const a = pulumi.output('a');
  const b = pulumi.output('b');
  const outputs: unknown[] = [a, b];
  const parts = splitAtPlaceholders(`s3://${placeholderOf(a)}/${placeholderOf(b)}${placeholderOf(a)}/42`);
  expect(parts.map((part) => (typeof part === 'string' ? part : outputs.indexOf(part)))).toEqual([
    's3://',
    0,
    '/',
    1,
    0,
    '/42',
  ]);
});

test('a string without placeholders is one part; the empty string has none', () => {
  expect(splitAtPlaceholders('s3://models/42')).toEqual(['s3://models/42']);
  expect(splitAtPlaceholders('')).toEqual([]);
});

test('splitting undoes joining, whatever is between the placeholders', () => {
  const outputs: Deferred<unknown>[] = [pulumi.output('a'), pulumi.output('b'), pulumi.output('c')];
  const part = fc.oneof(fc.string(), fc.constantFrom('<<', '>>', '<<recstack:', '7', '$1'), fc.constantFrom(0, 1, 2));
  const written = (value: string | Deferred<unknown>) => (typeof value === 'string' ? value : placeholderOf(value));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (given) => {
      const parts = given.map((item) => (typeof item === 'number' ? (outputs[item] ?? '') : item));
      const text = parts.map(written).join('');
      const split = splitAtPlaceholders(text);
      expect(split.map(written).join('')).toBe(text);
      const deferred = (list: readonly unknown[]) => list.filter(isDeferred).map((value) => outputs.indexOf(value));
      expect(deferred(split)).toEqual(deferred(parts));
    }),
  );
});

test('replacing and splitting again gives back any data', () => {
  const outputs: unknown[] = [pulumi.output('a'), pulumi.output('b')];
  const restored = (data: unknown): unknown => {
    if (typeof data === 'string' && holdsPlaceholder(data)) {
      const [value, ...more] = splitAtPlaceholders(data);
      expect(more).toEqual([]);
      return outputs.indexOf(value);
    }
    if (Array.isArray(data)) return data.map(restored);
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, restored(value)]));
  };
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(0, 1),
      fc.string(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
    ),
  }));
  /** The same tree with the numbers replaced by Outputs. */
  const deferred = (data: unknown): unknown => {
    if (typeof data === 'number') return outputs[data];
    if (Array.isArray(data)) return data.map(deferred);
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, deferred(value)]));
  };
  fc.assert(fc.property(tree, (data) => expect(restored(withPlaceholders(deferred(data)))).toEqual(restored(data))));
});

test('a placeholder means the same in another copy of recstack', () => {
  const bucket = pulumi.output('models');
  const text = placeholderOf(bucket);
  jest.isolateModules(() => {
    const other: typeof import('../../lib/core/deferred') = require('../../lib/core/deferred');
    other.placeholderOf(pulumi.output('another'));
    expect(other.splitAtPlaceholders(text).map((part) => part === bucket)).toEqual([true]);
  });
});

test('text that only looks like a placeholder stays as it is', () => {
  expect(splitAtPlaceholders('a<<recstack:deferred:999999>>b').join('')).toBe('a<<recstack:deferred:999999>>b');
});

test('an Output that was joined to a string by hand is noticed', () => {
  const bucket = pulumi.output('models');
  expect(holdsStringifiedOutput(`s3://${bucket}/42`)).toBe(true);
  expect(holdsStringifiedOutput(['--bucket', bucket].join('='))).toBe(true);
  expect(holdsStringifiedOutput('s3://models/42')).toBe(false);
});

test('an Output that went through JSON.stringify is noticed', () => {
  expect(holdsStringifiedOutput(JSON.stringify({ bucket: pulumi.output('models') }))).toBe(true);
});

test('the type of what is deferred is kept', () => {
  const bucket: Deferred<string> = pulumi.output('models');
  // @ts-expect-error: a number is no string, also later
  const wrong: Deferred<string> = pulumi.output(5);
  // @ts-expect-error: a Promise is no Output
  const promise: Deferred<string> = Promise.resolve('models');
  expect([bucket, wrong, promise].map(isDeferred)).toEqual([true, true, false]);
});
