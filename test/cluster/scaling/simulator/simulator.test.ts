import { DEFAULT_OPTIONS, type Hpa, HpaController, policyOf } from '../../../../lib/capacity';
import type { Manifest } from '../../../../lib/synth/manifest';
import { Client } from '../../harness/client';
import { cluster } from '../../harness/cluster';
import { eventually } from '../../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../../harness/nodes';
import { applyAll, deleteAll, rolledOut } from '../../harness/workloads';
import { AdmissionGate } from '../admission-gate';
import { ApiExtension } from '../api-extension';
import { MetricsServer } from '../metrics-server';
import { momentsIn } from './controller-log';
import { CRAMPED, type Scenario, SURGE } from './scenario';
import { SCENARIOS } from './scenarios';
import { type HpaStatus, type Sync, Timeline } from './timeline';

/*
 * The same timelines through the real controller and through the simulator, side by side. All that the controller
 * reads is at rest when it does, and it is told its metrics when the test wants it: see `Timeline`.
 */

const NAMESPACE = 'simulated';
const SYNCS = 46;

/** The flags of the controller in the tests. */
const OPTIONS = {
  ...DEFAULT_OPTIONS,
  cpuInitializationPeriod: 1,
  initialReadinessDelay: 1,
  downscaleStabilization: 7,
  scaleToZero: true,
};

const client = new Client(cluster());
const timelines = new Map(
  Object.entries(SCENARIOS).map(([name, scenario]) => [name, new Timeline(client, NAMESPACE, name, scenario, SYNCS)]),
);

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
    const measured = await timelines.get(name)?.measurement(Number(metric));
    const value = measured && 'external' in measured ? measured.external[Number(metric)] : undefined;
    if (value === undefined) return undefined;
    const item = { metricName: metric, metricLabels: {}, timestamp: new Date().toISOString(), value: String(value) };
    const kind = 'ExternalMetricValueList';
    return { kind, apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {}, items: [item] };
  },
);

const metricsServer = new MetricsServer(cluster(), client, async (selector, pods) => {
  const measured = await timelines.get(selector.replace('app=', ''))?.measurement(0, pods);
  return pods.map(({ metadata }, place) => {
    const used = measured && 'usage' in measured ? measured.usage(metadata.name, place) : undefined;
    return used === undefined ? undefined : { cpu: used, memory: used * 2 ** 30 };
  });
});

const gate = new AdmissionGate(
  cluster(),
  client,
  {
    name: 'simulator',
    namespace: NAMESPACE,
    apiGroups: ['autoscaling'],
    apiVersions: ['v2'],
    resources: ['horizontalpodautoscalers/status'],
  },
  async (object) => {
    const { metadata, status = {} } = object as { metadata: { name: string }; status?: HpaStatus };
    await timelines.get(metadata.name)?.end(status);
  },
);

const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
const all = Object.entries(SCENARIOS);
const nodes = [
  ...cpuNodes(2, { labels: { pool: 'wide' } }),
  ...all.flatMap(([name, { isCramped = false }]) => (isCramped ? crampedNode(name) : [])),
];
const bystanders = all.flatMap(([name, scenario]) => bystandersOf(name, scenario));
const deployments = all.map(([name, scenario]) => deploymentOf(name, scenario));
const autoscalers = all.map(([name, scenario]) => autoscalerOf(name, scenario));

beforeAll(async () => {
  await addNodes(client, nodes);
  await external.start();
  await metricsServer.start();
  await gate.start();
  await applyAll(client, [namespace]);
  for (const pod of bystanders) await stand(pod);
  await applyAll(client, deployments);
  await rolledOut(client, deployments);
  await hang();
  await applyAll(client, autoscalers);
});
afterAll(async () => {
  for (const { status: _, ...pod } of bystanders) await client.patch(pod, { metadata: { finalizers: null } });
  await deleteAll(client, [namespace, ...bystanders, ...deployments, ...autoscalers]);
  await gate.stop();
  await metricsServer.stop();
  await external.stop();
  await removeNodes(client, nodes);
});

test(`all have been synced ${SYNCS} times`, async () => {
  await eventually(
    () => {
      const seen = [...timelines].map(([name, { syncs, failures }]) => [name, failures.map(String), syncs.length]);
      expect(seen).toEqual([...timelines.keys()].map((name) => [name, [], SYNCS]));
    },
    { seconds: 280, every: 1 },
  );
}, 300_000);

