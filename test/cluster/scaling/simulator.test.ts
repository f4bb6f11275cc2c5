import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_OPTIONS, type Hpa, HpaController, type PodGroup, policyOf, type Reading } from '../../../lib/capacity';
import type { Manifest } from '../../../lib/synth/manifest';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, rolledOut } from '../harness/workloads';
import { ApiExtension } from './api-extension';
import { type Measured, MetricsServer } from './metrics-server';

/*
 * The same timeline of metrics through the real controller and through the simulator. A sync asks for its metrics, and
 * waits for them: that is when the test looks at the workload, so that both see the same at the same moment.
 */

const NAMESPACE = 'simulated';
const SYNCS = 45;
/**
 * Seconds that an answer takes. The next sync is a second after the last one has ended, so that they are 1.3 s and some
 * apart. The windows and periods below, of 2, 5 and 6 s, end far from any sync, and from any answer, before which the
 * controller notes how many replicas it has found.
 */
const ANSWER = 0.3;
const GIB = 2 ** 30;

/** What is measured at one sync. */
type Measurement =
  /** One value for each external metric; undefined for one that can't be had. */
  | { readonly external: readonly (number | undefined)[] }
  /** GiB of memory of the pods, by their age; undefined for one that has not been measured. */
  | { readonly memory: (pod: number) => number | undefined };

interface Scenario {
  readonly spec: Hpa['spec'];
  readonly from: number;
  readonly measured: (sync: number) => Measurement;
  /** Changes of the minimum, by the sync after which they are made. */
  readonly minimum?: Readonly<Record<number, number>>;
  /** Where its pods may run: on a node that holds four, or anywhere. */
  readonly isCramped?: boolean;
}

/** What replicas share, of which each should have 100. */
const shared = { type: 'External', external: { target: { averageValue: '100' } } } as const;
const memory = { type: 'Resource', resource: { name: 'memory', target: { averageUtilization: 60 } } } as const;

/** A day in 45 syncs, with a sale in its middle. */
const day = (sync: number): number =>
  Math.round(600 - 500 * Math.cos((2 * Math.PI * sync) / 40)) + (sync === 17 ? 900 : 0);
const saw = (sync: number): number => (sync % 8 < 4 ? 900 : 300);

