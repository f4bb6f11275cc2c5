import fc from 'fast-check';
import { type ControllerOptions, DEFAULT_OPTIONS, HpaController } from '../../../lib/capacity/hpa/controller';
import type { PodGroup, Sample } from '../../../lib/capacity/hpa/pods';
import { type Hpa, policyOf } from '../../../lib/capacity/hpa/policy';
import type { Reading } from '../../../lib/capacity/hpa/proposal';

/** One metric that replicas share, of which each should have 100. */
const perReplica = { type: 'External', external: { target: { averageValue: '100' } } };

const READY: PodGroup = { count: 1, phase: 'Running', ready: { is: true, since: -1000 }, startedAt: -1000 };

/** Runs an autoscaler every 15 seconds, with pods that are ready at once; what is wanted in all is in whole numbers. */
function timeline(
  spec: Hpa['spec'],
  totals: readonly (number | undefined)[],
  from: number,
  options?: ControllerOptions,
) {
  const controller = new HpaController(policyOf({ spec }), options);
  let replicas = from;
  return totals.map((total, i) => {
    const workload = { specReplicas: replicas, statusReplicas: replicas, pods: [{ ...READY, count: replicas }] };
    replicas = controller.sync(i * 15, workload, [total === undefined ? undefined : { total: total * 1000 }]);
    return replicas;
  });
}

test('without rules it grows by twice and four, and falls after five minutes in one step (kubernetes#115162)', () => {
  const spec = { maxReplicas: 600, metrics: [perReplica] };
  const up = [50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 50_000];
  expect(timeline(spec, up, 1)).toEqual([4, 8, 16, 32, 64, 128, 256, 500, 500]);
  const down = timeline(
    spec,
    Array.from({ length: 30 }, () => 100),
    500,
  );
  expect(new Set(down.slice(0, 21))).toEqual(new Set([500]));
  expect(down[21]).toBe(1);
});

test('a rate limit counts what went within its period', () => {
  const behavior = {
    scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] },
  } as const;
  const totals = Array.from({ length: 9 }, () => 100);
  const spec = { maxReplicas: 20, metrics: [perReplica], behavior };
  // The first two leave at once; those of a minute ago count until they are older than that.
  expect(timeline(spec, totals, 10)).toEqual([8, 8, 8, 8, 6, 6, 6, 6, 4]);
});

test('a rise that is older than the periods of its own rules is forgotten with the next, whatever the others look back', () => {
  const behavior = {
    scaleUp: { policies: [{ type: 'Pods', value: 3, periodSeconds: 10 }] },
    scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 600 }] },
  } as const;
  // Of the nine that have come, it is the last three that may go again, and two more.
  expect(timeline({ maxReplicas: 20, metrics: [perReplica], behavior }, [2000, 2000, 2000, 100, 100], 2)).toEqual([
    5, 8, 11, 6, 6,
  ]);
});

test('a window that is not given is that of the flags', () => {
  const spec = { maxReplicas: 20, metrics: [perReplica], behavior: { scaleUp: { stabilizationWindowSeconds: 0 } } };
  expect(policyOf({ spec }, { ...DEFAULT_OPTIONS, downscaleStabilization: 20 }).behavior?.down).toMatchObject({
    stabilizationWindowSeconds: 20,
  });
});

test('a metric that fails holds the replicas', () => {
  const spec = { minReplicas: 2, maxReplicas: 20, metrics: [perReplica] };
  expect(timeline(spec, [500, undefined, undefined, 500], 5)).toEqual([5, 5, 5, 5]);
});

test('a share that may go is rounded down, and the rest stays', () => {
  const behavior = {
    scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 10, periodSeconds: 15 }] },
  } as const;
  // 90 % of 15 are 13.5, of 13 are 11.7.
  expect(timeline({ maxReplicas: 20, metrics: [perReplica], behavior }, [100, 100], 15)).toEqual([13, 11]);
});

test('of several metrics the highest counts, and while one fails the others may only raise', () => {
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  const spec = { maxReplicas: 20, metrics: [perReplica, perReplica], behavior };
  const sync = (readings: (Reading | undefined)[]) =>
    new HpaController(policyOf({ spec })).sync(
      0,
      { specReplicas: 5, statusReplicas: 5, pods: [{ ...READY, count: 5 }] },
      readings,
    );
  expect(sync([{ total: 600_000 }, { total: 900_000 }])).toBe(9);
  expect(sync([{ total: 800_000 }, undefined])).toBe(8);
  expect(sync([{ total: 100_000 }, undefined])).toBe(5);
});

test('bounds are set at once, whatever metrics and rules say', () => {
  const behavior = { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } } as const;
  const spec = { minReplicas: 3, maxReplicas: 6, metrics: [perReplica], behavior };
  expect(timeline(spec, [undefined], 1)).toEqual([3]);
  expect(timeline(spec, [undefined], 9)).toEqual([6]);
});

test('a workload at zero stays there, unless the autoscaler took it there', () => {
  const spec = { minReplicas: 0, maxReplicas: 6, metrics: [perReplica] };
  const totals = [0, ...Array.from({ length: 21 }, () => 0), 300];
  expect(timeline({ ...spec, minReplicas: 1 }, [300], 0)).toEqual([0]);
  const options = { ...DEFAULT_OPTIONS, scaleToZero: true };
  expect(timeline(spec, totals, 2, options).slice(-2)).toEqual([0, 3]);
  expect(timeline(spec, totals, 2).slice(-2)).toEqual([0, 0]);
});

test('pods that are alike count as many, in whatever groups', () => {
  const group = fc.record({
    pod: fc.record({
      phase: fc.constantFrom('Pending' as const, 'Running' as const, 'Failed' as const),
      deleted: fc.boolean(),
      ready: fc.option(fc.record({ is: fc.boolean(), since: fc.integer({ min: -400, max: 0 }) }), { nil: undefined }),
      startedAt: fc.option(fc.integer({ min: -400, max: 0 }), { nil: undefined }),
    }),
    count: fc.integer({ min: 1, max: 4 }),
    sample: fc.option(
      fc.record({ value: fc.nat(3000), at: fc.integer({ min: -30, max: 0 }), window: fc.constant(30) }),
      { nil: undefined },
    ),
  });
  const target = fc.constantFrom({ averageUtilization: 70 }, { averageValue: '500m' });
  fc.assert(
    fc.property(
      fc.array(group, { maxLength: 6 }),
      target,
      fc.integer({ min: 1, max: 30 }),
      (groups, of, specReplicas) => {
        const spec = { maxReplicas: 100, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: of } }] };
        const sync = (list: readonly (typeof groups)[number][]) => {
          const pods: PodGroup[] = list.map(({ pod, count }) => {
            const { ready, startedAt, ...rest } = pod;
            return { ...rest, count, ...(ready && { ready }), ...(startedAt !== undefined && { startedAt }) };
          });
          const samples: (Sample | undefined)[] = list.map(({ sample }) => sample);
          const requests = list.map(() => 1000);
          const workload = { specReplicas, statusReplicas: specReplicas, pods };
          return new HpaController(policyOf({ spec })).sync(0, workload, [{ samples, requests }]);
        };
        const apart = groups.flatMap((one) => Array.from({ length: one.count }, () => ({ ...one, count: 1 })));
        expect(sync(groups)).toBe(sync(apart));
      },
    ),
  );
});
