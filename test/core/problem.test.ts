import { App, Chart } from 'cdk8s';
import fc from 'fast-check';
import { formatProblem, InvalidInput, show } from '../../lib/core/problem';

test('a problem is one line: the place in brackets, then the sentence', () => {
  expect(formatProblem({ where: 'shop/ranker', text: 'gpu.count must be a whole number of GPUs, got 0.5' })).toBe(
    '[shop/ranker] gpu.count must be a whole number of GPUs, got 0.5',
  );
});

test('an error holds every problem and shows one line for each', () => {
  const problems = [
    { where: 'shop', text: 'a must be b' },
    { where: 'dev.yaml:12', text: 'c must be d' },
  ];
  const error = new InvalidInput(problems);
  expect(error.problems).toEqual(problems);
  expect(error.message).toBe('[shop] a must be b\n[dev.yaml:12] c must be d');
  expect(error.name).toBe('InvalidInput');
  expect(error).toBeInstanceOf(Error);
});

test('the error of another copy of recstack is recognised, other errors are not', () => {
  jest.isolateModules(() => {
    const other: typeof import('../../lib/core/problem') = require('../../lib/core/problem');
    expect(other.InvalidInput).not.toBe(InvalidInput);
    expect(InvalidInput.is(new other.InvalidInput([]))).toBe(true);
  });
  expect(InvalidInput.is(new InvalidInput([]))).toBe(true);
  expect(InvalidInput.is(new Error('InvalidInput'))).toBe(false);
  expect(InvalidInput.is({ name: 'InvalidInput', problems: [] })).toBe(false);
  expect(InvalidInput.is(undefined)).toBe(false);
});

test.each([
  [undefined, 'nothing'],
  [null, 'null'],
  ['ranker', "'ranker'"],
  ['', "''"],
  [0.5, '0.5'],
  [true, 'true'],
  [5n, '5'],
  [Symbol('gpu'), 'Symbol(gpu)'],
  [() => 1, 'a function'],
  [[1, 2], '[1,2]'],
  [{ count: 1 }, '{"count":1}'],
  ['two\n  lines', "'two lines'"],
])('%p is shown as %s', (value, shown) => {
  expect(show(value)).toBe(shown);
});

test('a long value is cut after 57 characters', () => {
  expect(show('x'.repeat(58))).toBe(`'${'x'.repeat(58)}'`);
  expect(show('x'.repeat(59))).toBe(`'${'x'.repeat(56)}…`);
  expect(show({ text: 'x'.repeat(100) })).toBe(`{"text":"${'x'.repeat(48)}…`);
});

test('numbers that JSON does not know are not shown as null', () => {
  expect(show([Number.NaN, Number.NEGATIVE_INFINITY])).toContain('NaN');
  expect(show([Number.NaN, Number.NEGATIVE_INFINITY])).toContain('-Infinity');
});

test('NaN is shown as the number that it is', () => {
  expect(show(Number.NaN)).toBe('NaN');
});

test('a construct that was given where plain data belongs can be shown', () => {
  expect(typeof show(new Chart(new App(), 'shop'))).toBe('string');
});

test('a bigint inside an object can be shown', () => {
  expect(typeof show({ count: 5n })).toBe('string');
});

test('whatever came out of YAML or JSON is shown on one line of at most 60 characters', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const shown = show(value);
      expect(shown.length).toBeLessThanOrEqual(60);
      expect(shown).not.toMatch(/[\r\n\t]/);
    }),
  );
});
