import fc from 'fast-check';
import {
  dumpSeconds,
  respMemory,
  respStorage,
  vectorMemory,
  vectorStorage,
} from '../../../lib/serving/stores/arithmetic';

const GIB = 2 ** 30;
const sizes = fc.integer({ min: 1, max: 2 ** 45 });

test('a store has room for every page twice while it saves, a cache for fragmentation', () => {
  expect(respMemory({ data: 8 * GIB, saves: true })).toEqual({
    bytes: 16.25 * GIB,
    formula: '2 × 8Gi of data (copies while it saves) + 256Mi',
  });
  expect(respMemory({ data: 8 * GIB, saves: false })).toEqual({
    bytes: 10.25 * GIB,
    formula: '1.25 × 8Gi of data (fragmentation) + 256Mi',
  });
});

test('data always fits below the limit, and the fork beside it', () => {
  fc.assert(
    fc.property(sizes, (data) => {
      expect(respMemory({ data, saves: true }).bytes).toBeGreaterThan(2 * data);
      expect(respMemory({ data, saves: false }).bytes).toBeGreaterThan(1.25 * data);
    }),
  );
});

test('a log needs its volume three times, dumps twice', () => {
  expect(respStorage({ data: 8 * GIB, log: true }).bytes).toBe(24 * GIB);
  expect(respStorage({ data: 8 * GIB, log: false })).toEqual({
    bytes: 16 * GIB,
    formula: '2 × 8Gi of data (old and new file side by side)',
  });
});

test("Qdrant's own example: a million vectors of 1024 numbers take 6.144 GB, beside the program", () => {
  const { bytes, formula } = vectorMemory({ count: 1e6, dimension: 1024, copies: 1, replicas: 1 });
  expect(bytes - GIB).toBe(6_144_000_000);
  expect(formula).toBe('1000000 vectors × 1024 × 4 bytes × 1.5 + 1Gi');
});

test('a cluster deals the copies to its replicas', () => {
  const numbers = { count: 3e6, dimension: 1024, copies: 2, replicas: 3 };
  expect(vectorMemory(numbers)).toEqual({
    bytes: 12_288_000_000 + GIB,
    formula: '3000000 vectors × 1024 × 4 bytes × 1.5 × 2 copies / 3 replicas + 1Gi',
  });
  expect(vectorStorage(numbers)).toEqual({
    bytes: 32_768_000_000,
    formula: '4 × 3000000 vectors × 1024 × 4 bytes × 2 copies / 3 replicas (optimized segments beside the old ones)',
  });
});

test('a dump has a minute at least, and twice the time of its size', () => {
  expect(dumpSeconds(1)).toBe(60);
  expect(dumpSeconds(8 * GIB)).toBe(328);
});
