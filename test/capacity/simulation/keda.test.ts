import fc from 'fast-check';
import { autoscalerOf } from '../../../lib/capacity/simulation/manifests';
import { DOWN_AT_ONCE, external, hpa, prometheus, scaledObject, seen, times, wanted } from './fixtures';

const DOWN = { horizontalPodAutoscalerConfig: { behavior: DOWN_AT_ONCE } };

const cron = (desiredReplicas: string, start = '0 8 * * *', end = '0 9 * * *') => ({
  type: 'cron',
  metadata: { timezone: 'UTC', start, end, desiredReplicas },
});

const cpuTrigger = (value: string) => ({ type: 'cpu', metricType: 'Utilization', metadata: { value } });

/** A quarter of a minute before eight, in UTC. */
const BEFORE_EIGHT = Date.parse('2026-11-10T07:59:45Z') / 1000;

test('between its bounds it is an autoscaler by the metric that it serves', () => {
  const autoscaler = scaledObject({
    minReplicaCount: 2,
    maxReplicaCount: 6,
    advanced: DOWN,
    triggers: [prometheus('100')],
  });
  expect(wanted(autoscaler, [200, 500, 900, 900, 100, 100], 2)).toEqual([2, 2, 5, 6, 6, 2]);
});

test('with a minimum, and metrics that can be read, it is the same as an autoscaler without KEDA', () => {
  const rates = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 80 });
  const rule = fc.record({
    stabilizationWindowSeconds: fc.constantFrom(0, 60, 300),
    policies: fc.tuple(
      fc.record({
        type: fc.constantFrom('Pods', 'Percent'),
        value: fc.integer({ min: 1, max: 50 }),
        periodSeconds: fc.constantFrom(15, 60),
      }),
    ),
  });
  const behavior = fc.option(fc.record({ scaleUp: rule, scaleDown: rule }), { nil: undefined });
  fc.assert(
    fc.property(
      rates,
      behavior,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 6, max: 40 }),
      (all, rules, min, max) => {
        const more = rules === undefined ? {} : { behavior: rules };
        const plain = hpa({ minReplicas: min, maxReplicas: max, metrics: [external('requests', '80')], ...more });
        const advanced = { horizontalPodAutoscalerConfig: more };
        const keda = scaledObject({
          minReplicaCount: min,
          maxReplicaCount: max,
          advanced,
          triggers: [prometheus('80')],
        });
        expect(wanted(keda, all, min)).toEqual(wanted(plain, all, min));
      },
    ),
  );
});

test('the rules of scaling are those of the object, and without any the older path is taken', () => {
  const rates = [100, ...times(5, 2000)];
  const none = scaledObject({ minReplicaCount: 1, triggers: [prometheus('100')] });
  expect(wanted(none, rates, 1)).toEqual([1, 1, 4, 8, 16, 20]);
  const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } };
  const slow = scaledObject({
    minReplicaCount: 1,
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
    triggers: [prometheus('100')],
  });
  expect(wanted(slow, rates, 1)).toEqual([1, 1, 2, 3, 4, 5]);
});

test('without a maximum it is 100', () => {
  const autoscaler = scaledObject({ minReplicaCount: 1, triggers: [prometheus('1')] });
  expect(autoscaler.sync(0, seen(90, { rate: 900 }))).toBe(100);
});

test('without a minimum it goes to zero, after the cooldown since it last was active', () => {
  const autoscaler = scaledObject({ cooldownPeriod: 60, advanced: DOWN, triggers: [prometheus('100')] });
  const rates = [300, 300, ...times(8, 0)];
  // Polled every 30 s: active at 0 and 30, then no more; at 90 that is 60 s ago.
  expect(wanted(autoscaler, rates, 3)).toEqual([3, 3, 3, 1, 1, 1, 0, 0, 0, 0]);
});

test('keda#6844: the cooldown is only for the way to zero; from many to one the autoscaler decides', () => {
  const spec = { minReplicaCount: 1, cooldownPeriod: 60, triggers: [prometheus('100')] };
  const rates = [300, ...times(30, 0)];
  const timeline = wanted(scaledObject(spec), rates, 3);
  // Three until the stabilisation of five minutes is over, whatever the cooldown.
  expect(timeline.slice(0, 21)).toEqual(times(21, 3));
  expect(timeline.slice(22)).toEqual(times(9, 1));
});

test('keda#7770: it goes to zero from any number at once, past the rules of scaling down', () => {
  const behavior = { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 600 }] } };
  const autoscaler = scaledObject({
    cooldownPeriod: 45,
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
    triggers: [prometheus('100')],
  });
  // Active at 0, no more at 30, and at 60 for longer than the cooldown.
  expect(wanted(autoscaler, [800, ...times(8, 0)], 8)).toEqual([8, 8, 8, 8, 0, 0, 0, 0, 0]);
});

