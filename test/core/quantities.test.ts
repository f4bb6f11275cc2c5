import fc from 'fast-check';
import {
  type Bytes,
  bytes,
  bytesSchema,
  type Cpu,
  cores,
  cpuSchema,
  formatBytes,
  formatCpu,
} from '../../lib/core/quantities';
import { parse } from '../../lib/core/schema';

const MI = 2 ** 20;

test.each([
  ['1Ki', 2 ** 10],
  ['1Mi', 2 ** 20],
  ['64Gi', 64 * 2 ** 30],
  ['2Ti', 2 * 2 ** 40],
  ['1Pi', 2 ** 50],
  ['1k', 1e3],
  ['500M', 5e8],
  ['1G', 1e9],
  ['1T', 1e12],
  ['1P', 1e15],
  ['1.5Gi', 1.5 * 2 ** 30],
] as const)('%s are %d bytes', (quantity, count) => {
  expect(parse(bytesSchema, quantity, 'x')).toBe(quantity);
  expect(bytes(quantity)).toBe(count);
});

test.each(['1024', '0Gi', '0.0Gi', '1e3Gi', ' 1Gi', '1Gi ', '1.Gi', '.5Gi', '1gi', '1Ei', '100m', '1_000Mi'])(
  '%j is no amount of memory',
  (quantity) => {
    expect(() => parse(bytesSchema, quantity, 'shop/ranker')).toThrow(
      new Error(
        `[shop/ranker] must be an amount with a unit, like '64Gi' or '500M', got '${quantity}': units are Ki Mi Gi Ti Pi and k M G T P`,
      ),
    );
  },
);

test('an amount of memory that is missing, or a number, is refused', () => {
  expect(() => parse(bytesSchema, undefined, 'x')).toThrow(
    new Error(
      "[x] must be an amount with a unit, like '64Gi' or '500M', but is missing: units are Ki Mi Gi Ti Pi and k M G T P",
    ),
  );
  expect(() => parse(bytesSchema, 64, 'x')).toThrow(
    new Error(
      "[x] must be an amount with a unit, like '64Gi' or '500M', got 64: units are Ki Mi Gi Ti Pi and k M G T P",
    ),
  );
});

test.each(['-1Gi', '0x10Gi', '٣Gi', '', 'Gi'])('%j is refused in one line', (quantity) => {
  expect(() => parse(bytesSchema, quantity, 'x')).toThrow(
    new Error(
      `[x] must be an amount with a unit, like '64Gi' or '500M', got '${quantity}': units are Ki Mi Gi Ti Pi and k M G T P`,
    ),
  );
});

test.each(['1025Pi', '1152.93P', `${'9'.repeat(400)}Mi`])('%s is more memory than anything has', (quantity) => {
  const shown = quantity.length > 60 ? `'${'9'.repeat(56)}…` : `'${quantity}'`;
  expect(() => parse(bytesSchema, quantity, 'x')).toThrow(new Error(`[x] must be at most '1024Pi', got ${shown}`));
});

test('an exbibyte is an amount of storage', () => {
  expect(parse(bytesSchema, '1024Pi', 'x')).toBe('1024Pi');
});

test.each(['10001', '10000001m', '9'.repeat(400)])('%s is more CPU than any node has', (quantity) => {
  const shown = quantity.length > 60 ? `'${'9'.repeat(56)}…` : `'${quantity}'`;
  expect(() => parse(cpuSchema, quantity, 'x')).toThrow(new Error(`[x] must be at most '10000' cores, got ${shown}`));
});

test('counting the bytes of what was never checked throws, instead of answering NaN', () => {
  expect(() => bytes('64' as Bytes)).toThrow(
    new Error(
      "the quantity must be an amount with a unit, like '64Gi' or '500M', got '64': units are Ki Mi Gi Ti Pi and k M G T P",
    ),
  );
  expect(() => bytes('-1Gi')).toThrow(
    new Error(
      "the quantity must be an amount with a unit, like '64Gi' or '500M', got '-1Gi': units are Ki Mi Gi Ti Pi and k M G T P",
    ),
  );
});

test.each([
  ['4', 4],
  ['0.25', 0.25],
  ['0.001', 0.001],
  ['250m', 0.25],
  ['1m', 0.001],
  ['1500m', 1.5],
] as const)('%s CPU are %d cores', (quantity, count) => {
  expect(parse(cpuSchema, quantity, 'x')).toBe(quantity);
  expect(cores(quantity)).toBe(count);
});

