import fc from 'fast-check';
import { compareVersions, FEATURES, KUBERNETES } from '../../lib/platform/features';

test.each([
  ['1.30', '1.30', 0],
  ['1.9', '1.30', -1],
  ['1.30', '1.9', 1],
  ['1.100', '1.99', 1],
  ['2.0', '1.99', 1],
  ['1', '1.0', 0],
  // Features come with minor versions.
  ['1.33.4', '1.33', 0],
  ['1.33.4', '1.34.0', -1],
] as const)('%s compared with %s is %d', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});

const version = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 120 }), fc.option(fc.nat(20)));
const written = ([major, minor, patch]: readonly [number, number, number | null]) =>
  `${major}.${minor}${patch === null ? '' : `.${patch}`}`;

test('versions are ordered by their numbers, not by their letters', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(written(a), written(b)))).toBe(Math.sign(a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test('the order is total: it has a direction, and no circles', () => {
  fc.assert(
    fc.property(version.map(written), version.map(written), version.map(written), (a, b, c) => {
      expect(compareVersions(a, a)).toBe(0);
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
      const [low = a, mid = a, high = a] = [a, b, c].sort(compareVersions);
      expect(compareVersions(low, mid)).toBeLessThanOrEqual(0);
      expect(compareVersions(mid, high)).toBeLessThanOrEqual(0);
      expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
    }),
  );
});

test('every feature came after the oldest Kubernetes, or it would need no check, and exists in the newest', () => {
  for (const since of Object.values(FEATURES)) {
    expect(compareVersions(since, KUBERNETES.oldest)).toBeGreaterThan(0);
    expect(compareVersions(since, KUBERNETES.newest)).toBeLessThanOrEqual(0);
  }
});