test('keda#5008: what never was active goes to zero without a cooldown, unless the initial one says so', () => {
  const first = (initialCooldownPeriod?: number) => {
    const autoscaler = scaledObject({
      ...(initialCooldownPeriod ? { initialCooldownPeriod } : {}),
      triggers: [prometheus('100')],
    });
    return wanted(autoscaler, times(8, 0), 2);
  };
  expect(first()).toEqual([2, 2, 0, 0, 0, 0, 0, 0]);
  expect(first(80)).toEqual([2, 2, 2, 2, 2, 2, 0, 0]);
});

test('from zero it starts with the next poll, and the autoscaler goes on from one', () => {
  const autoscaler = scaledObject({ pollingInterval: 30, triggers: [prometheus('100')] });
  const rates = [0, 500, 500, 500, 500, 500];
  // The metric shows it at 30, when it is polled; the autoscaler allows four, then eight.
  expect(wanted(autoscaler, rates, 0)).toEqual([0, 0, 1, 4, 5, 5]);
});

test.each([
  [15, [0, 0, 1, 4, 4, 4, 4, 4, 4]],
  [45, [0, 0, 0, 1, 4, 4, 4, 4, 4]],
  [100, [0, 0, 0, 0, 0, 0, 0, 1, 4]],
])(
  'requests that come at zero replicas wait for a poll, every %d s, and for the start',
  (pollingInterval, expected) => {
    const autoscaler = scaledObject({ pollingInterval, triggers: [prometheus('100')] });
    expect(wanted(autoscaler, [0, ...times(8, 400)], 0)).toEqual(expected);
  },
);

test('it becomes active above a threshold of its own, and at that not yet', () => {
  const trigger = prometheus('100', {});
  const activation = { ...trigger, metadata: { ...trigger.metadata, activationThreshold: '50' } };
  const at = (rate: number) => scaledObject({ triggers: [activation] }).sync(0, seen(0, { rate }));
  expect(at(50)).toBe(0);
  expect(at(50.001)).toBe(1);
});

test('idle replicas: none without requests, and the minimum as soon as there are some', () => {
  const autoscaler = scaledObject({
    idleReplicaCount: 0,
    minReplicaCount: 3,
    cooldownPeriod: 30,
    triggers: [prometheus('100')],
  });
  // Polled every 30 s: never active until 60, and then until just after the last request.
  expect(wanted(autoscaler, [0, 0, 10, 10, 10, 0, 0, 0, 0, 0], 3)).toEqual([3, 3, 0, 0, 3, 3, 0, 0, 0, 0]);
});

test('a minimum is kept also where the autoscaler is switched off', () => {
  const autoscaler = scaledObject({ minReplicaCount: 2, triggers: [prometheus('100')] });
  expect(wanted(autoscaler, times(3, 0), 0)).toEqual([2, 2, 2]);
});

test('a cron trigger is a floor while it is on, from the clock of the trace', () => {
  const spec = {
    minReplicaCount: 1,
    advanced: DOWN,
    triggers: [prometheus('100'), cron('8', '0 8 * * *', '1 8 * * *')],
  };
  const autoscaler = scaledObject(spec, { startsAt: BEFORE_EIGHT });
  expect(wanted(autoscaler, [100, 100, 100, 1200, 100, 100, 100], 1)).toEqual([1, 5, 8, 8, 12, 1, 1]);
});

test('cron within the tolerance of what there is changes nothing: 40 asked for, 37 stay', () => {
  const autoscaler = scaledObject({ minReplicaCount: 1, triggers: [cron('40')] }, { startsAt: BEFORE_EIGHT + 60 });
  expect(autoscaler.sync(0, seen(37))).toBe(37);
  expect(autoscaler.sync(15, seen(36))).toBe(40);
});

test('cron alone wakes it up, and sends it to zero after the cooldown', () => {
  const spec = { cooldownPeriod: 30, advanced: DOWN, triggers: [cron('3', '0 8 * * *', '1 8 * * *')] };
  const autoscaler = scaledObject(spec, { startsAt: BEFORE_EIGHT });
  // Eight is at 15 s, polled at 30; over at 75 s, last active at 60, polled at 90.
  expect(wanted(autoscaler, times(9, 0), 0)).toEqual([0, 0, 1, 3, 3, 1, 0, 0, 0]);
});

