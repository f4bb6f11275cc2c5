import fc from 'fast-check';
import { constantly } from '../../../lib/capacity/simulation/baselines';
import { type Cluster, DLRM_SCHEDULING, delays } from '../../../lib/capacity/simulation/cluster';
import { replay } from '../../../lib/capacity/simulation/replay';
import { cpu, DOWN_AT_ONCE, external, hpa, SERVICE, seen, times, traceOf, wanted } from './fixtures';

/** What becomes of a plan of replicas, tick by tick. */
function course(plan: readonly number[], cluster: Cluster, initial = plan[0] ?? 0) {
  const autoscaler = { sync: (now: number) => plan[now / 15] ?? 0 };
  const result = replay(traceOf(plan.map(() => 100)), SERVICE, autoscaler, initial, { cluster });
  return { ready: [...result.ready], paid: [...result.replicas] };
}

test('the scheduler takes its time, for which a replica is paid for', () => {
  const { ready, paid } = course([1, 3, 3, 3, 3, 3], { scheduling: 15 });
  // 15 s, and 30 s to be ready.
  expect(ready).toEqual([1, 1, 1, 1, 3, 3]);
  expect(paid).toEqual([1, 3, 3, 3, 3, 3]);
});

test('delays by quantiles are such ones, and the same for the same seed', () => {
  const draw = (seed: number) => {
    const next = delays(DLRM_SCHEDULING, seed);
    return Array.from({ length: 20_000 }, () => next()).sort((a, b) => a - b);
  };
  const drawn = draw(7);
  expect(drawn).toEqual(draw(7));
  expect(drawn).not.toEqual(draw(8));
  const at = (share: number) => drawn[share * 20_000] ?? Number.NaN;
  expect(at(0.45)).toBe(0);
  expect(Math.abs(at(0.7) - 29.5)).toBeLessThan(3);
  expect(Math.abs(at(0.9) - 59)).toBeLessThan(20);
  expect(at(0.995)).toBe(1665);
});

test('replicas with a delay of their own come one by one', () => {
  const { ready } = course([0, 100, ...times(6, 100)], {
    scheduling: [
      [0, 0],
      [1, 60],
    ],
  });
  expect(ready.slice(0, 3)).toEqual([0, 0, 0]);
  expect(ready[3]).toBe(0);
  for (const [i, share] of [0.25, 0.5, 0.75, 1].entries()) {
    expect(Math.abs((ready[4 + i] ?? 0) - 100 * share)).toBeLessThan(15);
  }
  expect(ready[7]).toBe(100);
});

test('beyond the room a node must come first, with its image, and is paid for from then on', () => {
  const nodes = { room: 2, comeAfter: 60, imagePull: 15 };
  const { ready, paid } = course([1, 4, ...times(8, 4)], { nodes });
  // One has room. Two wait 60 s for nodes and 15 s for the image.
  expect(ready).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 4, 4]);
  expect(paid).toEqual([1, 2, 2, 2, 2, 4, 4, 4, 4, 4]);
});

