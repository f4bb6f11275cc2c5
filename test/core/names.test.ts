import fc from 'fast-check';
import { isName, MAX_CRON_JOB_NAME, MAX_LABEL, nameRule, nameSchema } from '../../lib/core/names';
import { parse } from '../../lib/core/schema';

test.each(['a', 'ranker', 'a1', 'dlrm-42', 'a--b', 'constructor', 'x'.repeat(63)])('%s is a name', (name) => {
  expect(isName(name)).toBe(true);
  expect(parse(nameSchema, name, 'x')).toBe(name);
});

test.each([
  ['', 'it is empty'],
  ['x'.repeat(64), 'it is longer than a DNS label'],
  ['Ranker', 'of the capital'],
  ['1a', 'Services must start with a letter'],
  ['-a', 'it starts with a dash'],
  ['a-', 'it ends with a dash'],
  ['a.b', 'of the dot'],
  ['a_b', 'of the underscore'],
  ['a b', 'of the blank'],
  ['a\n', 'of the line end'],
  ['ä', 'of the umlaut'],
  ['推荐', 'they are no Latin letters'],
])('%j is no name, because %s', (name) => {
  expect(isName(name)).toBe(false);
  expect(() => parse(nameSchema, name, 'x')).toThrow();
});

test('the error of a name says what one is made of', () => {
  expect(() => parse(nameSchema, 'Ranker', 'shop')).toThrow(
    new Error(
      "[shop] must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Ranker'",
    ),
  );
  expect(() => parse(nameSchema, undefined, 'shop')).toThrow(
    new Error(
      "[shop] must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, but is missing",
    ),
  );
  expect(() => parse(nameSchema, 5, 'shop')).toThrow(
    new Error(
      "[shop] must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 5",
    ),
  );
});

test('a shorter limit is kept, and named in the rule', () => {
  expect(isName('x'.repeat(52), MAX_CRON_JOB_NAME)).toBe(true);
  expect(isName('x'.repeat(53), MAX_CRON_JOB_NAME)).toBe(false);
  expect(nameRule(MAX_CRON_JOB_NAME)).toBe(
    "be a name of at most 52 lower-case letters, digits and '-', from a letter to a letter or digit",
  );
});

test("a CronJob's name leaves room for the 11 characters that its Jobs append", () => {
  expect(MAX_CRON_JOB_NAME + 11).toBe(MAX_LABEL);
});

test('every name is a DNS label by RFC 1035', () => {
  const candidate = fc.string({ unit: fc.constantFrom('a', 'z', 'A', '0', '9', '-', '.', '_', ' '), maxLength: 70 });
  fc.assert(
    fc.property(candidate, (name) => {
      const letters = [...name];
      const isLabel =
        name.length >= 1 &&
        name.length <= 63 &&
        letters.every((letter) => 'az09-'.includes(letter)) &&
        'az'.includes(name.charAt(0)) &&
        !name.endsWith('-');
      expect(isName(name)).toBe(isLabel);
    }),
    { numRuns: 1000 },
  );
});
