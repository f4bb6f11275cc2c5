import fc from 'fast-check';
import { constantly } from '../../../lib/capacity/simulation/baselines';
import { replay } from '../../../lib/capacity/simulation/replay';
import { duration } from '../../../lib/capacity/traces/trace';
import { DOWN_AT_ONCE, external, hpa, SERVICE, times, traceOf } from './fixtures';

const onRequests = (spec: object = {}) =>
  hpa({ minReplicas: 1, maxReplicas: 50, metrics: [external('requests', '100')], behavior: DOWN_AT_ONCE, ...spec });

test('it sees the last window, decides, and has what it started after the time that it takes', () => {
  const trace = traceOf([100, 400, 400, 400, 400, 100, 100]);
  const result = replay(trace, SERVICE, onRequests(), 1);
  expect([...result.offered]).toEqual([100, 400, 400, 400, 400, 100, 100]);
  // The metric is of the 15 s before: the rise of the second tick is seen in the third, the fall of the sixth in the last.
  expect([...result.wanted]).toEqual([1, 1, 4, 4, 4, 4, 1]);
  expect([...result.replicas]).toEqual([1, 1, 4, 4, 4, 4, 1]);
  expect([...result.ready]).toEqual([1, 1, 1, 1, 4, 4, 1]);
  expect(result.requests).toBe(1900 * 15);
  expect(result.overCapacity).toBe(3 * 300 * 15);
  expect(result.replicaHours).toBe((19 * 15) / 3600);
});

test('at no replicas every request is over capacity', () => {
  const result = replay(traceOf([10, 20]), SERVICE, constantly(0), 0);
  expect(result.overCapacity).toBe(result.requests);
  expect(result.replicaHours).toBe(0);
});

test('replicas that are taken away before they are ready never answer, and the youngest go first', () => {
  const plan = [4, 6, 3, 3, 3];
  const result = replay(traceOf(times(5, 0)), SERVICE, { sync: (now) => plan[now / 15] ?? 0 }, 2);
  // Two are of the start. Of the two of the first tick one is left, ready after 30 s; of those of the second none.
  expect([...result.ready]).toEqual([2, 2, 3, 3, 3]);
});

test('the window of the metric may be longer than the trace so far: before it, all was as at its start', () => {
  const rates: (number | undefined)[] = [];
  const spy = {
    sync: (_: number, { rate }: { rate: number | undefined }) => {
      rates.push(rate);
      return 1;
    },
  };
  replay(traceOf([100, 200, 300]), { ...SERVICE, metricWindow: 60 }, spy, 1);
  expect(rates).toEqual([100, 100, 125]);
});

test.each([
  ['seconds', 1],
  ['steps that no tick divides', 40],
  ['hours', 3600],
])('no request is lost or counted twice with steps of %s', (_, step) => {
  const trace = { name: 'test', step, requests: Float64Array.from({ length: 7 }, (_, i) => 1000 + i) };
  const result = replay(trace, SERVICE, constantly(0), 0);
  expect(result.offered).toHaveLength(Math.ceil((7 * step) / 15));
  expect(result.requests).toBe(7021);
  expect(result.overCapacity).toBeCloseTo(7021, 6);
});

test('a last tick that is a part of one has its own rate, and is paid for as long as it is', () => {
  const trace = { name: 'test', step: 20, requests: Float64Array.of(2000) };
  const result = replay(trace, SERVICE, constantly(1), 1);
  expect([...result.offered]).toEqual([100, 100]);
  expect(result.overCapacity).toBe(0);
  expect(result.replicaHours).toBe(20 / 3600);
});

test('an empty trace costs nothing and fails nobody', () => {
  const result = replay(traceOf([]), SERVICE, onRequests(), 3);
  expect(result).toMatchObject({ requests: 0, overCapacity: 0, replicaHours: 0, late: undefined });
});

