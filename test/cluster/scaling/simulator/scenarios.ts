import { BYSTANDERS } from './bystanders';
import type { Scenario } from './scenario';

/*
 * All windows and periods are odd numbers of seconds: syncs are even numbers apart, so that none comes when one ends.
 */

/** What replicas share, of which each should have 100. */
const shared = { type: 'External', external: { target: { averageValue: '100' } } } as const;
const memory = { type: 'Resource', resource: { name: 'memory', target: { averageUtilization: 60 } } } as const;
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } } as const;

/** A day in 40 syncs, with a sale in its middle. */
const day = (sync: number): number =>
  Math.round(500 - 400 * Math.cos((2 * Math.PI * sync) / 40)) + (sync === 17 ? 900 : 0);
const saw = (sync: number): number => (sync % 8 < 4 ? 900 : 300);

const QUICK = { stabilizationWindowSeconds: 0 } as const;
/** In turn, each of the bystanders uses far more than the others. */
const turning =
  (scenario: string, sync: number) =>
  (pod: string): number | undefined => {
    const turn = Object.keys(BYSTANDERS).indexOf(pod.replace(`${scenario}-`, ''));
    if (pod.endsWith('-succeeded')) return undefined;
    return turn === sync % 11 ? 4 : sync % 22 < 11 ? 0.3 : 2;
  };