const QUICK = { stabilizationWindowSeconds: 0 } as const;
const rate = (type: 'Pods' | 'Percent', value: number, periodSeconds: number) => ({ type, value, periodSeconds });

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'without-rules': {
    spec: { maxReplicas: 20, metrics: [shared] },
    from: 1,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'quick-both-ways': {
    spec: { maxReplicas: 20, metrics: [shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'stabilised-down': {
    spec: { maxReplicas: 20, metrics: [shared], behavior: { scaleDown: { stabilizationWindowSeconds: 6 } } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'stabilised-up': {
    spec: {
      maxReplicas: 20,
      metrics: [shared],
      behavior: { scaleUp: { stabilizationWindowSeconds: 2 }, scaleDown: QUICK },
    },
    from: 3,
    measured: (sync) => ({ external: [saw(sync)] }),
  },
  'few-at-a-time': {
    spec: {
      maxReplicas: 20,
      metrics: [shared],
      behavior: {
        scaleUp: { policies: [rate('Pods', 2, 5)] },
        scaleDown: { ...QUICK, policies: [rate('Pods', 1, 2)] },
      },
    },
    from: 2,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'the-least-of-two-rates': {
    spec: {
      maxReplicas: 20,
      metrics: [shared],
      behavior: {
        scaleUp: { selectPolicy: 'Min', policies: [rate('Pods', 3, 2), rate('Percent', 50, 6)] },
        scaleDown: { ...QUICK, selectPolicy: 'Min', policies: [rate('Pods', 3, 2), rate('Percent', 20, 6)] },
      },
    },
    from: 4,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'never-down': {
    spec: { maxReplicas: 20, metrics: [shared], behavior: { scaleDown: { selectPolicy: 'Disabled' } } },
    from: 3,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'wide-tolerance-up': {
    spec: {
      maxReplicas: 20,
      metrics: [shared],
      behavior: { scaleUp: { tolerance: '400m' }, scaleDown: { ...QUICK, tolerance: '50m' } },
    },
    from: 5,
    measured: (sync) => ({ external: [day(sync)] }),
  },
  'several-metrics': {
    spec: { maxReplicas: 20, metrics: [shared, shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ external: [saw(sync), day(sync)] }),
  },
  'metrics-that-fail': {
    spec: { maxReplicas: 20, metrics: [shared, shared], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({
      external: [sync % 10 < 4 ? undefined : saw(sync), sync % 15 < 3 ? undefined : day(sync)],
    }),
  },
  'minimum-of-a-calendar': {
    spec: {
      minReplicas: 2,
      maxReplicas: 20,
      metrics: [shared],
      behavior: { scaleDown: { stabilizationWindowSeconds: 6 } },
    },
    from: 2,
    measured: (sync) => ({ external: [saw(sync)] }),
    minimum: { 12: 12, 30: 2 },
  },
  'total-by-ready-pods': {
    spec: {
      maxReplicas: 20,
      metrics: [{ type: 'External', external: { target: { value: '500' } } }],
      behavior: { scaleDown: QUICK },
    },
    from: 4,
    measured: (sync) => ({ external: [sync % 12 < 3 ? 700 : sync % 12 < 9 ? 520 : 300] }),
  },
  'memory-of-all-pods': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ memory: () => (sync % 16 < 6 ? 0.8 : sync % 16 < 10 ? 0.62 : 0.35) }),
  },
  'memory-not-measured': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 4,
    measured: (sync) => ({ memory: (pod) => (pod % 3 === sync % 3 ? undefined : saw(sync) / 1000) }),
  },
  'pods-that-find-no-node': {
    spec: { maxReplicas: 12, metrics: [memory], behavior: { scaleDown: QUICK } },
    from: 3,
    measured: (sync) => ({ memory: () => (sync % 20 < 12 ? 0.9 : 0.3) }),
    isCramped: true,
  },
};

/** What the controller saw at one sync. */
interface Sync {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly pods: readonly PodGroup[];
  readonly readings: readonly (Reading | undefined)[];
}

interface Scaled {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly replicas?: number };
}

const client = new Client(cluster());
const nodes = [...cpuNodes(2), ...cpuNodes(1, { cpu: '4', labels: { pool: 'cramped' } }).map(asCramped)];
const ticks = new Map<string, (Sync & { readonly at: number })[]>(Object.keys(SCENARIOS).map((name) => [name, []]));
/** Syncs that have asked for some of their metrics. */
const begun = new Map<string, Sync>();

const external = new ApiExtension(
  cluster(),
  client,
  {
    group: 'external.metrics.k8s.io',
    version: 'v1beta1',
    resources: [
      { name: 'externalmetrics', singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
    ],
  },
  async (path) => {
    const [, name = '', metric = ''] = /\/([a-z-]+)-(\d)$/.exec(path) ?? [];
    const values = measurement(name);
    if (values === undefined || !('external' in values)) return undefined;
    const value = values.external[Number(metric)];
    const { readings, ...sync } = begun.get(name) ?? (await look(name));
    begun.set(name, { ...sync, readings: [...readings, value === undefined ? undefined : { total: value * 1000 }] });
    if (Number(metric) === values.external.length - 1) await end(name);
    if (value === undefined) return undefined;
    const item = {
      metricName: `${name}-${metric}`,
      metricLabels: {},
      timestamp: new Date().toISOString(),
      value: String(value),
    };
    return {
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [item],
    };
  },
);

const metricsServer = new MetricsServer(cluster(), client, async (selector, pods) => {
  const name = selector.replace('app=', '');
  const values = measurement(name);
  if (values === undefined || !('memory' in values)) return [];
  const used = pods.map((pod, i) => (pod.status.phase === 'Running' ? values.memory(i) : undefined));
  const at = seconds();
  const samples = used.map((gib) => (gib === undefined ? undefined : { value: thousandths(gib), at, window: 15 }));
  const readings = [{ samples, requests: pods.map(() => GIB * 1000) }];
  begun.set(name, { ...(await look(name)), pods: pods.map(groupOf), readings });
  await end(name);
  return used.map((gib) => (gib === undefined ? undefined : { cpu: 0.1, memory: Math.round(gib * GIB) }));
});

/** On demand: what a sync sees of pods that come and go is now and then not what the test sees, a moment later. */
const onDemand = process.env.RECSTACK_SIMULATOR === undefined ? describe.skip : describe;

onDemand('the real controller beside the simulator (RECSTACK_SIMULATOR=1)', () => {
  beforeAll(async () => {
    await addNodes(client, nodes);
    await external.start();
    await metricsServer.start();
    await applyAll(client, [namespace, ...deployments]);
    await rolledOut(client, deployments);
    await applyAll(client, autoscalers);
  });
  afterAll(async () => {
    await deleteAll(client, [namespace, ...deployments, ...autoscalers]);
    await metricsServer.stop();
    await external.stop();
    await removeNodes(client, nodes);
  });

  test(`all have been synced ${SYNCS} times`, async () => {
    await eventually(
      async () =>
        expect([...ticks.values()].map((seen) => seen.length)).toEqual(Object.keys(SCENARIOS).map(() => SYNCS)),
      { seconds: 110, every: 1 },
    );
  }, 120_000);

  test.each(Object.entries(SCENARIOS))(
    'the simulator sets what the controller sets: %s',
    (name, { spec, from, minimum }) => {
      const seen = ticks.get(name) ?? [];
      const options = { ...DEFAULT_OPTIONS, cpuInitializationPeriod: 1, initialReadinessDelay: 1, scaleToZero: true };
      const simulator = new HpaController(policyOf({ spec }), options);
      let replicas = from;
      const simulated = seen.map(({ at, statusReplicas, pods, readings }, i) => {
        // A sync that only brings it within its bounds asks for no metrics.
        const { minReplicas, maxReplicas } = simulator.policy;
        if (replicas < minReplicas || replicas > maxReplicas) {
          const before = (at + (seen[i - 1]?.at ?? at)) / 2;
          replicas = simulator.sync(before, { specReplicas: replicas, statusReplicas, pods }, []);
        }
        const now = replicas;
        replicas = simulator.sync(at, { specReplicas: replicas, statusReplicas, pods }, readings);
        const raised = minimum?.[i];
        if (raised !== undefined) simulator.policy = { ...simulator.policy, minReplicas: raised };
        return now;
      });
      expect(simulated).toEqual(seen.map(({ specReplicas }) => specReplicas));
      // One that stands still would show nothing.
      expect(new Set(simulated).size).toBeGreaterThan(1);
    },
  );
});

const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };

const deployments: Manifest[] = Object.entries(SCENARIOS).map(([name, { from, isCramped = false }]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    replicas: from,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        nodeSelector: isCramped ? { pool: 'cramped' } : { type: 'kwok' },
        tolerations: isCramped ? [{ key: 'cramped', operator: 'Exists' }] : undefined,
        containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '1', memory: '1Gi' } } }],
      },
    },
  },
}));

