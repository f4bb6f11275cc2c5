import fc from 'fast-check';
import { HpaController, hpaSpecOf, policyOf } from '../../../lib/capacity';
import { replay } from '../../../lib/capacity/simulation/replay';
import type { Trace } from '../../../lib/capacity/traces/trace';
import { Course } from '../../../lib/capacity/tuner/course';
import type { DemandPolicy } from '../../../lib/capacity/tuner/policy';

const service = { capacity: 100, readySeconds: 120, metricWindow: 30 };

const trace = (rates: readonly number[], step = 60): Trace => ({
  name: 'made',
  step,
  requests: Float64Array.from(rates, (rate) => rate * step),
});

const policies: fc.Arbitrary<DemandPolicy> = fc.record({
  requests: fc.integer({ min: 400, max: 1100 }).map((tenths) => tenths / 10),
  replicas: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 40 })),
  tolerance: fc.record({ up: fc.constantFrom(0, 0.02, 0.1), down: fc.constantFrom(0, 0.05, 0.1) }),
  up: fc.record({ window: fc.constantFrom(0, 30, 60), percent: fc.constantFrom(10, 100, 900) }),
  down: fc.record({
    window: fc.constantFrom(0, 60, 100, 300, 600),
    percent: fc.constantFrom(1, 5, 10, 50, 100),
    every: fc.constantFrom(15, 60, 100),
  }),
});

test('a course gives what the replay with the controller of the same manifest gives, to the last request', () => {
  const rates = fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 5, maxLength: 80 });
  fc.assert(
    fc.property(rates, policies, fc.constantFrom(0, 20, 120), (values, policy, readySeconds) => {
      const given = trace(values);
      const slow = { ...service, readySeconds };
      const controller = new HpaController(policyOf({ spec: hpaSpecOf(policy, 'rps') }));
      const [fewest, most] = policy.replicas;
      const first = Math.ceil(Math.round((values[0] ?? 0) * 1000) / (policy.requests * 1000));
      const expected = replay(
        given,
        slow,
        {
          sync: (now, seen) => controller.sync(now, seen, [{ total: Math.round((seen.rate ?? Number.NaN) * 1000) }]),
        },
        Math.min(most, Math.max(fewest, first)),
      );
      const run = new Course(given, slow, fewest).run(policy);
      expect(run.replicaHours).toBe(expected.replicaHours);
      expect(run.overCapacity).toBeCloseTo(expected.overCapacity, 4);
    }),
    { seed: 7, numRuns: 100 },
  );
});

test('what ample headroom misses is beyond reach, with the time that a start takes on both sides', () => {
  const quiet = Array.from({ length: 20 }, () => 100);
  const course = new Course(trace([...quiet, 1500, 1500, ...quiet]), service, 3);
  const policy: DemandPolicy = {
    requests: 50,
    replicas: [3, 100],
    tolerance: { up: 0, down: 0.1 },
    up: { window: 0, percent: 900 },
    down: { window: 600, percent: 100, every: 15 },
  };
  expect(course.setReach(policy)).toEqual([{ from: 1200, until: 1320, peak: 1500 }]);
  const run = course.run(policy);
  expect(run.overCapacity).toBe(144_000);
  expect(run.missed).toBe(0);
  expect(course.missedShare(run)).toBe(0);
  expect(course.share(run)).toBeCloseTo(144_000 / 420_000, 6);
});
