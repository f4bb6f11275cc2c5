import fc from 'fast-check';
import { type Duration, durationSchema, formatSeconds, seconds } from '../../lib/core/durations';
import { parse } from '../../lib/core/schema';

test.each([
  ['50ms', 0.05],
  ['0.5ms', 0.0005],
  ['30s', 30],
  ['1.1s', 1.1],
  ['10m', 600],
  ['2h', 7200],
  ['1.5h', 5400],
  ['7d', 604_800],
] as const)('%s are %d seconds', (duration, count) => {
  expect(parse(durationSchema, duration, 'x')).toBe(duration);
  expect(seconds(duration)).toBe(count);
});

test.each(['1h30m', '0s', '0.0ms', '30', '1e3s', ' 1s', '.5s', '1s ', '1S', '1min', '1w', '1y', '1us'])(
  '%j is no duration',
  (duration) => {
    expect(() => parse(durationSchema, duration, 'shop/ranker')).toThrow(
      new Error(`[shop/ranker] must be a duration with one unit, like '30s', got '${duration}': units are ms s m h d`),
    );
  },
);

test('a duration that is missing, or a number, is refused', () => {
  expect(() => parse(durationSchema, undefined, 'x')).toThrow(
    new Error("[x] must be a duration with one unit, like '30s', but is missing: units are ms s m h d"),
  );
  expect(() => parse(durationSchema, 30, 'x')).toThrow(
    new Error("[x] must be a duration with one unit, like '30s', got 30: units are ms s m h d"),
  );
});

test.each(['-1s', '', 's', 'PT1H'])('%j is refused in one line', (duration) => {
  expect(() => parse(durationSchema, duration, 'x')).toThrow(
    new Error(`[x] must be a duration with one unit, like '30s', got '${duration}': units are ms s m h d`),
  );
});

test.each(['3650.1d', '315360001s', `${'9'.repeat(400)}d`])('%s is longer than Kubernetes should count', (duration) => {
  const shown = duration.length > 60 ? `'${'9'.repeat(56)}…` : `'${duration}'`;
  expect(() => parse(durationSchema, duration, 'x')).toThrow(new Error(`[x] must be at most '3650d', got ${shown}`));
});

test('ten years are a duration', () => {
  expect(parse(durationSchema, '3650d', 'x')).toBe('3650d');
});

test('counting the seconds of what was never checked throws, instead of answering NaN', () => {
  expect(() => seconds('1h30m' as Duration)).toThrow(
    new Error("the duration must be a duration with one unit, like '30s', got '1h30m': units are ms s m h d"),
  );
});

test.each([
  [0, '0s'],
  [0.0005, '0.5ms'],
  [0.05, '50ms'],
  [0.1 + 0.2, '300ms'],
  [1.5, '1500ms'],
  [1, '1s'],
  [90, '90s'],
  [600, '10m'],
  [3600, '1h'],
  [5400, '90m'],
  [86_400, '1d'],
  [604_800, '7d'],
] as const)('%d seconds are written as %s', (count, duration) => {
  expect(formatSeconds(count)).toBe(duration);
});

test('whole seconds come back as they were written, in no more letters than as seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3650 * 86_400 }), (count) => {
      const duration = formatSeconds(count);
      expect(parse(durationSchema, duration, 'x')).toBe(duration);
      expect(seconds(duration)).toBe(count);
      expect(duration.length).toBeLessThanOrEqual(`${count}s`.length);
    }),
  );
});

test('milliseconds come back as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 ** 9 }), (millis) => {
      expect(seconds(formatSeconds(millis / 1000))).toBe(millis / 1000);
    }),
  );
});

test('any duration has one written form: formatting it again changes nothing', () => {
  const duration = fc
    .tuple(
      fc.integer({ min: 1, max: 100_000 }),
      fc.constantFrom('', '.5', '.25'),
      fc.constantFrom('ms', 's', 'm', 'h', 'd'),
    )
    .map(([whole, rest, unit]) => `${whole}${rest}${unit}` as Duration);
  fc.assert(
    fc.property(duration, (given) => {
      const canonical = formatSeconds(seconds(given));
      expect(seconds(canonical)).toBeCloseTo(seconds(given), 9);
      expect(formatSeconds(seconds(canonical))).toBe(canonical);
    }),
  );
});

test('a duration with a wrong unit does not compile', () => {
  // @ts-expect-error: a unit is missing
  expect(() => seconds('30')).toThrow();
  // @ts-expect-error: minutes are m
  expect(() => seconds('5min')).toThrow();
  // @ts-expect-error: one unit only
  expect(() => seconds('1h30m')).toThrow();
  // @ts-expect-error: a number has no unit
  expect(() => seconds(30)).toThrow();
});
