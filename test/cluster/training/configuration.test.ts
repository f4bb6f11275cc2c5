import { App } from 'cdk8s';
import { Platform, TrainingJob, type TrainingJobProps, TrainingQueue } from '../../../lib';
import type { Manifest } from '../../../lib/synth/manifest';
import { synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { provideVolumes } from '../harness/volumes';
import { applyAll, declared, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { queuesGone, startKueue } from './kueue';

const NAMESPACE = 'configured';
const GPU = 'nvidia-a100-80gb';
const CARDS = 'rdma/hca_shared_devices_a';
const client = new Client(cluster());

/** Nodes with cards of both kinds beside their GPUs. */
const nodes = gpuNodes(2, { gpus: 8, type: GPU }).map((node): Manifest => {
  const { capacity } = node.status as { capacity: Record<string, string> };
  const resources = { ...capacity, [CARDS]: '64', 'vpc.amazonaws.com/efa': '4' };
  return { ...node, status: { capacity: resources, allocatable: resources } };
});

const NETWORKS = {
  tcp: { by: 'tcp', interface: 'eth1' },
  rdma: {
    by: 'rdma',
    resource: CARDS,
    count: 8,
    hca: ['mlx5_0', 'mlx5_1:1'],
    gidIndex: 3,
    attachments: ['rail-0', 'kube-system/rail-1'],
    lockedMemory: 'unlimited',
  },
  efa: { by: 'efa', count: 4, lockedMemory: 'unlimited' },
} as const satisfies Record<string, TrainingJobProps['network']>;

/** A run of two nodes with all that can be said of its network, its data and its disk. */
function manifests(props: Partial<TrainingJobProps>, { queued = false } = {}): readonly Manifest[] {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset', 'kueue'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  const queue = queued
    ? new TrainingQueue(platform, 'gpus', { gpus: { count: 16, type: GPU }, cpu: '128', memory: '1Ti' })
    : undefined;
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    engine: 'job',
    nodes: 2,
    gpusPerNode: 8,
    gpuType: GPU,
    resources: { cpu: '16', memory: '64Gi' },
    sharedMemory: '16384Mi',
    scratch: '1024Gi',
    data: { clicks: { claim: 'clicks' }, 'user-features': { claim: 'features' } },
    expectedDuration: '3h',
    queue,
    ...props,
  });
  return synthesize(app).all;
}

/** A claim that several nodes can mount. */
const claim = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteMany'], storageClassName: '', resources: { requests: { storage: '1Ti' } } },
});

beforeAll(async () => {
  await installCrds(client, 'jobset', 'kueue');
  await addNodes(client, nodes);
});
afterAll(() => removeNodes(client, nodes));

let applied: readonly Manifest[] = [];
afterEach(() => deleteAll(client, applied));

/** Applies what is written, with the claims that it names. */
async function apply(written: readonly Manifest[]): Promise<string[]> {
  const [first, ...rest] = written;
  if (first?.kind !== 'Namespace') throw new Error('the namespace comes first');
  applied = [first, claim('clicks'), claim('features'), ...rest];
  const warnings: string[] = [];
  for (const manifest of applied) warnings.push(...(await client.apply(manifest)).warnings);
  await provideVolumes(client, NAMESPACE);
  return warnings;
}

/** The pods of the run, once both are on nodes. */
function running(): Promise<Pod[]> {
  return eventually(
    async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      expect(pods.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
      return pods;
    },
    { seconds: 60 },
  );
}

const NAMED = Object.entries(NETWORKS);

test.each(NAMED)('pods with a network by %s are admitted by Pod Security, and find nodes', async (_by, network) => {
  expect(await apply(manifests({ network }))).toEqual([]);
  const names = (await running()).map(({ spec }) => spec.nodeName);
  expect(new Set(names)).toEqual(new Set(nodes.map(({ metadata }) => metadata.name)));
});

test('pods wait for as many cards as they ask for', async () => {
  await apply(manifests({ network: { ...NETWORKS.efa, count: 5 } }));
  await eventually(async () => {
    const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
    const why = pods.flatMap(({ status }) => status.conditions?.map(({ message }) => message) ?? []);
    expect(why.join()).toContain('Insufficient vpc.amazonaws.com/efa');
  });
});

test.each([
  ['job', 'Job'],
  ['jobset', 'JobSet'],
] as const)('what is written is kept as it is, and applying it again changes nothing: %s', async (engine, kind) => {
  const written = manifests({ engine, network: NETWORKS.rdma });
  expect(await apply(written)).toEqual([]);
  const object = written.find((manifest) => manifest.kind === kind);
  if (object === undefined) throw new Error(`there is no ${kind}`);
  const live = await client.get(object);
  expect(live.spec).toMatchObject(object.spec as object);
  await applyAll(client, written);
  expect(declared(await client.get(object))).toEqual(declared(live));
});

const isBuilt = builtOf(['kueue']).includes('kueue');
const title = isBuilt ? 'with the real Kueue' : 'kueue is not built: npx tsx tools/build.ts --only kueue';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    const kinds = ['job', 'clusterqueue', 'resourceflavor', 'workload'];
    const config = { integrations: { frameworks: ['batch/job'] } };
    stop = await startKueue(client, workspace, { namespace: NAMESPACE, jobSets: false, kinds, config });
  });
  afterAll(() => stop?.());

  test('a run that asks for cards is let in: the quota has them', async () => {
    await apply(manifests({ network: NETWORKS.rdma }, { queued: true }));
    await running();
    await deleteAll(client, applied);
    await queuesGone(client);
  });
});