test('where nobody knows when the trace starts, cron is what the floors say, or left out', () => {
  const spec = { minReplicaCount: 1, advanced: DOWN, triggers: [prometheus('100'), cron('8')] };
  const floors = [{ from: 15, until: 45, replicas: 4 }];
  expect(wanted(scaledObject(spec, { floors }), times(5, 100), 1)).toEqual([1, 4, 4, 1, 1]);
  const without = scaledObject(spec);
  expect(without.leftOut).toEqual([
    "the cron trigger from '0 8 * * *' to '0 9 * * *': when the trace starts isn't known",
  ]);
  expect(wanted(without, times(5, 100), 1)).toEqual(times(5, 1));
  expect(() => scaledObject({ triggers: [cron('8')] })).toThrow(
    new Error(
      "a replay has nothing to go by, without the cron trigger from '0 8 * * *' to '0 9 * * *': when the trace starts isn't known",
    ),
  );
});

test('CPU alone never goes to zero, and beside another trigger does not keep it up', () => {
  const idle = { ...seen(2), cpu: [{ value: 0, at: 0, window: 15 }], cpuRequest: 1000 };
  const alone = scaledObject({ triggers: [cpuTrigger('50')] });
  for (const now of [0, 30, 60, 900]) expect(alone.sync(now, idle)).toBeGreaterThan(0);
  const beside = scaledObject({ triggers: [cpuTrigger('50'), prometheus('100')] });
  expect([0, 30].map((now) => beside.sync(now, { ...idle, rate: 0 }))).toEqual([2, 0]);
});

const OUT = { cluster: { outages: [{ from: 15, until: 1000 }] } };

test('without a fallback a metric that fails holds the replicas, also those that might go to zero', () => {
  const autoscaler = scaledObject({ cooldownPeriod: 15, triggers: [prometheus('100')] });
  expect(wanted(autoscaler, times(8, 300), 3, OUT)).toEqual(times(8, 3));
});

test('a fallback takes hold after more failures than its threshold, and holds its replicas', () => {
  const spec = {
    minReplicaCount: 1,
    advanced: DOWN,
    fallback: { failureThreshold: 2, replicas: 6 },
    triggers: [prometheus('100')],
  };
  expect(wanted(scaledObject(spec), times(7, 300), 3, OUT)).toEqual([3, 3, 3, 6, 6, 6, 6]);
  // And it ends with the first value that can be read.
  const outages = [{ from: 15, until: 75 }];
  expect(wanted(scaledObject(spec), times(7, 300), 3, { cluster: { outages } })).toEqual([3, 3, 3, 6, 6, 3, 3]);
});

test('failures only count in a row', () => {
  const fallback = { failureThreshold: 1, replicas: 9 };
  const autoscaler = scaledObject({ minReplicaCount: 1, fallback, triggers: [prometheus('100')] });
  const rates = [undefined, 300, undefined, 300, undefined, undefined];
  expect(rates.map((rate, i) => autoscaler.sync(15 * i, seen(3, { rate })))).toEqual([3, 3, 3, 3, 3, 6]);
});

test('keda#6053: where it may go to zero, polls fail as well as the autoscaler, so that the fallback comes sooner', () => {
  const spec = { advanced: DOWN, fallback: { failureThreshold: 3, replicas: 6 }, triggers: [prometheus('100')] };
  // Failures at 15, at 30 twice, and at 45: the fourth is more than three.
  expect(wanted(scaledObject(spec), times(6, 300), 3, OUT)).toEqual([3, 3, 3, 6, 6, 6]);
  const never = { ...spec, minReplicaCount: 1 };
  expect(wanted(scaledObject(never), times(6, 300), 3, OUT)).toEqual([3, 3, 3, 3, 6, 6]);
});

test('keda#4249: in a fallback it does not swing between the minimum and the fallback', () => {
  const spec = {
    minReplicaCount: 0,
    cooldownPeriod: 30,
    advanced: DOWN,
    fallback: { failureThreshold: 1, replicas: 4 },
    triggers: [prometheus('100')],
  };
  const timeline = wanted(scaledObject(spec), times(40, 200), 2, OUT);
  expect(timeline.slice(3)).toEqual(times(37, 4));
});

test('keda#6659: a fallback does not override CPU that asks for more', () => {
  const spec = {
    minReplicaCount: 1,
    advanced: DOWN,
    fallback: { failureThreshold: 1, replicas: 3 },
    triggers: [prometheus('100'), cpuTrigger('35')],
  };
  // At their capacity eight replicas use 70 %: 16 are asked for, and the fallback is no reason for fewer.
  expect(wanted(scaledObject(spec), times(5, 800), 8, OUT)).toEqual([16, 16, 16, 16, 16]);
});

