import fc from 'fast-check';
import { fraction, type Percentage, percentageSchema } from '../../lib/core/percentages';
import { parse } from '../../lib/core/schema';

test.each([
  ['60%', 0.6],
  ['99.9%', 0.999],
  ['99.99%', 0.9999],
  ['100%', 1],
  ['0.0001%', 0.000001],
  // 14.5 / 100 is 0.14499999999999999.
  ['14.5%', 0.145],
] as const)('%s is the fraction %d, without noise', (percentage, share) => {
  expect(parse(percentageSchema, percentage, 'x')).toBe(percentage);
  expect(fraction(percentage)).toBe(share);
});

test.each(['0%', '0.0%', '100.1%', '1000%', '1e1%', ' 5%', '5 %', '5', '5%%', '99,9%'])(
  '%j is no percentage',
  (given) => {
    expect(() => parse(percentageSchema, given, 'shop/ranker')).toThrow(
      new Error(`[shop/ranker] must be a percentage above 0% and up to 100%, like '99.9%', got '${given}'`),
    );
  },
);

test('a percentage that is missing, or a number, is refused', () => {
  expect(() => parse(percentageSchema, undefined, 'x')).toThrow(
    new Error("[x] must be a percentage above 0% and up to 100%, like '99.9%', but is missing"),
  );
  expect(() => parse(percentageSchema, 0.6, 'x')).toThrow(
    new Error("[x] must be a percentage above 0% and up to 100%, like '99.9%', got 0.6"),
  );
});

test.each(['-1%', '٣%', '%', '', '101', '.0%'])('%j is refused in one line', (given) => {
  expect(() => parse(percentageSchema, given, 'x')).toThrow(
    new Error(`[x] must be a percentage above 0% and up to 100%, like '99.9%', got '${given}'`),
  );
});

test.each(['%', 'many', '5'])('the fraction of %j, which was never checked, throws', (given) => {
  expect(() => fraction(given as Percentage)).toThrow(
    new Error(`the percentage must be a percentage above 0% and up to 100%, like '99.9%', got '${given}'`),
  );
});

test('percentages with up to three decimals give exactly the decimal fraction', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (thousandths) => {
      const percentage: Percentage = `${thousandths / 1000}%`;
      expect(parse(percentageSchema, percentage, 'x')).toBe(percentage);
      expect(fraction(percentage)).toBe(Number(`${thousandths}e-5`));
    }),
  );
});

test('a share without its sign does not compile', () => {
  const wrong = (percentage: Percentage) => expect(() => parse(percentageSchema, percentage, 'x')).toThrow();
  // @ts-expect-error: 60%
  wrong('60');
  // @ts-expect-error: 60%
  wrong(0.6);
  // @ts-expect-error: 60%
  wrong('60 percent');
});