const rate = (type: 'Pods' | 'Percent', value: number, periodSeconds: number) => ({ type, value, periodSeconds });

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'without-rules': {
    spec: { maxReplicas: 12, metrics: [shared] },
    from: 1,
    measured: (sync) => ({ external: [sync < 4 ? 1200 : day(sync)] }),
  },
  'quick-both-ways': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'stabilised-down': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'stabilised-by-default': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleUp: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [sync % 10 < 3 ? 900 : 300] }),
  },
  'stabilised-up': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: { scaleUp: { stabilizationWindowSeconds: 3 }, scaleDown: QUICK },
    },
    from: 3,
    measured: (sync) => ({ external: [saw(sync + 4)] }),
  },
  'as-many-as-it-began-with': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: { stabilizationWindowSeconds: 3599 } } },
    from: 7,
    measured: (sync) => ({ external: [sync === 30 ? 1000 : 300] }),
  },
  'few-at-a-time': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 2, 5)] },
        scaleDown: { ...QUICK, policies: [rate('Pods', 1, 3)] },
      },
    },
    from: 2,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'the-least-of-two-rates': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { selectPolicy: 'Min', policies: [rate('Pods', 3, 3), rate('Percent', 50, 7)] },
        scaleDown: { ...QUICK, selectPolicy: 'Min', policies: [rate('Pods', 3, 3), rate('Percent', 20, 7)] },
      },
    },
    from: 3,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'the-most-of-two-rates': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 2, 3), rate('Percent', 40, 5)] },
        scaleDown: { ...QUICK, policies: [rate('Pods', 2, 3), rate('Percent', 30, 5)] },
      },
    },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'what-came-may-go': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 4, 9)] },
        scaleDown: { ...QUICK, policies: [rate('Pods', 3, 9)] },
      },
    },
    from: 5,
    measured: (sync) => ({ external: [sync % 6 < 2 ? 1200 : sync % 6 < 5 ? 200 : 600] }),
  },
  'a-rise-that-is-forgotten': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 3, 1)] },
        scaleDown: { ...QUICK, policies: [rate('Pods', 2, 11)] },
      },
    },
    from: 2,
    measured: (sync) => ({ external: [sync % 9 < 3 ? 1200 : 200] }),
  },
  'never-down': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: { selectPolicy: 'Disabled' } } },
    from: 3,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'never-up': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: QUICK } },
    from: 12,
    measured: (sync) => ({ external: [sync % 4 === 0 ? 2000 : 1100 - 20 * sync] }),
  },
  'wide-tolerance-up': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: { scaleUp: { tolerance: '400m' }, scaleDown: { ...QUICK, tolerance: '50m' } },
    },
    from: 5,
    measured: (sync) => ({ external: [sync < 18 ? 1.3 * day(sync) : 1330 - 10 * sync] }),
  },
  'several-metrics': {
    spec: { maxReplicas: 12, metrics: [shared, shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync), day(sync)] }),
  },
  'metrics-that-fail': {
    spec: { maxReplicas: 12, metrics: [shared, shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({
      external: [sync % 10 < 4 ? undefined : saw(sync), sync % 15 < 3 ? undefined : day(sync)],
    }),
  },
  'minimum-of-a-calendar': {
    spec: {
      minReplicas: 2,
      maxReplicas: 12,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 1, 3)] },
        scaleDown: { stabilizationWindowSeconds: 5, policies: [rate('Percent', 100, 1)] },
      },
    },
    from: 2,
    measured: (sync) => ({ external: [saw(sync)] }),
    changes: { 12: { spec: { minReplicas: 10 } }, 30: { spec: { minReplicas: 2 } } },
  },
  'a-lower-maximum': {
    spec: {
      maxReplicas: 12,
      metrics: [shared],
      behavior: { scaleDown: { ...QUICK, policies: [rate('Pods', 1, 3)] } },
    },
    from: 3,
    measured: (sync) => ({ external: [900 + 10 * sync] }),
    changes: { 10: { spec: { maxReplicas: 5 } }, 25: { spec: { maxReplicas: 11 } }, 38: { spec: { maxReplicas: 4 } } },
  },
  'switched-off': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
    // Once it is off nothing is asked for: the next sync is one without metrics.
    changes: { 10: { replicas: 0 }, 11: { replicas: 2 }, 30: { replicas: 9 } },
  },
  'to-zero-and-back': {
    spec: { minReplicas: 0, maxReplicas: 12, metrics: [shared], behavior: { scaleDown: QUICK } },
    from: 2,
    measured: (sync) => ({ external: [sync % 9 < 4 ? 0 : 50 * (sync % 9)] }),
    changes: { 28: { spec: { minReplicas: 2 } }, 38: { spec: { minReplicas: 0 } } },
  },
  'a-rollout-that-hangs': {
    spec: { maxReplicas: 12, metrics: [shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [[560, 800, 860, 350][Math.floor(sync / 4) % 4]] }),
    hangs: true,
  },
  'total-by-ready-pods': {
    spec: {
      maxReplicas: 12,
      metrics: [{ type: 'External', external: { target: { value: '500' } } }],
      behavior: { scaleDown: QUICK },
    },
    from: 3,
    measured: (sync) => ({ external: [sync % 12 < 4 ? 700 : sync % 12 < 8 ? 520 : 300] }),
    isCramped: true,
  },
  'memory-of-all-pods': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ of: 'memory', usage: () => (sync % 16 < 6 ? 0.8 : sync % 16 < 10 ? 0.62 : 0.35) }),
  },
  'memory-not-measured': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 4,
    measured: (sync) => ({
      of: 'memory',
      usage: (_, place) => (place % 3 === sync % 3 ? undefined : sync % 8 < 4 ? 0.9 : 0.1),
    }),
  },
  'memory-by-its-amount': {
    spec: {
      maxReplicas: 12,
      metrics: [{ type: 'Resource', resource: { name: 'memory', target: { averageValue: '600Mi' } } }],
      behavior: { scaleDown: QUICK },
    },
    from: 4,
    measured: (sync) => ({
      of: 'memory',
      usage: (_, place) => (place % 4 === sync % 4 ? undefined : saw(sync) / 1000),
    }),
  },
  'pods-that-find-no-node': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({
      of: 'memory',
      usage: () => (sync === 0 ? 0.95 : sync < 8 ? 0.78 : sync % 20 < 12 ? 0.9 : 0.3),
    }),
    isCramped: true,
  },
  // Readiness matters to no other resource than the CPU.
  'memory-of-pods-that-start': {
    spec: { maxReplicas: 14, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ of: 'memory', usage: turning('memory-of-pods-that-start', sync) }),
    bystanders: BYSTANDERS,
  },
  'cpu-of-pods-that-start': {
    spec: { maxReplicas: 14, metrics: [cpu], behavior: { scaleDown: QUICK } },
    from: 14,
    measured: (sync) => ({ of: 'cpu', usage: turning('cpu-of-pods-that-start', sync) }),
    bystanders: BYSTANDERS,
  },
};