test('a node that has become empty stays for a while, and takes a replica at once', () => {
  const nodes = { room: 1, comeAfter: 60, keptFor: 45 };
  const plan = [1, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2];
  const { ready } = course(plan, { nodes });
  expect(ready).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test('nodes that never come leave replicas pending, which nobody pays for', () => {
  const { ready, paid } = course([2, 9, 9, 9, 3, 3, 2], { nodes: { room: 3, comeAfter: Number.POSITIVE_INFINITY } });
  expect(ready).toEqual([2, 2, 2, 3, 3, 3, 2]);
  expect(paid).toEqual([2, 3, 3, 3, 3, 3, 2]);
});

test('a quota is the end, and room that becomes free is taken by who waits', () => {
  const nodes = { room: 1, comeAfter: 15, most: 3 };
  const { ready, paid } = course([1, 5, 5, 5, 5, 5], { nodes });
  expect(ready).toEqual([1, 1, 1, 1, 3, 3]);
  expect(paid).toEqual([1, 1, 3, 3, 3, 3]);
});

test('the autoscaler goes on asking while replicas are pending, but for CPU counts them', () => {
  const cluster = { nodes: { room: 2, comeAfter: Number.POSITIVE_INFINITY } };
  const rates = times(4, 1000);
  const onRequests = hpa({ maxReplicas: 20, metrics: [external('requests', '100')] });
  expect(wanted(onRequests, rates, 2, { cluster })).toEqual([4, 8, 10, 10]);
  const onCpu = hpa({ maxReplicas: 20, metrics: [cpu(50)] });
  expect(wanted(onCpu, rates, 2, { cluster })).toEqual([4, 4, 4, 4]);
});

test('the replicas of a zone that is lost answer no more, and come again elsewhere once it is noticed', () => {
  const losses = [{ from: 30, until: 90, share: 1 / 3, noticedAfter: 45 }];
  const { ready, paid } = course(times(9, 9), { losses });
  // Noticed at 75, ready at 105.
  expect(ready).toEqual([9, 9, 6, 6, 6, 6, 6, 9, 9]);
  expect(paid).toEqual([9, 9, 6, 6, 6, 9, 9, 9, 9]);
});

test('a lost node is noticed after 350 s, unless it is said', () => {
  const { ready } = course(times(30, 4), { losses: [{ from: 0, until: 15, share: 0.5 }] });
  // 350 s and 30 s are in the 26th tick.
  expect(ready.slice(0, 26)).toEqual(times(26, 2));
  expect(ready[26]).toBe(4);
});

test('the share of a loss is right for the whole, though replicas are of many ages', () => {
  const plan = Array.from({ length: 12 }, (_, i) => i + 1);
  const { paid } = course([...plan, ...times(3, 12)], { losses: [{ from: 180, until: 999, share: 0.5 }] });
  expect(paid.at(-1)).toBe(6);
});

test('what is lost is the first to go when fewer are wanted', () => {
  const losses = [{ from: 15, until: 999, share: 0.5, noticedAfter: 60 }];
  const { ready } = course([6, 6, 4, 3, 2, 2, 2, 2], { losses });
  expect(ready).toEqual([6, 3, 3, 3, 2, 2, 2, 2]);
});

test('with the zone its room is lost: where there is no other, replicas wait until it is back', () => {
  const cluster = {
    nodes: { room: 4, comeAfter: Number.POSITIVE_INFINITY },
    losses: [{ from: 15, until: 75, share: 0.5, noticedAfter: 15 }],
  };
  const { ready, paid } = course(times(10, 4), cluster);
  expect(ready).toEqual([4, 2, 2, 2, 2, 2, 2, 4, 4, 4]);
  expect(paid).toEqual([4, 2, 2, 2, 2, 4, 4, 4, 4, 4]);
});

test('without metrics an autoscaler holds what there is', () => {
  const outages = [{ from: 30, until: 75 }];
  const autoscaler = hpa({ maxReplicas: 20, metrics: [external('requests', '100')], behavior: DOWN_AT_ONCE });
  const rates = [300, 300, 900, 900, 100, 100, 100];
  expect(wanted(autoscaler, rates, 3, { cluster: { outages } })).toEqual([3, 3, 3, 3, 3, 1, 1]);
});

test('CPU is read though the monitoring is down, and the other way round', () => {
  const outage = (of: 'monitoring' | 'resources', metric: object) =>
    wanted(hpa({ maxReplicas: 20, metrics: [metric] }), times(2, 1000), 5, {
      cluster: { outages: [{ from: 0, until: 999, of }] },
    });
  expect(outage('monitoring', cpu(50))).toEqual([10, 10]);
  expect(outage('resources', cpu(50))).toEqual([5, 5]);
  expect(outage('monitoring', external('requests', '100'))).toEqual([5, 5]);
  expect(outage('resources', external('requests', '100'))).toEqual([10, 10]);
});

test('whatever happens, nothing is ready that is not wanted or has no room', () => {
  const share = fc.constantFrom(0.2, 1 / 3, 0.5, 1);
  const loss = fc.record({ from: fc.nat(400), until: fc.nat(800), share, noticedAfter: fc.nat(200) });
  const cluster = fc.record({
    scheduling: fc.constantFrom(0, 20, DLRM_SCHEDULING),
    losses: fc.array(loss, { maxLength: 3 }),
    nodes: fc.record({
      room: fc.nat(8),
      comeAfter: fc.constantFrom(0, 40, 300),
      most: fc.integer({ min: 8, max: 12 }),
    }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(fc.nat(15), { minLength: 1, maxLength: 50 }), cluster, (plan, model) => {
      const { ready, paid } = course(plan, model);
      for (const [i, count] of plan.entries()) {
        expect(ready[i]).toBeGreaterThanOrEqual(0);
        expect(ready[i]).toBeLessThanOrEqual(paid[i] ?? 0);
        expect(paid[i]).toBeLessThanOrEqual(Math.min(count, model.nodes.most));
      }
    }),
  );
});

test('a cluster in which nothing happens is none', () => {
  const plan = [3, 5, 5, 2, 8, 8, 8, 1];
  expect(course(plan, { scheduling: 0, losses: [], outages: [], seed: 3 })).toEqual(course(plan, {}));
  expect(constantly(4).sync(0, seen(1))).toBe(4);
});
