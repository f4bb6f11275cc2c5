import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { parse } from '../../lib/core/schema';
import { type SecretRef, secretRefSchema } from '../../lib/core/secrets';

/** The message of what parsing `value` throws. */
function refusal(value: unknown): string {
  try {
    parse(secretRefSchema, value, 'shop/grafana');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test('a secret is a name and a key', () => {
  expect(parse(secretRefSchema, { name: 'grafana-admin', key: 'password' }, 'x')).toEqual({
    name: 'grafana-admin',
    key: 'password',
  });
});

test('a plain string is refused without showing it', () => {
  expect(refusal('hunter2')).toBe(
    '[shop/grafana] must be a reference to a Secret, { name, key }, got a plain string (not shown here): put the value into a Secret and name it',
  );
});

test.each([['hunter2'], [['hunter2']], [{ name: 'a', key: 'k', value: 'hunter2' }], [{ password: 'hunter2' }]])(
  'whatever is given instead is not shown',
  (value) => {
    expect(refusal(value)).not.toContain('hunter2');
  },
);

test.each([
  { name: 'a', key: { value: 'hunter2' } },
  { name: { value: 'hunter2' }, key: 'k' },
])('what is given instead of a name or a key is not shown either', (value) => {
  expect(refusal(value)).not.toContain('hunter2');
});

test('a missing secret, name or key is called missing', () => {
  expect(() => parse(z.strictObject({ webhook: secretRefSchema }), {}, 'x')).toThrow(
    new Error('[x] webhook must be a reference to a Secret, { name, key }, but is missing'),
  );
  expect(refusal({ name: 'grafana-admin' })).toBe(
    "[shop/grafana] key must be the name of a key in the Secret, of at most 253 letters, digits, '-', '_' and '.', but is missing",
  );
  expect(refusal({ key: 'password' })).toBe(
    "[shop/grafana] name must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, but is missing",
  );
});

test.each(['a b/c', '', '.', '..', '..data', 'ключ', 'k'.repeat(254)])(
  'the key %j is refused, and not shown',
  (key) => {
    expect(refusal({ name: 'grafana-admin', key })).toBe(
      "[shop/grafana] key must be the name of a key in the Secret, of at most 253 letters, digits, '-', '_' and '.', got a plain string (not shown here): put the value into a Secret and name it",
    );
  },
);

test.each(['tls.crt', '.dockerconfigjson', 'API_KEY-2', 'k'.repeat(253)])('the key %s is one of a Secret', (key) => {
  expect(parse(secretRefSchema, { name: 'a', key }, 'x')).toEqual({ name: 'a', key });
});

test('an unknown key is named with a suggestion, its value is not shown', () => {
  expect(refusal({ name: 'grafana-admin', key: 'password', nam: 'hunter2' })).toBe(
    "[shop/grafana] nam is not known: did you mean 'name'? (known: name, key)",
  );
});

test.each([
  [null, 'must be a reference to a Secret, { name, key }, but is missing'],
  [
    ['a'],
    'must be a reference to a Secret, { name, key }, got a list (not shown here): put the value into a Secret and name it',
  ],
  [
    pulumi.secret('hunter2'),
    'must be a reference to a Secret, { name, key }, but is a Pulumi Output, known only at apply',
  ],
])('null, a list and an Output are called what they are', (value, message) => {
  expect(refusal(value)).toBe(`[shop/grafana] ${message}`);
});

test('a string where a secret belongs does not compile', () => {
  // @ts-expect-error: a reference, never the value
  const secret: SecretRef = 'hunter2';
  expect(() => parse(secretRefSchema, secret, 'x')).toThrow();
});
