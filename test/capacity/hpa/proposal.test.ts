import type { PodGroup, Sample } from '../../../lib/capacity/hpa/pods';
import { proposal, type Reading, type Target } from '../../../lib/capacity/hpa/proposal';

const circumstances = {
  now: 0,
  tolerance: { up: 0.1, down: 0.1 },
  readiness: { cpuInitializationPeriod: 300, initialReadinessDelay: 30 },
};

const READY: PodGroup = { count: 1, phase: 'Running', ready: { is: true, since: -900 }, startedAt: -1000 };

const CPU = { kind: 'utilization', value: 50, isCpu: true } as const;
const AVERAGE = { kind: 'podAverage', value: 100, isCpu: false } as const;

function ask(target: Target, reading: Reading, specReplicas: number, pods: readonly PodGroup[]): number | undefined {
  return proposal(target, reading, { specReplicas, statusReplicas: specReplicas, pods }, circumstances);
}

function sample(value: number): Sample {
  return { value, at: 0, window: 15 };
}

test('percents are whole before they are compared: 55.9 % is within a tenth of 50 %', () => {
  expect(ask(CPU, { samples: [sample(559)], requests: [1000] }, 10, [{ ...READY, count: 10 }])).toBe(10);
  expect(ask(CPU, { samples: [sample(560)], requests: [1000] }, 10, [{ ...READY, count: 10 }])).toBe(12);
});

test('averages are whole thousandths before they are compared', () => {
  const pods = [READY, READY];
  expect(ask(AVERAGE, { samples: [sample(110), sample(111)] }, 2, pods)).toBe(2);
  expect(ask(AVERAGE, { samples: [sample(111), sample(111)] }, 2, pods)).toBe(3);
});

test('without a sample that counts, nothing is known', () => {
  expect(ask(AVERAGE, { samples: [sample(300)] }, 1, [{ count: 1, phase: 'Pending' }])).toBeUndefined();
  expect(ask(AVERAGE, { samples: [undefined] }, 1, [READY])).toBeUndefined();
});

test('one pod without a request is enough for nobody to know what share is in use', () => {
  const reading = { samples: [sample(900), undefined], requests: [1000, undefined] };
  expect(ask(CPU, reading, 2, [READY, { ...READY, phase: 'Failed' }])).toBeUndefined();
});

test('after the first minutes, a pod that lost its readiness counts, and one that never had it does not', () => {
  const old = { count: 1, phase: 'Running', startedAt: -1000 } as const;
  const lost: PodGroup = { ...old, ready: { is: false, since: -500 } };
  const never: PodGroup = { ...old, ready: { is: false, since: -990 } };
  const reading = { samples: [sample(1000), sample(1000)], requests: [1000, 1000] };
  expect(ask(CPU, reading, 2, [READY, lost])).toBe(4);
  expect(ask(CPU, reading, 2, [READY, never])).toBe(2);
});

test('a total is multiplied by all pods that are ready', () => {
  const pods: PodGroup[] = [
    { ...READY, count: 3 },
    { count: 2, phase: 'Running', ready: { is: false, since: 0 } },
  ];
  expect(ask({ kind: 'total', value: 1000, isCpu: false }, { total: 2000 }, 5, pods)).toBe(6);
});
