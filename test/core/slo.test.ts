import { z } from 'zod';
import { parse } from '../../lib/core/schema';
import { Slo, sloSchema } from '../../lib/core/slo';

test('a latency objective is a bound in seconds and the quantile that keeps it', () => {
  expect(Slo.latency({ under: '50ms', objective: '99%' })).toEqual({
    kind: 'latency',
    thresholdSeconds: 0.05,
    objective: 0.99,
  });
});

test('an availability objective is a share', () => {
  expect(Slo.availability({ objective: '99.95%' })).toEqual({ kind: 'availability', objective: 0.9995 });
});

test('an objective of 100% is refused: it leaves no error budget', () => {
  expect(() => Slo.availability({ objective: '100%' })).toThrow(
    new Error(
      "[Slo.availability] objective must be a percentage below 100%, like '99.9%', got '100%': an objective of 100% leaves no error budget",
    ),
  );
  expect(() => Slo.latency({ under: '50ms', objective: '100.0%' })).toThrow(
    new Error(
      "[Slo.latency] objective must be a percentage below 100%, like '99.9%', got '100.0%': an objective of 100% leaves no error budget",
    ),
  );
});

test('an objective of nothing is refused', () => {
  expect(() => Slo.availability({ objective: '0%' })).toThrow(
    new Error("[Slo.availability] objective must be a percentage above 0% and up to 100%, like '99.9%', got '0%'"),
  );
});

test('what is missing is reported, all at once', () => {
  expect(() => Slo.latency({} as never)).toThrow(
    new Error(
      "[Slo.latency] under must be a duration with one unit, like '30s', but is missing: units are ms s m h d\n" +
        "[Slo.latency] objective must be a percentage above 0% and up to 100%, like '99.9%', but is missing",
    ),
  );
});

test.each(['101%', 'abc'])('the objective %j is refused in one line', (objective) => {
  expect(() => Slo.availability({ objective: objective as never })).toThrow(
    new Error(
      `[Slo.availability] objective must be a percentage above 0% and up to 100%, like '99.9%', got '${objective}'`,
    ),
  );
});

test('an environment file states both objectives in one map', () => {
  expect(parse(sloSchema, { latency: { under: '50ms', objective: '99%' }, availability: '99.9%' }, 'dev.yaml')).toEqual(
    [Slo.latency({ under: '50ms', objective: '99%' }), Slo.availability({ objective: '99.9%' })],
  );
});

test('an environment file may state one objective, or none', () => {
  expect(parse(sloSchema, { availability: '99.9%' }, 'x')).toEqual([Slo.availability({ objective: '99.9%' })]);
  expect(parse(sloSchema, { latency: { under: '1s', objective: '95%' } }, 'x')).toEqual([
    Slo.latency({ under: '1s', objective: '95%' }),
  ]);
  expect(parse(sloSchema, {}, 'x')).toEqual([]);
});

test('a mistake in an environment file is reported by its path', () => {
  const schema = z.strictObject({ slo: sloSchema });
  const slo = { latency: { under: '0ms', objective: '100%' }, availabilty: '99%' };
  expect(() => parse(schema, { slo }, 'x')).toThrow(
    new Error(
      [
        "[x] slo.latency.under must be a duration with one unit, like '30s', got '0ms': units are ms s m h d",
        "[x] slo.latency.objective must be a percentage below 100%, like '99.9%', got '100%': an objective of 100% leaves no error budget",
        "[x] slo.availabilty is not known: did you mean 'availability'? (known: latency, availability)",
      ].join('\n'),
    ),
  );
});

test('an objective without units does not compile', () => {
  // @ts-expect-error: a duration has a unit
  expect(() => Slo.latency({ under: '50', objective: '99%' })).toThrow();
  // @ts-expect-error: a percentage
  expect(() => Slo.latency({ under: '50ms', objective: '0.99' })).toThrow();
  // @ts-expect-error: a percentage
  expect(() => Slo.availability({ objective: 0.99 })).toThrow();
});
