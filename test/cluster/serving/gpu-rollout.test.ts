import { App } from 'cdk8s';
import { type ClusterProps, type GpuRequest, ModelServer, type ModelServerProps, Platform, triton } from '../../../lib';
import type { Manifest } from '../../../lib/synth/manifest';
import { synthesize } from '../../../lib/testing';
import { Client, Refused } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod, rolledOut } from '../harness/workloads';
import { deviceNode } from './gpu-nodes';

const client = new Client(cluster());

const GPUS = {
  gpuSharing: {
    'nvidia-a100-80gb': { by: 'mig-mixed' },
    'nvidia-h200': { by: 'mig-single', profile: '1g.18gb' },
    'nvidia-t4': { by: 'time-slicing', replicas: 2, renamed: true },
  },
  addons: ['gpushare'],
} as const satisfies Partial<ClusterProps>;

/** Two replicas of a version of a model, on a cluster with two devices. */
function versionOf(namespace: string, version: string, gpu: GpuRequest, props: Partial<ModelServerProps> = {}) {
  const app = new App();
  const platform = new Platform(app, namespace, { cluster: { kubernetes: '1.37', ...GPUS } });
  new ModelServer(platform, 'ranker', {
    model: { name: 'dlrm', version, uri: `s3://models/dlrm/${version}`, size: '4Gi' },
    runtime: triton({ version: '25.08' }),
    gpu,
    replicas: 2,
    ...props,
  });
  return synthesize(app).all;
}

async function podsOf(namespace: string): Promise<Pod[]> {
  const pods = await client.list<Pod>('v1', 'Pod', namespace);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The versions of the pods that have a node. */
async function running(namespace: string): Promise<(string | undefined)[]> {
  const pods = (await podsOf(namespace)).filter(({ spec }) => spec.nodeName !== undefined);
  return pods.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/version']).sort();
}

/** The same with one pod more before one goes, as Kubernetes' own defaults have it. */
function surging(manifests: readonly Manifest[]): Manifest[] {
  return manifests.map((manifest) => {
    if (manifest.kind !== 'Deployment') return manifest;
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    return { ...manifest, spec: { ...Object(manifest.spec), strategy: { type: 'RollingUpdate', rollingUpdate } } };
  });
}

describe.each<[string, GpuRequest, Record<string, string>, Record<string, string>]>([
  ['whole', { type: 'nvidia-l4', count: 1 }, { 'nvidia.com/gpu': '2' }, { 'nvidia.com/gpu.product': 'NVIDIA-L4' }],
  [
    'sliced',
    { type: 'nvidia-a100-80gb', mig: '2g.20gb' },
    { 'nvidia.com/mig-2g.20gb': '2' },
    { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB' },
  ],
  [
    'alike',
    { type: 'nvidia-h200', mig: '1g.18gb' },
    { 'nvidia.com/gpu': '2' },
    { 'nvidia.com/gpu.product': 'NVIDIA-H200-MIG-1g.18gb' },
  ],
  [
    'shared',
    { type: 'nvidia-t4', share: 'time-slicing' },
    { 'nvidia.com/gpu.shared': '2' },
    { 'nvidia.com/gpu.product': 'Tesla-T4' },
  ],
  ['aliyun', { memory: '8Gi' }, { 'aliyun.com/gpu-mem': '16' }, {}],
])('%s GPUs, as many as there are replicas', (name, gpu, devices, labels) => {
  const namespace = `gpu-${name}`;
  const nodes = [deviceNode(`gpu-${name}`, devices, labels)];

  beforeAll(async () => {
    await addNodes(client, nodes);
    await applyAll(client, versionOf(namespace, '42', gpu));
    await rolledOut(client, versionOf(namespace, '42', gpu));
  });
  afterAll(async () => {
    await deleteAll(client, versionOf(namespace, '42', gpu));
    await removeNodes(client, nodes);
  });

  test('a new version replaces the old one', async () => {
    await applyAll(client, versionOf(namespace, '43', gpu));
    await rolledOut(client, versionOf(namespace, '43', gpu));
    expect(await running(namespace)).toEqual(['43', '43']);
  });

  test('with a surge instead it waits forever for a GPU (kserve#4618, kuberay#4239)', async () => {
    const changed = surging(versionOf(namespace, '44', gpu));
    await applyAll(client, changed);
    await eventually(async () => {
      const [resource = ''] = Object.keys(devices);
      const messages = (await podsOf(namespace)).flatMap(({ status }) =>
        (status.conditions ?? []).flatMap(({ message = '' }) => message),
      );
      if (!messages.some((message) => message.includes(`Insufficient ${resource}`))) throw new Error('no pod waits');
    });
    await expect(rolledOut(client, changed, 3)).rejects.toThrow('replicas, updated, ready of 2');
    expect(await running(namespace)).toEqual(['43', '43']);
  });
});

describe('one GPU more than there are replicas', () => {
  const namespace = 'gpu-spare';
  const gpu = { type: 'nvidia-l40s', count: 1 } as const;
  const nodes = [deviceNode('gpu-spare', { 'nvidia.com/gpu': '3' }, { 'nvidia.com/gpu.product': 'NVIDIA-L40S' })];
  const version = (model: string) => versionOf(namespace, model, gpu, { supply: 'spare' });

  beforeAll(async () => {
    await addNodes(client, nodes);
    await applyAll(client, version('42'));
    await rolledOut(client, version('42'));
  });
  afterAll(async () => {
    await deleteAll(client, version('42'));
    await removeNodes(client, nodes);
  });

  test('where it is said to be spare, new replicas come before old ones go', async () => {
    await applyAll(client, version('43'));
    await rolledOut(client, version('43'));
    expect(await running(namespace)).toEqual(['43', '43']);
  });

  test('a drain gets one replica after the other, and never the last that answers', async () => {
    const evict = ({ metadata: { name } }: Pod) =>
      client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
      });
    await eventually(async () => {
      const { status } = await client.get<{ status?: { disruptionsAllowed?: number } }>({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'ranker', namespace },
      });
      expect(status?.disruptionsAllowed).toBe(1);
    });
    // No more pods come: the node is being drained.
    await client.patch(nodes[0] ?? cordoned(), { spec: { unschedulable: true } });
    const [first, second] = await podsOf(namespace);
    if (first === undefined || second === undefined) throw new Error('there are not two replicas');
    await evict(first);
    const refused = await evict(second).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect((refused as Refused).status).toBe(429);
    expect((refused as Refused).message).toContain("Cannot evict pod as it would violate the pod's disruption budget");
    await client.patch(nodes[0] ?? cordoned(), { spec: { unschedulable: false } });
    await rolledOut(client, version('43'));
    await eventually(() => evict(second));
    await rolledOut(client, version('43'));
    expect(await running(namespace)).toEqual(['43', '43']);
  });

  function cordoned(): never {
    throw new Error('there is no node');
  }
});
