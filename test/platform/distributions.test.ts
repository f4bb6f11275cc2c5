import { ADDONS } from '../../lib/platform/addons';
import { BUILT_IN, DISTRIBUTIONS } from '../../lib/platform/distributions';

test('nothing is said about distributions that do not exist, or add-ons that do not', () => {
  for (const [distribution, addons] of Object.entries(BUILT_IN)) {
    expect(DISTRIBUTIONS).toContain(distribution);
    for (const addon of addons) expect(ADDONS).toContain(addon);
  }
});

test('a distribution that is not named brings nothing', () => {
  expect(BUILT_IN.other).toBeUndefined();
});
