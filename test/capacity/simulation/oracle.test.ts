import fc from 'fast-check';
import { foreseen, needs, oracle, oracleHours } from '../../../lib/capacity/simulation/oracle';
import { replay } from '../../../lib/capacity/simulation/replay';
import { SERVICE, times, traceOf } from './fixtures';

const TICK = 15 / 3600;

test('a replica is paid for from as long before it is needed as it takes to be ready, and goes at once', () => {
  const trace = traceOf([0, 0, 0, 0, 500, 0, 0]);
  expect([...needs(trace, SERVICE, 2)]).toEqual([2, 2, 2, 2, 5, 2, 2]);
  // Ready after 30 s: two ticks.
  expect([...replay(trace, SERVICE, oracle(trace, SERVICE, 2), 2).wanted]).toEqual([2, 2, 5, 5, 5, 2, 2]);
  expect(oracleHours(trace, SERVICE, 2)).toBeCloseTo((4 * 2 + 3 * 5) * TICK);
});

test('a part of a sync counts as a whole one', () => {
  expect(oracleHours(traceOf([0, 0, 100]), { ...SERVICE, readySeconds: 16 }, 0)).toBeCloseTo(3 * TICK);
});

test('a rate that is just what replicas answer needs no further one', () => {
  expect([...needs(traceOf([300.0000000001]), SERVICE, 0)]).toEqual([3]);
});

test('it fails nobody, costs what it says, and nothing that fails nobody costs less', () => {
  const rates = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 90 }), (all, fewest, readySeconds) => {
      const trace = traceOf(all);
      const service = { ...SERVICE, readySeconds };
      const result = replay(trace, service, oracle(trace, service, fewest), foreseen(trace, service, fewest)[0] ?? 0);
      expect(result.overCapacity).toBeCloseTo(0, 6);
      expect(result.replicaHours).toBeCloseTo(oracleHours(trace, service, fewest), 9);
      // The most of each window, looked up one by one.
      const needed = [...needs(trace, service, fewest)];
      const ahead = Math.ceil(readySeconds / 15);
      const slow = needed.map((_, i) => Math.max(...needed.slice(i, i + ahead + 1)));
      expect([...result.wanted]).toEqual(slow);
    }),
  );
});

test('it takes time in proportion to the trace, however long replicas take to be ready', () => {
  const trace = traceOf(times(200_000, 100));
  expect(oracleHours(trace, { ...SERVICE, readySeconds: 1_000_000 }, 0)).toBeCloseTo(200_000 * TICK, 6);
});

test('what no replica can answer is refused', () => {
  const rule = 'capacity must be the requests per second of a replica, above 0, got 0';
  expect(() => oracleHours(traceOf([1]), { ...SERVICE, capacity: 0 }, 1)).toThrow(new Error(rule));
});
