import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import { autoscaleOnDemand, ModelServer, Platform, triton } from '../../../lib';
import { type Manifest, type Manifests, synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { writeKubeconfig } from '../harness/kubeconfig';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { freePort } from '../harness/ports';
import { applyAll, deleteAll, rolledOut } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { tokenOf } from '../prometheus/running-monitoring';
import { FRONT_PROXY } from './front-proxy';
import { ScrapedRanker } from './scraped-ranker';

/*
 * The real prometheus-adapter with the arguments, the configuration and the rights that are emitted, between a real
 * Prometheus and the real HPA controller.
 */

const NAMESPACE = 'adapted';
const isBuilt = builtOf(['prometheus-adapter']).length > 0;
const client = new Client(cluster());
const nodes = cpuNodes(2);
const ranker = new ScrapedRanker(NAMESPACE);
const workspace = new Workspace();
let live: readonly Manifest[] = [];

function manifestsWith(prometheus: string): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' } });
  const server = new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version: '7', uri: 's3://models/dlrm/7', size: '1Gi' },
    runtime: triton({ version: '25.08' }),
  });
  const behavior = { down: { stabilizationWindow: '0s', policies: [{ percent: 100, every: '1s' }] } } as const;
  server.autoscale(
    autoscaleOnDemand({ replicas: [2, 9], requests: 100, queue: 2, window: '30s', behavior, prometheus }),
  );
  return synthesize(app);
}

beforeAll(async () => {
  if (!isBuilt) return;
  await addNodes(client, nodes);
  const manifests = manifestsWith(await ranker.reserve());
  ranker.load = { requests: 250, queued: 0 };
  await ranker.start();
  await eventually(async () => expect(await ranker.api.query('up{job="ranker"}')).toHaveLength(1));
  const port = await freePort();
  live = manifests.all.map((manifest) => reachable(manifest, port));
  await applyAll(client, [...FRONT_PROXY, ...live]);
  await startAdapter(manifests, port);
  await rolledOut(client, live);
});
afterAll(async () => {
  // An API that nobody answers for would keep every namespace from being deleted.
  for (const manifest of live.filter(({ kind }) => kind === 'APIService')) await client.delete(manifest);
  await workspace.stop();
  await ranker.stop();
  await deleteAll(client, [...FRONT_PROXY, ...live]);
  if (isBuilt) await removeNodes(client, nodes);
});

const check = isBuilt ? test : test.skip;
const title = (text: string) => (isBuilt ? text : `${text} (prometheus-adapter is not built)`);

check(title('the emitted configuration serves each metric with the value that Prometheus has for it'), async () => {
  ranker.load = { requests: 250, queued: 3 };
  await eventually(async () => expect(await metricValue('adapted-ranker-queue')).toBe(3));
  await eventually(
    async () => {
      const value = (await metricValue('adapted-ranker-requests')) ?? 0;
      expect(value).toBeGreaterThan(235);
      expect(value).toBeLessThan(265);
    },
    { seconds: 60 },
  );
});

check(title('the HPA reads it: replicas are what is asked of all by what each should have'), async () => {
  ranker.load = { requests: 250, queued: 14 };
  await replicasAre(7);
  ranker.load = { requests: 250, queued: 1 };
  await replicasAre(3);
});

check(title('while nobody can be scraped there is no value, rather than 0, and no replica is taken away'), async () => {
  ranker.load = { requests: 250, queued: 14 };
  await replicasAre(7);
  await ranker.stopTarget();
  await eventually(async () => expect(await metricValue('adapted-ranker-requests')).toBeUndefined(), { seconds: 20 });
  await eventually(async () => expect(await metricValue('adapted-ranker-queue')).toBeUndefined(), { seconds: 20 });
  const { status } = await client.get<{ status: { conditions: { type: string; status: string }[] } }>(hpa);
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'AbleToScale', status: 'True' }));
  await sleep(5_000);
  expect(await replicas()).toBe(7);
});

const hpa = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'ranker', namespace: NAMESPACE },
};
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: hpa.metadata };
const replicas = async () => (await client.get<{ spec: { replicas: number } }>(deployment)).spec.replicas;
const replicasAre = (count: number) => eventually(async () => expect(await replicas()).toBe(count), { seconds: 40 });

/** What the API server answers about a metric: undefined where there is no value. */
async function metricValue(metric: string): Promise<number | undefined> {
  const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${NAMESPACE}/${metric}`;
  const [item] = (await client.request<{ items: { value: string }[] }>('GET', path)).body.items;
  if (item === undefined) return undefined;
  return item.value.endsWith('m') ? Number.parseInt(item.value, 10) / 1000 : Number(item.value);
}

/** Nobody forwards the addresses of Services here: the adapter's is another name for loopback. */
function reachable(manifest: Manifest, port: number): Manifest {
  const { kind, metadata } = manifest;
  if (kind === 'Service' && metadata.name === 'metrics-adapter') {
    return { ...manifest, spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] } };
  }
  if (kind !== 'APIService') return manifest;
  const { service, ...spec } = manifest.spec as { service: object };
  return { ...manifest, spec: { ...spec, service: { ...service, port } } };
}

async function startAdapter(manifests: Manifests, port: number): Promise<void> {
  const token = await tokenOf(client, NAMESPACE, 'metrics-adapter');
  const kubeconfig = join(workspace.folder, 'kubeconfig');
  writeKubeconfig({ ...cluster(), token, kubeconfig });
  const { data } = manifests.get('ConfigMap', 'metrics-adapter') as unknown as { data: Record<string, string> };
  writeFileSync(join(workspace.folder, 'config.yaml'), data['config.yaml'] ?? '');
  const { spec } = manifests.get('Deployment', 'metrics-adapter') as unknown as {
    spec: { template: { spec: { containers: readonly [{ args: readonly string[] }] } } };
  };
  const inPlace = spec.template.spec.containers[0].args.map((argument) =>
    argument
      .replace(/^--secure-port=.*/, `--secure-port=${port}`)
      .replace('=/certificate', `=${workspace.folder}`)
      .replace('=/config/', `=${workspace.folder}/`),
  );
  const access = ['lister', 'authentication', 'authorization'].map((use) => `--${use}-kubeconfig=${kubeconfig}`);
  const args = [...inPlace, ...access, '--bind-address=127.0.0.1'];
  const program = workspace.start('prometheus-adapter', await locate('prometheus-adapter'), args);
  await program.ready(async () => {
    expect(await metricValue('adapted-ranker-queue')).toBe(0);
  }, 60);
}