const autoscalers: Manifest[] = Object.entries(SCENARIOS).map(([name, { spec }]) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    ...spec,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    metrics: spec.metrics?.map((metric, i) => completed(name, metric, i)),
  },
}));

/** With its name, and the type of its target. */
function completed(name: string, metric: NonNullable<Hpa['spec']['metrics']>[number], i: number): object {
  if (metric.resource)
    return { ...metric, resource: { ...metric.resource, target: { type: 'Utilization', ...metric.resource.target } } };
  const target = metric.external?.target;
  const type = target?.value === undefined ? 'AverageValue' : 'Value';
  return { type: 'External', external: { metric: { name: `${name}-${i}` }, target: { type, ...target } } };
}

function measurement(name: string): Measurement | undefined {
  return SCENARIOS[name]?.measured(ticks.get(name)?.length ?? 0);
}

/** What the workload is like when a sync begins: the controller has just read it. */
async function look(name: string): Promise<Sync> {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE } };
  const { spec, status } = await client.get<Scaled>(deployment);
  const pods = (await client.list<Measured>('v1', 'Pod', NAMESPACE)).filter(
    ({ metadata }) => metadata.labels?.app === name,
  );
  return { specReplicas: spec.replicas, statusReplicas: status.replicas ?? 0, pods: pods.map(groupOf), readings: [] };
}

/** Notes a sync that has asked for all of its metrics, and changes the minimum when it is time. */
async function end(name: string): Promise<void> {
  const sync = begun.get(name);
  begun.delete(name);
  await sleep(ANSWER * 1000);
  const seen = ticks.get(name) ?? [];
  // Late ones would change what the test compares.
  if (sync === undefined || seen.length === SYNCS) return;
  const minReplicas = SCENARIOS[name]?.minimum?.[seen.length];
  seen.push({ ...sync, at: seconds() });
  if (minReplicas !== undefined) {
    const hpa = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, namespace: NAMESPACE },
    };
    await client.patch(hpa, { spec: { minReplicas } });
  }
}

function groupOf({ metadata, status }: Measured): PodGroup {
  const { startTime } = status as { startTime?: string };
  const ready = status.conditions?.find(({ type }) => type === 'Ready') as
    | { status: string; lastTransitionTime: string }
    | undefined;
  return {
    count: 1,
    phase: status.phase as PodGroup['phase'],
    ...(metadata.deletionTimestamp === undefined ? {} : { deleted: true }),
    ...(ready && { ready: { is: ready.status === 'True', since: Date.parse(ready.lastTransitionTime) / 1000 } }),
    ...(startTime === undefined ? {} : { startedAt: Date.parse(startTime) / 1000 }),
  };
}

/** Its own pods come nowhere else, and no others to it. */
function asCramped(node: Manifest): Manifest {
  const taints = [{ key: 'cramped', effect: 'NoSchedule' }];
  return { ...node, metadata: { ...node.metadata, name: 'cramped' }, spec: { taints } };
}

function seconds(): number {
  return Date.now() / 1000;
}

function thousandths(gib: number): number {
  return Math.round(gib * GIB) * 1000;
}
