import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { parse } from 'yaml';
import { autoscaleOnResources, container, ModelServer, Platform, RecommendationFunnel } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { crdDir } from '../../../tools/crds';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';

const NAMESPACE = 'serving-funnel';
const client = new Client(cluster());
const nodes = cpuNodes(3);

function manifests(deadline: '150ms' | '200ms' = '150ms') {
  const app = new App();
  const shop = new Platform(app, NAMESPACE, {
    cluster: { kubernetes: '1.37', addons: ['kserve', 'metrics-server'] },
    production: false,
  });
  const probe = { path: '/ready', port: 'http' };
  const server = (name: string) =>
    new ModelServer(shop, name, {
      model: { name, version: '7', uri: `pvc://models/${name}`, size: '1Gi' },
      runtime: container({
        image: 'registry.example.com/shop/server:1.0.0',
        ports: { http: 8080 },
        probes: { startup: probe, readiness: probe, liveness: probe },
        start: () => ({ command: ['/server'], args: [] }),
      }),
      resources: { cpu: '100m', memory: '128Mi' },
      replicas: 1,
    });
  const path = '/predict';
  const home = new RecommendationFunnel(shop, 'home', {
    api: {
      image: 'registry.example.com/shop/home-api:1.4.2',
      port: 8080,
      probes: { ready: '/ready', live: '/live' },
      resources: { cpu: '250m', memory: '128Mi' },
      env: { LOG: 'info' },
      secretEnv: { DB_PASSWORD: { name: 'shop-db', key: 'password' } },
    },
    deadline,
    stages: {
      retrieval: {
        deadline: '30ms',
        candidates: 500,
        sources: [
          { server: server('two-tower'), path },
          { server: server('similar'), path },
        ],
        fallback: { popularItems: { file: '/data/popular.json' } },
      },
      filtering: { deadline: '5ms', fallback: 'fail' },
      ranking: {
        deadline: '60ms',
        candidates: 50,
        sources: [{ server: server('ranker'), batch: 250, path }],
        fallback: 'previous-order',
      },
    },
    calls: { features: server('features') },
    egress: [{ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
    inferenceGraph: true,
  });
  home.autoscale(autoscaleOnResources({ replicas: [3, 9], cpu: '60%' }));
  home.allowFrom(server('gateway'));
  return synthesize(app).all;
}

beforeAll(async () => {
  await defineInferenceGraph();
  await addNodes(client, nodes);
});
afterAll(async () => {
  await deleteAll(client, manifests());
  await removeNodes(client, nodes);
});

test('each object is admitted, the InferenceGraph by its real definition, with no unknown field and no warning', async () => {
  const warnings: string[] = [];
  for (const manifest of manifests()) warnings.push(...(await client.apply(manifest)).warnings);
  expect(warnings).toEqual([]);
});

test('applying the same again changes nothing', async () => {
  const versionOf = ({ metadata }: Live) => metadata.generation;
  // What a controller counts up by itself, such as a revision, is no change of what was asked for.
  const asked = manifests().filter(({ kind }) => !['Deployment', 'PodDisruptionBudget'].includes(kind));
  for (const manifest of asked) {
    const before = await client.get(manifest);
    const { body } = await client.apply(manifest);
    expect([manifest.kind, manifest.metadata.name, versionOf(body)]).toEqual([
      manifest.kind,
      manifest.metadata.name,
      versionOf(before),
    ]);
  }
});

test('the API becomes ready beside its stages, and starts anew when its configuration changes', async () => {
  const api = manifests().filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'home');
  const replicas = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'home', namespace: NAMESPACE } };
  // The autoscaler has no metrics here to go by.
  await client.patch(replicas, { spec: { replicas: 3 } });
  const withReplicas = api.map((manifest) => ({ ...manifest, spec: { ...(manifest.spec as object), replicas: 3 } }));
  await rolledOut(client, withReplicas);
  const before = await podsOfApi();
  await applyAll(client, manifests('200ms'));
  await rolledOut(client, withReplicas);
  const after = await podsOfApi();
  expect(after).toHaveLength(3);
  expect(after.filter((name) => before.includes(name))).toEqual([]);
});

/** The one definition that is needed of KServe's, taken from its module. */
async function defineInferenceGraph(): Promise<void> {
  const file = join(await crdDir('kserve'), 'serving.kserve.io_inferencegraphs.yaml');
  await client.apply(parse(readFileSync(file, 'utf8')), { force: true, manager: 'crds' });
  // A client remembers what a group lacks: a new one each time.
  await eventually(() => new Client(cluster()).list('serving.kserve.io/v1alpha1', 'InferenceGraph'));
}

async function podsOfApi(): Promise<string[]> {
  const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
  return pods.flatMap(({ metadata }) =>
    metadata.labels?.['app.kubernetes.io/name'] === 'home' && metadata.deletionTimestamp === undefined
      ? [metadata.name]
      : [],
  );
}
