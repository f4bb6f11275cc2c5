import { App } from 'cdk8s';
import { external, FeatureStore, feast, milvus, Platform, qdrant, redis, VectorIndex, valkey } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';

const client = new Client(cluster());
const namespace = 'stores';
const nodes = cpuNodes(3);
const manifests = stores();

function stores() {
  const app = new App();
  const platform = new Platform(app, namespace, { cluster: { kubernetes: '1.37' }, production: false });
  const password = { name: 'features', key: 'password' };
  const features = new FeatureStore(platform, 'features', {
    engine: valkey({ version: '8.1.4', use: 'store', data: '8Gi', password }),
    storage: '24Gi',
    storageClass: 'fast',
  });
  new FeatureStore(platform, 'recent', { engine: redis({ version: '8.2.1', use: 'cache', data: '1Gi' }) });
  const registry = 's3://features/registry.db';
  const online = features.addresses.redis ?? '';
  const server = new FeatureStore(platform, 'feast', {
    engine: feast({ version: '0.66.0', project: 'shop', registry, online, password }),
  });
  features.allowOnlyFrom(server);
  const index = { embedding: { name: 'two-tower', version: '7' }, storage: '100Gi' } as const;
  new VectorIndex(platform, 'items', {
    ...index,
    engine: qdrant({ version: '1.17.1', apiKey: { name: 'items', key: 'api-key' } }),
    vectors: { count: 10_000_000, dimension: 128 },
    replicas: 3,
  });
  new VectorIndex(platform, 'users', {
    ...index,
    engine: milvus({ version: '2.5.10' }),
    resources: { memory: '16Gi' },
  });
  const managed = new FeatureStore(platform, 'managed', {
    engine: external({ addresses: { redis: 'features.example.com:6379' }, cidrs: ['10.8.0.0/16'] }),
  });
  managed.allowOnlyFrom(server);
  return synthesize(app).all;
}

beforeAll(() => addNodes(client, nodes));
afterAll(async () => {
  await deleteAll(client, manifests);
  await removeNodes(client, nodes);
});

test('each object is admitted in a restricted namespace, with no unknown field and no warning', async () => {
  const warnings: string[] = [];
  for (const manifest of manifests) {
    const answer = await client.apply(manifest);
    warnings.push(...answer.warnings.map((warning) => `${manifest.kind} ${manifest.metadata.name}: ${warning}`));
  }
  expect(warnings).toEqual([]);
});

test('every store rolls out, with a volume for each replica that keeps data', async () => {
  await rolledOut(client, manifests);
  const claims = await client.list<Live & { spec: { storageClassName?: string; resources: { requests: object } } }>(
    'v1',
    'PersistentVolumeClaim',
    namespace,
  );
  expect(
    claims.map(({ metadata, spec }) => [metadata.name, spec.storageClassName, spec.resources.requests]).sort(),
  ).toEqual([
    ['data-features-0', 'fast', { storage: '24Gi' }],
    ['data-items-0', undefined, { storage: '100Gi' }],
    ['data-items-1', undefined, { storage: '100Gi' }],
    ['data-items-2', undefined, { storage: '100Gi' }],
    ['data-users-0', undefined, { storage: '100Gi' }],
  ]);
});

test('the members of a cluster share no node', async () => {
  const members = (await pods()).filter(({ metadata }) => metadata.name.startsWith('items-'));
  expect(new Set(members.map(({ spec }) => spec.nodeName)).size).toBe(3);
});

test('a store that runs once can be evicted, so that its node can be drained', async () => {
  await budget('features', 1);
  expect(await evict('features-0')).toBe(201);
  await rolledOut(client, manifests);
});

test('of a cluster, one member can be evicted and no second one until it is back', async () => {
  await budget('items', 1);
  // On a node that takes no pods, it does not come back.
  const [first] = (await pods()).filter(({ metadata }) => metadata.name === 'items-0');
  const node = nodes.find(({ metadata }) => metadata.name === first?.spec.nodeName);
  if (node === undefined) throw new Error('items-0 runs nowhere');
  await client.patch(node, { spec: { unschedulable: true } });
  expect(await evict('items-0')).toBe(201);
  await budget('items', 0);
  expect(await evict('items-1')).toBe(429);
  await client.patch(node, { spec: { unschedulable: null } });
  await rolledOut(client, manifests);
});

test('applying the same again changes nothing', async () => {
  const generations = async () =>
    Promise.all(manifests.map(async (manifest) => (await client.get<Live>(manifest)).metadata.generation));
  const before = await generations();
  await applyAll(client, manifests);
  expect(await generations()).toEqual(before);
});

function pods(): Promise<Pod[]> {
  return client.list<Pod>('v1', 'Pod', namespace);
}

async function budget(name: string, disruptionsAllowed: number): Promise<void> {
  const reference = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace } };
  await eventually(async () => {
    expect((await client.get<{ status: object }>(reference)).status).toMatchObject({ disruptionsAllowed });
  });
}

/** What the API server answers to `kubectl drain`. */
async function evict(name: string): Promise<number> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  return client.request('POST', path, body).then(
    ({ status }) => status,
    (error: { status: number }) => error.status,
  );
}