test.each(all)('the simulator sets what the controller sets: %s', (name, scenario) => {
  const seen = timelines.get(name)?.syncs ?? [];
  const simulated = simulate(name, scenario, seen);
  expect(simulated).toEqual(seen.map(({ specReplicas }) => specReplicas));
  // One that stands still would show nothing.
  expect(new Set(simulated).size).toBeGreaterThan(1);
});

/** The replicas at each sync, of which the simulator is told all but those that it has set itself. */
function simulate(name: string, { spec, from }: Scenario, syncs: readonly Sync[]): number[] {
  const { decided, scaled } = momentsIn(cluster(), NAMESPACE)(name);
  const simulator = new HpaController(policyOf({ spec }, OPTIONS), OPTIONS);
  let current = spec;
  let replicas = from;
  return syncs.map(({ at, statusReplicas, pods, readings, change }, i) => {
    const before = replicas;
    const end = syncs[i + 1]?.at ?? Number.POSITIVE_INFINITY;
    const now = decided.find((moment) => moment >= at && moment < end) ?? at;
    // Without metrics it had scaled before it was noticed.
    const done =
      readings.length > 0
        ? scaled.find((moment) => moment >= now && moment < end)
        : scaled.findLast((moment) => moment <= at);
    replicas = simulator.sync(now, { specReplicas: replicas, statusReplicas, pods }, readings, done);
    current = { ...current, ...change?.spec };
    simulator.policy = policyOf({ spec: current }, OPTIONS);
    replicas = change?.replicas ?? replicas;
    return before;
  });
}

function podSpec(name: string, { isCramped = false }: Scenario) {
  return {
    terminationGracePeriodSeconds: 0,
    nodeSelector: isCramped ? { pool: name } : { pool: 'wide' },
    ...(isCramped ? { tolerations: [{ key: 'pool', value: name }] } : {}),
    containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '1', memory: '1Gi' } } }],
  };
}

function deploymentOf(name: string, scenario: Scenario): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: scenario.from,
      strategy: { rollingUpdate: { maxSurge: SURGE, maxUnavailable: 0 } },
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(name, scenario) },
    },
  };
}

function autoscalerOf(name: string, { spec }: Scenario): Manifest {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...spec,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      metrics: spec.metrics?.map((metric, i) => completed(name, metric, i)),
    },
  };
}

/** With its name, and the type of its target. */
function completed(name: string, metric: NonNullable<Hpa['spec']['metrics']>[number], i: number): object {
  if (metric.resource) {
    const type = metric.resource.target.averageValue === undefined ? 'Utilization' : 'AverageValue';
    return { ...metric, resource: { ...metric.resource, target: { type, ...metric.resource.target } } };
  }
  const target = metric.external?.target;
  const type = target?.value === undefined ? 'AverageValue' : 'Value';
  return { type: 'External', external: { metric: { name: `${name}-${i}` }, target: { type, ...target } } };
}

/** Pods that no kubelet has, so that their status stays as the test gives it. */
function bystandersOf(app: string, scenario: Scenario): Manifest[] {
  return Object.entries(scenario.bystanders ?? {}).map(([name, status]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${name}`,
      namespace: NAMESPACE,
      labels: { app },
      finalizers: ['recstack.test/stands'],
    },
    spec: { ...podSpec(app, scenario), schedulerName: 'none' },
    status,
  }));
}

async function stand({ status, ...pod }: Manifest): Promise<void> {
  // Pods are refused in a namespace whose service account the controllers have not made yet.
  await eventually(() => client.apply(pod as Manifest));
  await client.patch(pod as Manifest, { status }, 'status');
  if (pod.metadata.name.endsWith('-deleted')) await client.delete(pod as Manifest);
}

/** Begins rollouts that can't end: no node will have the new pods. */
async function hang(): Promise<void> {
  for (const [name, { hangs }] of all) {
    if (hangs !== true) continue;
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE } };
    await client.patch(deployment, { spec: { template: { spec: { nodeSelector: { pool: 'none' } } } } });
  }
}

/** A node for the pods of one scenario, where no others come. */
function crampedNode(pool: string): Manifest[] {
  const taints = [{ key: 'pool', value: pool, effect: 'NoSchedule' }];
  return cpuNodes(1, { cpu: String(CRAMPED), labels: { pool } }).map((node) => ({
    ...node,
    metadata: { ...node.metadata, name: pool },
    spec: { taints },
  }));
}
