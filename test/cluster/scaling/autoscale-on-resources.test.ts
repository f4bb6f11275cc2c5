import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import type { HorizontalPodAutoscaler, HPAScalingPolicy } from 'kubernetes-types/autoscaling/v2';
import { autoscaleOnResources, ModelServer, Platform, tensorflowServing, transform } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, rolledOut } from '../harness/workloads';
import { MetricsServer } from './metrics-server';

const NAMESPACE = 'scaling';
/** What a replica sets aside; the policies aim for 60 % of the CPU. */
const REPLICA = { cpu: 2, memory: 4 * 2 ** 30 };

const client = new Client(cluster());
const nodes = cpuNodes(2);

/** What all replicas together use. It is shared out evenly, as a Service does with requests. */
let load = { cpu: 0, memory: 0 };
const metricsServer = new MetricsServer(cluster(), client, async (_, pods) => {
  const running = pods.filter(({ status }) => status.phase === 'Running').length;
  const each = { cpu: load.cpu / running, memory: load.memory / running };
  return pods.map(({ status }) => (status.phase === 'Running' ? each : undefined));
});

function manifests(
  behavior: 'responsive' | 'steady',
  change: (hpa: HorizontalPodAutoscaler) => HorizontalPodAutoscaler,
) {
  const app = new App();
  const cluster = { kubernetes: '1.37', addons: ['metrics-server'] } as const;
  const server = new ModelServer(new Platform(app, NAMESPACE, { cluster }), 'retrieval', {
    model: { name: 'two-tower', version: '7', uri: 'pvc://models/two-tower/7', size: '1Gi' },
    runtime: tensorflowServing({ version: '2.19.1' }),
    resources: { cpu: '2', memory: '4Gi' },
  });
  server.autoscale(autoscaleOnResources({ replicas: [2, 9], cpu: '60%', memory: '80%', behavior }));
  transform(server.node.findChild('autoscaler'), change);
  return synthesize(app).all.filter(({ kind }) => kind !== 'PersistentVolumeClaim');
}

const asEmitted = manifests('responsive', (hpa) => hpa);
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'models', namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
};
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'retrieval', namespace: NAMESPACE } };

beforeAll(async () => {
  await addNodes(client, nodes);
  await metricsServer.start();
});
afterAll(async () => {
  await metricsServer.stop();
  await removeNodes(client, nodes);
});
afterEach(() => deleteAll(client, asEmitted));

async function start(objects: typeof asEmitted, used: typeof load): Promise<void> {
  load = used;
  await applyAll(client, objects);
  await client.apply(claim);
  await rolledOut(client, objects);
  await replicasAre(2);
}

const replicas = async () => (await client.get<{ spec: { replicas: number } }>(deployment)).spec.replicas;
const replicasAre = (count: number, seconds = 30) =>
  eventually(async () => expect(await replicas()).toBe(count), { seconds });

/** Notes the replicas, and when, until there are `count`. */
async function watchUntil(count: number, seconds: number): Promise<{ at: number; replicas: number }[]> {
  const seen: { at: number; replicas: number }[] = [];
  await eventually(
    async () => {
      seen.push({ at: Date.now() / 1000, replicas: await replicas() });
      expect(seen.at(-1)?.replicas).toBe(count);
    },
    { seconds },
  );
  return seen;
}

test('a rush of CPU doubles the replicas every half minute up to the maximum, and a short lull takes none away', async () => {
  await start(asEmitted, { cpu: 2 * 0.6 * REPLICA.cpu, memory: 0 });
  load = { cpu: 100 * REPLICA.cpu, memory: 0 };
  const seen = await watchUntil(9, 90);
  for (const [i, { at, replicas: before }] of seen.entries()) {
    // A second for the controller's clock, which isn't ours.
    const soon = seen.slice(i).filter((later) => later.at - at < 29);
    expect(Math.max(...soon.map((later) => later.replicas))).toBeLessThanOrEqual(Math.max(2 * before, before + 4));
  }
  load = { cpu: 0.1, memory: 0 };
  await sleep(10_000);
  expect(await replicas()).toBe(9);
});

test('what needs the most replicas decides: memory, while the CPU idles', async () => {
  await start(asEmitted, { cpu: 0.1, memory: 2 * 0.8 * REPLICA.memory });
  load = { cpu: 0.1, memory: 5 * 0.8 * REPLICA.memory };
  await replicasAre(5);
});

test('when the load is gone, replicas go one by one down to the minimum, and not all at once', async () => {
  const hasty = manifests('responsive', withShortTimes);
  await start(hasty, { cpu: 2 * 0.6 * REPLICA.cpu, memory: 0 });
  load = { cpu: 9 * 0.6 * REPLICA.cpu, memory: 0 };
  await replicasAre(9);
  load = { cpu: 0.1, memory: 0 };
  const seen = await watchUntil(2, 60);
  for (const [i, { at, replicas: before }] of seen.entries()) {
    const soon = seen.slice(i).filter((later) => later.at - at < PERIOD - 1);
    expect(Math.min(...soon.map((later) => later.replicas))).toBeGreaterThanOrEqual(before - 1);
  }
});

const PERIOD = 4;

/** Seconds instead of minutes; how much may go in a period stays as it is, and the stabilization is longer than that. */
function withShortTimes(hpa: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { scaleUp, scaleDown } = hpa.spec?.behavior ?? {};
  if (hpa.spec === undefined || scaleUp?.policies === undefined || scaleDown?.policies === undefined) {
    throw new Error('there is no behaviour to change');
  }
  const often = (policies: HPAScalingPolicy[]) => policies.map((policy) => ({ ...policy, periodSeconds: PERIOD }));
  const behavior = {
    scaleUp: { ...scaleUp, policies: often(scaleUp.policies) },
    scaleDown: { ...scaleDown, policies: often(scaleDown.policies), stabilizationWindowSeconds: PERIOD + 2 },
  };
  return { ...hpa, spec: { ...hpa.spec, behavior } };
}
