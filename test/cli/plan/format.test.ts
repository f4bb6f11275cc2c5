import { length, percent, rounded } from '../../../lib/cli/plan/format';

test.each([
  [0, '0%'],
  [1, '100%'],
  [0.00027, '0.027%'],
  [0.059, '5.9%'],
  // Not 100 %, and not a number with an exponent.
  [0.9996, '99.96%'],
  [8.9e-9, '<0.0001%'],
])('the share %d is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [351_801_372, '351,801,372'],
  [99.96, '100'],
  [4.6, '4.6'],
  [0.9731, '0.973'],
])('the amount %d is %s', (amount, text) => {
  expect(rounded(amount)).toBe(text);
});

test.each([
  [45 * 86_400, '45 days'],
  [3504, '58.4 minutes'],
  [60, '60 seconds'],
])('%d seconds are %s', (seconds, text) => {
  expect(length(seconds)).toBe(text);
});
