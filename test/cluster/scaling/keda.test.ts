import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import type { HorizontalPodAutoscalerSpec } from 'kubernetes-types/autoscaling/v2';
import { autoscaleOnDemand, ModelServer, Platform, triton } from '../../../lib';
import { type Manifest, type Manifests, synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, rolledOut } from '../harness/workloads';
import { RunningKeda } from './running-keda';
import { ScrapedRanker } from './scraped-ranker';

/* The real KEDA with the ScaledObject that is emitted, between a real Prometheus and the real HPA controller. */

const NAMESPACE = 'with-keda';
const isBuilt = builtOf(['keda-operator', 'keda-adapter']).length === 2;
const client = new Client(cluster());
const nodes = cpuNodes(2);
const ranker = new ScrapedRanker(NAMESPACE);
const keda = new RunningKeda(cluster(), client, NAMESPACE);
let live: readonly Manifest[] = [];
let emitted: Manifests;

function manifestsWith(prometheus: string): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37', addons: ['keda'] } });
  const server = new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version: '7', uri: 's3://models/dlrm/7', size: '1Gi' },
    runtime: triton({ version: '25.08' }),
  });
  const behavior = { down: { stabilizationWindow: '0s', policies: [{ percent: 100, every: '1s' }] } } as const;
  server.autoscale(
    autoscaleOnDemand({ replicas: [2, 9], requests: 1000, queue: 2, window: '30s', behavior, prometheus }),
  );
  return synthesize(app);
}

beforeAll(async () => {
  if (!isBuilt) return;
  await addNodes(client, nodes);
  await installCrds(client, 'keda');
  emitted = manifestsWith(await ranker.reserve());
  live = emitted.all;
  ranker.load = { requests: 100, queued: 0 };
  await ranker.start();
  await applyAll(
    client,
    live.filter(({ kind }) => kind === 'Namespace'),
  );
  await keda.start();
  await applyAll(client, live);
  await rolledOut(client, live);
});
afterAll(async () => {
  // KEDA must let go of the ScaledObject before it stops: its finalizer would stay.
  for (const manifest of live.filter(({ kind }) => kind === 'ScaledObject')) {
    await client.delete(manifest);
    await eventually(async () => expect(await client.list('keda.sh/v1alpha1', 'ScaledObject', NAMESPACE)).toEqual([]));
  }
  if (isBuilt) await keda.stop();
  await ranker.stop();
  await deleteAll(client, live);
  if (isBuilt) await removeNodes(client, nodes);
});

const check = isBuilt ? test : test.skip;
const title = (text: string) => (isBuilt ? text : `${text} (keda-operator or keda-adapter is not built)`);

check(title('KEDA makes the HPA of it that the policy would be without KEDA'), async () => {
  const spec = await eventually(async () => (await client.get<{ spec: HorizontalPodAutoscalerSpec }>(hpa)).spec);
  const external = (name: string, averageValue: string) => ({
    type: 'External',
    external: {
      metric: { name, selector: { matchLabels: { 'scaledobject.keda.sh/name': 'ranker' } } },
      target: { type: 'AverageValue', averageValue },
    },
  });
  expect(spec).toEqual({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' },
    minReplicas: 2,
    maxReplicas: 9,
    metrics: [external('s0-prometheus', '1k'), external('s1-prometheus', '2')],
    behavior: (emitted.get('ScaledObject', 'ranker').spec as ScaledObjectSpec).advanced.horizontalPodAutoscalerConfig
      .behavior,
  });
});

check(title('replicas follow what waits'), async () => {
  ranker.load = { requests: 100, queued: 14 };
  await replicasAre(7);
  ranker.load = { requests: 100, queued: 5 };
  await replicasAre(3);
});

check(
  title('keda#4249, keda#6659: when Prometheus is gone the replicas that there are stay, until it is back'),
  async () => {
    ranker.load = { requests: 100, queued: 14 };
    await replicasAre(7);
    await ranker.stopPrometheus();
    await eventually(
      async () => {
        const { status } = await client.get<{ status: { conditions: { type: string; status: string }[] } }>(
          scaledObject,
        );
        expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Fallback', status: 'True' }));
      },
      { seconds: 60 },
    );
    await sleep(5_000);
    expect(await replicas()).toBe(7);
    ranker.load = { requests: 100, queued: 5 };
    await ranker.startPrometheus();
    await replicasAre(3);
  },
);

interface ScaledObjectSpec {
  readonly advanced: { readonly horizontalPodAutoscalerConfig: { readonly behavior: object } };
}

const metadata = { name: 'ranker', namespace: NAMESPACE };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
const scaledObject = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata };
const hpa = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { ...metadata, name: 'keda-hpa-ranker' },
};
const replicas = async () => (await client.get<{ spec: { replicas: number } }>(deployment)).spec.replicas;
const replicasAre = (count: number) => eventually(async () => expect(await replicas()).toBe(count), { seconds: 60 });