test('keda#7239: at zero replicas a fallback starts the server in 2.21, once the polls have failed often enough', () => {
  const spec = { fallback: { failureThreshold: 1, replicas: 2 }, triggers: [prometheus('100')] };
  // Polls fail at 30 and at 60.
  expect(wanted(scaledObject(spec), times(8, 0), 0, OUT)).toEqual([0, 0, 0, 0, 1, 2, 2, 2]);
});

test('a fallback of no replicas lets an error go to zero', () => {
  const spec = { cooldownPeriod: 30, fallback: { failureThreshold: 99, replicas: 0 }, triggers: [prometheus('100')] };
  expect(wanted(scaledObject(spec), times(6, 300), 3, OUT)).toEqual([3, 3, 0, 0, 0, 0]);
});

test.each([
  ['static', 3, 8, 3],
  ['currentReplicas', 3, 8, 8],
  ['currentReplicasIfHigher', 3, 8, 8],
  ['currentReplicasIfHigher', 12, 8, 12],
  ['currentReplicasIfLower', 3, 8, 3],
  ['currentReplicasIfLower', 12, 8, 8],
])('the fallback %s of %d comes from %d to %d', (behavior, replicas, from, to) => {
  const fallback = { failureThreshold: 0, replicas, behavior };
  const autoscaler = scaledObject({ minReplicaCount: 1, advanced: DOWN, fallback, triggers: [prometheus('100')] });
  expect(autoscaler.sync(0, seen(from))).toBe(to);
});

test('a fallback of a metric in all is shared among the replicas that are ready', () => {
  const fallback = { failureThreshold: 0, replicas: 6 };
  const trigger = prometheus('100', { metricType: 'Value' });
  const autoscaler = () => scaledObject({ minReplicaCount: 1, fallback, triggers: [trigger] });
  expect(autoscaler().sync(0, seen(3))).toBe(6);
  expect(autoscaler().sync(0, { ...seen(3), pods: [] })).toBe(3);
});

test('a formula makes one metric of all, with a target and an activation of its own', () => {
  const named = [prometheus('1', { name: 'rate' }), { ...cron('8'), name: 'calendar' }];
  const modifiers = { formula: 'max(rate / 50, calendar * 2)', target: '2', activationTarget: '3' };
  const make = () =>
    scaledObject({ advanced: { scalingModifiers: modifiers }, triggers: named }, { startsAt: BEFORE_EIGHT });
  // Before eight: 600 by 50 is 12, for two each. From eight on 16 is more.
  const autoscaler = make();
  expect(autoscaler.sync(0, seen(5, { rate: 600 }))).toBe(6);
  expect(autoscaler.sync(15, seen(6, { rate: 600 }))).toBe(8);
  // 150 by 50 is not more than three.
  expect(make().sync(0, seen(0, { rate: 150 }))).toBe(0);
  expect(make().sync(0, seen(0, { rate: 160 }))).toBe(1);
});

test('the formula is not for a fallback, which is replicas times its target', () => {
  const autoscaler = scaledObject({
    minReplicaCount: 1,
    fallback: { failureThreshold: 0, replicas: 7 },
    advanced: { scalingModifiers: { formula: 'rate * 100', target: '20' } },
    triggers: [prometheus('1', { name: 'rate' })],
  });
  expect(autoscaler.sync(0, seen(4))).toBe(7);
});

test('a trigger that fails without a fallback fails the formula; with the behavior for it, the formula decides', () => {
  const triggers = [prometheus('1', { name: 'rate' }), { ...cron('8'), name: 'calendar' }];
  const make = (formula: string, fallback?: object) =>
    scaledObject(
      { minReplicaCount: 1, advanced: { scalingModifiers: { formula, target: '1' } }, triggers, ...fallback },
      { startsAt: BEFORE_EIGHT + 60 },
    );
  expect(make('rate / 100 + calendar').sync(0, seen(4))).toBe(4);
  const fallback = { fallback: { failureThreshold: 0, replicas: 6, behavior: 'scalingModifiers' } };
  expect(make('(rate ?? 0) / 100 + calendar', fallback).sync(0, seen(4))).toBe(8);
  expect(make('rate ?? nil', fallback).sync(0, seen(4))).toBe(6);
});

test('memory is left out, and what it knows nothing of is refused', () => {
  const memory = { type: 'memory', metricType: 'Utilization', metadata: { value: '50' } };
  const both = scaledObject({ triggers: [memory, prometheus('100')] });
  expect(both.leftOut).toEqual(['memory: it does not follow the load']);
  expect(() => scaledObject({ triggers: [{ type: 'kafka', metadata: {} }] })).toThrow(
    new Error("a replay knows nothing of the metric of a trigger of the type 'kafka'"),
  );
  expect(() => autoscalerOf([{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledJob' }])).toThrow(/^there must be one/);
});
