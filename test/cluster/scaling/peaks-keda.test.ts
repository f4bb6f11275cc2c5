import { App } from 'cdk8s';
import { Platform } from '../../../lib';
import { type Peaks, peaksSchema } from '../../../lib/autoscaling/peaks';
import { emitPeakJobs } from '../../../lib/autoscaling/peaks-jobs';
import { cronTriggersOf } from '../../../lib/autoscaling/peaks-triggers';
import { parse } from '../../../lib/core/schema';
import { type Manifest, type Manifests, synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { deleteAll } from '../harness/workloads';
import { applyWithoutPrograms, InClusterProcess, onPython } from '../training/in-cluster';
import { RunningKeda } from './running-keda';

/* The real KEDA with the cron triggers of peaks, and the script that raises the minimum of its ScaledObject. */

const NAMESPACE = 'peaks-keda';
const isBuilt = builtOf(['keda-operator', 'keda-adapter']).length === 2;
const client = new Client(cluster());
const nodes = cpuNodes(2);
const keda = new RunningKeda(cluster(), client, NAMESPACE);

const HOUR = 3_600_000;
const SERVER = { readySeconds: 120, ordinary: 20, most: 40 };
const shown = (instant: number) => new Date(instant).toISOString().slice(0, 16);
const timeOfDay = (instant: number) => shown(instant).slice(11);
const peaksOf = (event: object): Peaks =>
  parse(peaksSchema, { timeZone: 'Etc/UTC', events: [{ name: 'sale', lead: '10m', ...event }] }, 'peaks');
/** A peak of every day that is on from an hour ago, or from an hour ahead, for two hours. */
const daily = (from: number, replicas: number) =>
  peaksOf({
    every: 'day',
    start: timeOfDay(Date.now() + from),
    end: timeOfDay(Date.now() + from + 2 * HOUR),
    replicas,
  });

const metadata = { name: 'ranker', namespace: NAMESPACE };
const labels = { app: 'ranker' };
const container = {
  name: 'server',
  image: 'registry.example.com/ranker:1',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas: SERVER.ordinary,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [container],
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      },
    },
  },
};
const scaledObject = (triggers: readonly object[]) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata,
  spec: {
    scaleTargetRef: { name: 'ranker' },
    minReplicaCount: SERVER.ordinary,
    maxReplicaCount: SERVER.most,
    advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } },
    triggers,
  },
});

function manifestsOf(peaks: Peaks): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, {
    cluster: { kubernetes: '1.37', addons: ['keda'] },
    production: false,
  });
  emitPeakJobs(platform, peaks, { ...SERVER, autoscaler: { kind: 'ScaledObject', name: 'ranker' } });
  return synthesize(app);
}

const once = peaksOf({ start: shown(Date.now() - HOUR), end: shown(Date.now() + 2 * HOUR), replicas: 30 });
const written = manifestsOf(once);
const check = isBuilt ? onPython : test.skip;
const title = (text: string) => (isBuilt ? text : `${text} (keda-operator or keda-adapter is not built)`);
const replicas = async () => (await client.get<typeof deployment>(deployment)).spec.replicas;
const replicasAre = (count: number) => eventually(async () => expect(await replicas()).toBe(count), { seconds: 60 });

beforeAll(async () => {
  if (!isBuilt) return;
  await addNodes(client, nodes);
  await installCrds(client, 'keda');
  await applyWithoutPrograms(client, written);
  await keda.start();
  await client.apply(deployment);
});
afterAll(async () => {
  if (!isBuilt) return;
  // KEDA must let go of the ScaledObject before it stops: its finalizer would stay.
  await client.delete(scaledObject([]) as Manifest);
  await eventually(async () => expect(await client.list('keda.sh/v1alpha1', 'ScaledObject', NAMESPACE)).toEqual([]));
  await keda.stop();
  await deleteAll(client, [...written.all, deployment]);
  await removeNodes(client, nodes);
});

/** What the autoscaler itself says of the trigger: that it was read, and what it wants. */
async function wanted(value: string): Promise<void> {
  const hpa = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...metadata, name: 'keda-hpa-ranker' },
  };
  await eventually(
    async () => {
      const { status } = await client.get<{ status: { currentMetrics?: object[] } }>(hpa);
      expect(JSON.stringify(status.currentMetrics)).toContain(`"averageValue":"${value}"`);
    },
    { seconds: 60 },
  );
}

check(title('a number just above what there is changes nothing, for it is within the tolerance'), async () => {
  const [trigger] = cronTriggersOf(daily(-HOUR, 21), { ...SERVER, tolerance: 0 });
  expect(trigger?.metadata.desiredReplicas).toBe('21');
  await client.apply(scaledObject([trigger ?? {}]) as Manifest, { force: true });
  await wanted('1050m');
  expect(await replicas()).toBe(20);
});

check(title('the trigger of a peak that is on brings as many as are meant'), async () => {
  await client.apply(scaledObject(cronTriggersOf(daily(-HOUR, 21), SERVER)) as Manifest, { force: true });
  await replicasAre(23);
});

check(title('the trigger of a peak whose lead has not begun wants none'), async () => {
  await client.apply(scaledObject(cronTriggersOf(daily(HOUR, 30), SERVER)) as Manifest, { force: true });
  await replicasAre(20);
});

check(
  title('for a peak of once the script raises the minimum of the ScaledObject, and all replicas come'),
  async () => {
    const script = new InClusterProcess(client, written, NAMESPACE, 'ranker-peaks');
    try {
      const program = await script.start({ FOR_SECONDS: '0' });
      await eventually(() => expect(program.ended).toBe(true), { seconds: 30 });
      expect(script.log).toBe('ranker: from 20 to 30 for sale\nthe minimum is 30\n');
    } finally {
      await script.remove();
    }
    await replicasAre(30);
  },
);