test.each(['0', '0m', '0.000', '1.5m', '0.0001', '1e3', '.5', '1.', ' 4', '4 ', '4 cores'])(
  '%j is no amount of CPU: Kubernetes counts thousandths of a core',
  (quantity) => {
    expect(() => parse(cpuSchema, quantity, 'x')).toThrow(
      new Error(`[x] must be an amount of CPU in quotes, like '4' or '250m', got '${quantity}'`),
    );
  },
);

test('an amount of CPU that YAML read as a number is refused', () => {
  expect(() => parse(cpuSchema, 4, 'x')).toThrow(
    new Error("[x] must be an amount of CPU in quotes, like '4' or '250m', got 4"),
  );
});

test.each(['-1', '0x4', 'many', ''])('CPU %j is refused in one line', (quantity) => {
  expect(() => parse(cpuSchema, quantity, 'x')).toThrow(
    new Error(`[x] must be an amount of CPU in quotes, like '4' or '250m', got '${quantity}'`),
  );
});

test.each(['4cores', '', '-1', '1k'])('counting the cores of %j throws, instead of answering NaN', (quantity) => {
  expect(() => cores(quantity as Cpu)).toThrow(
    new Error(`the quantity must be an amount of CPU in quotes, like '4' or '250m', got '${quantity}'`),
  );
});

test.each([
  [1, '1Mi'],
  [MI, '1Mi'],
  [MI + 1, '2Mi'],
  [1000 * MI, '1000Mi'],
  [2 ** 30, '1Gi'],
  [1.5 * 2 ** 30, '1536Mi'],
  [2 ** 40, '1Ti'],
  [1.5 * 2 ** 40, '1536Gi'],
] as const)('%d bytes are written as the API server would write them: %s', (count, quantity) => {
  expect(formatBytes(count)).toBe(quantity);
});

test('what needs next to nothing still asks for something: zero would mean no request at all', () => {
  expect(formatBytes(0)).toBe('1Mi');
  expect(formatCpu(0)).toBe('1m');
});

test('a pebibyte is written as the API server would write it', () => {
  expect(formatBytes(2 ** 50)).toBe('1Pi');
});

test('a number that is no amount is not written as one', () => {
  for (const count of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => formatBytes(count)).toThrow();
    expect(() => formatCpu(count)).toThrow();
  }
});

test('a formatted number of bytes is never below the input, and less than a mebibyte above', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      const written = bytes(formatBytes(count));
      expect(written).toBeGreaterThanOrEqual(count);
      expect(written - Math.max(1, count)).toBeLessThan(MI);
    }),
  );
});

test('a formatted number of bytes is a quantity that the schema takes, and formatting it again changes nothing', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 ** 60, noNaN: true }), (count) => {
      const quantity = formatBytes(count);
      expect(parse(bytesSchema, quantity, 'x')).toBe(quantity);
      expect(formatBytes(bytes(quantity))).toBe(quantity);
    }),
  );
});

test.each([
  [4, '4'],
  [0.25, '250m'],
  [1.5, '1500m'],
  [0.1 + 0.2, '300m'],
  [0.0001, '1m'],
  [2.0004, '2001m'],
] as const)('%d cores are written as the API server would write them: %s', (count, quantity) => {
  expect(formatCpu(count)).toBe(quantity);
});

test('thousandths of a core come back as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (millis) => {
      const quantity = formatCpu(cores(`${millis}m`));
      expect(quantity).toBe(millis % 1000 === 0 ? `${millis / 1000}` : `${millis}m`);
      expect(parse(cpuSchema, quantity, 'x')).toBe(quantity);
    }),
  );
});

test('a formatted number of cores is never noticeably below the input, and formatting it again changes nothing', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (count) => {
      const quantity = formatCpu(count);
      // A billionth of a core is the noise of floating point that is taken off.
      expect(cores(quantity)).toBeGreaterThanOrEqual(count - 1e-9);
      expect(cores(quantity) - Math.max(count, 0)).toBeLessThanOrEqual(0.001 + 1e-9);
      expect(formatCpu(cores(quantity))).toBe(quantity);
    }),
  );
});

test('a quantity with a wrong unit does not compile', () => {
  // @ts-expect-error: the unit is Gi
  expect(() => bytes('64GB')).toThrow();
  // @ts-expect-error: a unit is missing
  expect(() => bytes('64')).toThrow();
  // @ts-expect-error: a number has no unit
  expect(() => bytes(64)).toThrow();
  // @ts-expect-error: thousandths are m
  const wrong: Cpu = '250 millicores';
  expect(() => parse(cpuSchema, wrong, 'x')).toThrow();
  // @ts-expect-error: memory is no CPU
  const memory: Cpu = '4Gi' satisfies Bytes;
  expect(() => parse(cpuSchema, memory, 'x')).toThrow();
});