test('what is late is asked once for each load and number of replicas, and what is over capacity is late', () => {
  const asked: [number, number][] = [];
  const late = (rate: number, ready: number) => {
    asked.push([rate, ready]);
    return 0.5;
  };
  const result = replay(traceOf([50, 50, 50.1, 300, 100, 0]), SERVICE, constantly(1), 1, { late });
  // The load is rounded up to the next half percent of the capacity.
  expect(asked).toEqual([
    [50, 1],
    [50.5, 1],
    [100, 1],
  ]);
  expect(result.late).toBeCloseTo(15 * (25 + 25 + 25.05 + (200 + 50) + 50));
});

test('without a ready replica everything is late, and nobody is asked', () => {
  const late = () => {
    throw new Error('asked');
  };
  const result = replay(traceOf([10]), SERVICE, constantly(0), 0, { late });
  expect(result.late).toBe(150);
});

test.each([
  [{ capacity: 0 }, 'capacity must be the requests per second of a replica, above 0, got 0'],
  [
    { capacity: Number.POSITIVE_INFINITY },
    'capacity must be the requests per second of a replica, above 0, got Infinity',
  ],
  [{ readySeconds: -1 }, 'readySeconds must be a number of seconds, 0 or more, got -1'],
  [{ metricWindow: 0 }, 'metricWindow must be a number of seconds above 0, got 0'],
  [{ metricWindow: Number.NaN }, 'metricWindow must be a number of seconds above 0, got NaN'],
])('a service that can not be is refused: %p', (wrong, text) => {
  expect(() => replay(traceOf([1]), { ...SERVICE, ...wrong }, constantly(1), 1)).toThrow(new Error(text));
});

const ratesArb = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 });

test('what is answered and what is over capacity are all requests, whatever the autoscaler does', () => {
  fc.assert(
    fc.property(
      ratesArb,
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 60, maxLength: 60 }),
      (rates, plan) => {
        const trace = traceOf(rates);
        const result = replay(trace, SERVICE, { sync: (now) => plan[now / 15] ?? 0 }, 3);
        const answered = result.offered.reduce(
          (sum, rate, i) => sum + Math.min(rate, (result.ready[i] ?? 0) * SERVICE.capacity) * 15,
          0,
        );
        expect(answered + result.overCapacity).toBeCloseTo(result.requests, 3);
        expect(result.ready.every((count, i) => count >= 0 && count <= (result.replicas[i] ?? 0))).toBe(true);
        expect(result.replicaHours * 3600).toBeCloseTo(15 * result.replicas.reduce((a, b) => a + b, 0));
      },
    ),
  );
});

test('a higher minimum never puts more requests over capacity, nor costs less, but for what tolerance keeps', () => {
  const behavior = { scaleUp: { tolerance: '0' }, scaleDown: { stabilizationWindowSeconds: 0, tolerance: '0' } };
  fc.assert(
    fc.property(ratesArb, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 10 }), (rates, min, more) => {
      const trace = traceOf(rates);
      const low = replay(trace, SERVICE, onRequests({ behavior, minReplicas: min }), min);
      const high = replay(trace, SERVICE, onRequests({ behavior, minReplicas: min + more }), min + more);
      expect(high.overCapacity).toBeLessThanOrEqual(low.overCapacity);
      expect(high.replicaHours).toBeGreaterThanOrEqual(low.replicaHours);
    }),
  );
});

test('more room for each replica never puts more requests over capacity at the same replicas', () => {
  fc.assert(
    fc.property(ratesArb, fc.integer({ min: 0, max: 20 }), (rates, replicas) => {
      const trace = traceOf(rates);
      const less = replay(trace, SERVICE, constantly(replicas), replicas);
      const more = replay(trace, { ...SERVICE, capacity: 120 }, constantly(replicas), replicas);
      expect(more.overCapacity).toBeLessThanOrEqual(less.overCapacity);
      expect(duration(trace)).toBe(rates.length * 15);
    }),
  );
});
