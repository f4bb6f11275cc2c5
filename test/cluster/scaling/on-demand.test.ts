import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import { autoscaleOnDemand, ModelServer, Monitoring, Platform, type PlatformProps, triton } from '../../../lib';
import { DEFAULT_OPTIONS, type Hpa, HpaController, policyOf } from '../../../lib/capacity';
import { synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, declared, deleteAll, rolledOut } from '../harness/workloads';
import { ExternalMetrics } from './external-metrics';

const NAMESPACE = 'on-demand';
const client = new Client(cluster());
const nodes = cpuNodes(2);

/** What all replicas share, by the name of the metric. */
const values = new Map<string, number>();
const metrics = new ExternalMetrics(cluster(), client, (name) => values.get(name));

/** A ranker on demand, whose behaviour takes seconds instead of minutes. */
function manifests(addons: PlatformProps['cluster']['addons']) {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37', addons } });
  const server = new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version: '7', uri: 's3://models/dlrm/7', size: '1Gi' },
    runtime: triton({ version: '25.08' }),
  });
  server.autoscale(
    autoscaleOnDemand({
      replicas: [2, 9],
      requests: 100,
      queue: 2.5,
      tolerance: { up: '1%' },
      behavior: {
        up: { policies: [{ pods: 4, every: '2s' }] },
        down: { stabilizationWindow: '0s', policies: [{ pods: 2, every: '4s' }] },
      },
    }),
  );
  new Monitoring(platform, 'monitoring');
  return synthesize(app);
}

const plain = manifests([]);
const withKeda = manifests(['keda']);
/** The API itself is the test's own to serve. */
const live = plain.all.filter(({ kind }) => kind !== 'APIService');
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'ranker', namespace: NAMESPACE } };
const autoscaler = plain.get('HorizontalPodAutoscaler', 'ranker');

beforeAll(async () => {
  await addNodes(client, nodes);
  await installCrds(client, 'keda');
  await metrics.start();
  values.set('on-demand-ranker-requests', 200);
  values.set('on-demand-ranker-queue', 0);
  await applyAll(client, live);
  await rolledOut(client, live);
});
afterAll(async () => {
  await deleteAll(client, live);
  await metrics.stop();
  await removeNodes(client, nodes);
});

const replicas = async () => (await client.get<{ spec: { replicas: number } }>(deployment)).spec.replicas;
const replicasAre = (count: number) => eventually(async () => expect(await replicas()).toBe(count), { seconds: 40 });

test('what is emitted without KEDA is admitted, with no unknown field and no warning, and stays as it is written', async () => {
  const warnings: string[] = [];
  for (const manifest of plain.all) {
    const answer = await client.apply(manifest, { dryRun: manifest.kind === 'APIService' });
    warnings.push(...answer.warnings);
  }
  expect(warnings).toEqual([]);
  const { spec } = declared(await client.get(autoscaler)) as { spec: object };
  expect(spec).toEqual(autoscaler.spec);
});

test('what is emitted with KEDA is admitted by its own definition', async () => {
  const warnings: string[] = [];
  for (const kind of ['ScaledObject', 'NetworkPolicy']) {
    for (const manifest of withKeda.ofKind(kind)) {
      warnings.push(...(await client.apply(manifest, { dryRun: true, force: true })).warnings);
    }
  }
  expect(warnings).toEqual([]);
  expect(withKeda.ofKind('ScaledObject')).toHaveLength(1);
});

test('replicas follow what is asked of all of them, as the simulator says, and the metric that asks for most wins', async () => {
  for (const [requests, queue] of [
    [500, 0],
    [500, 18],
    [205, 0],
  ] as const) {
    values.set('on-demand-ranker-requests', requests);
    values.set('on-demand-ranker-queue', queue);
    await replicasAre(simulated(requests, queue, await replicas()));
  }
});

test('a metric that fails takes no replica away, also while another one asks for fewer', async () => {
  values.set('on-demand-ranker-requests', 700);
  await replicasAre(7);
  values.delete('on-demand-ranker-requests');
  values.set('on-demand-ranker-queue', 2);
  await sleep(8_000);
  expect(await replicas()).toBe(7);
  values.set('on-demand-ranker-requests', 300);
  await replicasAre(3);
});

/** Where the simulated controller comes to rest. */
function simulated(requests: number, queue: number, from: number): number {
  const controller = new HpaController(policyOf(autoscaler as unknown as Hpa), DEFAULT_OPTIONS);
  let count = from;
  for (let now = 0; now < 60; now++) {
    const workload = { specReplicas: count, statusReplicas: count, pods: [] };
    count = controller.sync(now, workload, [{ total: requests * 1000 }, { total: queue * 1000 }]);
  }
  return count;
}
