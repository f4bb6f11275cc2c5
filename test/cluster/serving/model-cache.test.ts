import { App } from 'cdk8s';
import { ModelCache, ModelServer, Platform, triton, vllm } from '../../../lib';
import type { Manifest } from '../../../lib/synth/manifest';
import { synthesize } from '../../../lib/testing';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';

const NAMESPACE = 'cached';
const AGENTS = `${NAMESPACE}-node-agents`;
const client = new Client(cluster());
const nodes = [...cpuNodes(1), ...gpuNodes(2, { gpus: 4, type: 'nvidia-l4' })];

const manifests = (() => {
  const app = new App();
  const shop = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  const cache = new ModelCache(shop, 'cache', { size: '200Gi' });
  new ModelServer(shop, 'ranker', {
    model: { name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' },
    runtime: triton({ version: '25.08' }),
    // Three pods of two GPUs don't fit on one node of four.
    gpu: { count: 2, type: 'nvidia-l4' },
    replicas: 3,
    cache,
  });
  new ModelServer(shop, 'reranker', {
    model: {
      name: 'qwen',
      version: '3',
      uri: 'hf://org/model@0123456789abcdef0123456789abcdef01234567',
      size: '16Gi',
    },
    runtime: vllm({ version: '0.33.0' }),
    gpu: { count: 1, type: 'nvidia-l4' },
    replicas: 1,
    cache,
  });
  new ModelServer(shop, 'retrieval', {
    model: {
      name: 'two-tower',
      version: '7',
      uri: `oci://registry.example.com/shop/two-tower@sha256:${'a'.repeat(64)}`,
      size: '1Gi',
    },
    runtime: triton({ version: '25.08' }),
    replicas: 1,
  });
  return synthesize(app);
})();

/** The objects of the same cache in another size. */
function cacheOf(size: '300Gi') {
  const app = new App();
  const shop = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  new ModelCache(shop, 'cache', { size });
  return ['PersistentVolume', 'PersistentVolumeClaim'].flatMap((kind) => synthesize(app).ofKind(kind));
}

beforeAll(async () => {
  await addNodes(client, nodes);
  await applyAll(client, manifests.all);
});
afterAll(async () => {
  await deleteAll(client, manifests.all);
  await removeNodes(client, nodes);
});

test('the claim is bound to the volume that is the folder of each node', async () => {
  const claim = manifests.get('PersistentVolumeClaim', 'cache');
  await eventually(async () => {
    const bound = await client.get<{ spec: object; status: object }>(claim);
    expect(bound.status).toMatchObject({ phase: 'Bound', accessModes: ['ReadWriteMany'] });
    expect(bound.spec).toMatchObject({ volumeName: `${NAMESPACE}-cache`, storageClassName: '' });
  });
});

test('a cache that grows is admitted: the size of its claim stays, which the API server refuses to change', async () => {
  for (const manifest of cacheOf('300Gi')) await client.apply(manifest);
  const claim = manifests.get('PersistentVolumeClaim', 'cache');
  const larger = { spec: { resources: { requests: { storage: '300Gi' } } } };
  await expect(client.patch(claim, larger)).rejects.toThrow(/only dynamically provisioned pvc can be resized/);
});

test('servers with models from the cache and from an image are admitted under `restricted` and run', async () => {
  await rolledOut(client, manifests.ofKind('Deployment'));
  const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
  // Replicas share the claim from several nodes.
  const ofRanker = pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'ranker');
  expect(new Set(ofRanker.map(({ spec }) => spec.nodeName)).size).toBe(2);
  const [ofImage] = pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'retrieval');
  expect(JSON.stringify(ofImage?.spec)).toContain(
    `"image":{"reference":"registry.example.com/shop/two-tower@sha256:${'a'.repeat(64)}","pullPolicy":"IfNotPresent"}`,
  );
});

test('the keeper runs on every node, also on those with GPUs', async () => {
  await eventually(async () => {
    const pods = await client.list<Pod>('v1', 'Pod', AGENTS);
    const running = pods.filter(({ status }) => status.phase === 'Running').map(({ spec }) => spec.nodeName);
    const names = nodes.map(({ metadata }) => metadata.name);
    expect(running.filter((node) => names.includes(node ?? '')).sort()).toEqual(names.sort());
  });
});

test("the keeper's pods are refused beside the servers: what it may, they must not", async () => {
  const { spec } = manifests.get('DaemonSet', 'cache') as Manifest & { spec: { template: { spec: object } } };
  const { serviceAccountName, ...pod } = spec.template.spec as Record<string, unknown>;
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'keeper', namespace: NAMESPACE }, spec: pod };
  const refusal = client.apply(object, { dryRun: true });
  await expect(refusal).rejects.toThrow(/violates PodSecurity "restricted/);
  await expect(refusal).rejects.toThrow(/hostPath volumes|restricted volume types/);
  await expect(refusal).rejects.toThrow(/host namespaces/);
  expect(serviceAccountName).toBe('cache');
});

test('applying all of it again changes nothing', async () => {
  for (const manifest of manifests.all) {
    const before = await client.get(manifest);
    await client.apply(manifest);
    const after = await client.get(manifest);
    expect([manifest.kind, after.metadata.generation]).toEqual([manifest.kind, before.metadata.generation]);
  }
});
