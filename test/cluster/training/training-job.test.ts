import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import { Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';

const NAMESPACE = 'training';
const client = new Client(cluster());
const nodes = gpuNodes(3, { gpus: 8, type: 'nvidia-a100-80gb' });

function manifests(props: Partial<TrainingJobProps> = {}) {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    nodes: 2,
    gpusPerNode: 8,
    gpuType: 'nvidia-a100-80gb',
    resources: { cpu: '16', memory: '64Gi' },
    retries: 1,
    fatalExitCodes: [42],
    ...props,
  });
  return synthesize(app).all;
}

const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'dlrm', namespace: NAMESPACE } };

interface JobStatus {
  readonly status: {
    readonly failed?: number;
    readonly succeeded?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

beforeEach(async () => {
  await addNodes(client, nodes);
  await applyAll(client, manifests());
});
afterEach(async () => {
  await deleteAll(client, manifests());
  await removeNodes(client, nodes);
});

const rankOf = (pod: Live) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'];

/** The pods of the run that have not ended, by rank; all of them on nodes. */
async function running(): Promise<Pod[]> {
  return eventually(
    async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      const active = pods.filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending');
      expect(active.map(rankOf).sort()).toEqual(['0', '1']);
      expect(active.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
      return active.sort((a, b) => Number(rankOf(a)) - Number(rankOf(b)));
    },
    { seconds: 60 },
  );
}

async function rank(index: 0 | 1): Promise<Pod> {
  const pod = (await running())[index];
  if (pod === undefined) throw new Error(`there is no pod of rank ${index}`);
  return pod;
}

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

async function replaced(pod: Pod): Promise<Pod> {
  return eventually(
    async () => {
      const fresh = (await running()).find((other) => rankOf(other) === rankOf(pod));
      expect(fresh?.metadata.uid).not.toBe(pod.metadata.uid);
      if (fresh === undefined) throw new Error('there is no replacement yet');
      return fresh;
    },
    { seconds: 60 },
  );
}

const statusOf = async () => (await client.get<JobStatus>(job)).status;
const conditions = async () =>
  ((await statusOf()).conditions ?? [])
    .filter(({ status }) => status === 'True')
    .map(({ type, reason }) => [type, reason]);

test('each rank has a GPU node of the wanted type to itself, and the run succeeds when all have', async () => {
  const pods = await running();
  expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(2);
  for (const pod of pods) {
    expect(pod.spec.nodeName).toMatch(/^nvidia-a100-80gb-/);
    await exit(pod, 0);
  }
  await eventually(async () => expect(await conditions()).toContainEqual(['Complete', 'CompletionsReached']));
  expect(await statusOf()).toMatchObject({ succeeded: 2 });
});

test('a node that fails is started again, and the other one goes on', async () => {
  const [first, second] = [await rank(0), await rank(1)];
  await exit(second, 1);
  const fresh = await replaced(second);
  expect(rankOf(fresh)).toBe('1');
  expect((await rank(0)).metadata.uid).toBe(first.metadata.uid);
  expect(await statusOf()).toMatchObject({ failed: 1 });
});

test('failures beyond the retries end the run', async () => {
  const first = await rank(1);
  await exit(first, 1);
  await exit(await replaced(first), 1);
  await eventually(async () => expect(await conditions()).toContainEqual(['Failed', 'BackoffLimitExceeded']), {
    seconds: 60,
  });
});

test('a fatal exit code ends the run at once, whatever retries are left', async () => {
  await exit(await rank(1), 42);
  await eventually(async () => expect(await conditions()).toContainEqual(['Failed', 'PodFailurePolicy']));
  await eventually(async () => {
    const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
    expect(pods.filter(({ status }) => status.phase === 'Running')).toEqual([]);
  });
});

test('an eviction is made good and costs no retry', async () => {
  // More often than there are retries.
  for (let i = 0; i < 2; i++) {
    const pod = await rank(1);
    const { name, namespace } = pod.metadata;
    await client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
    });
    await replaced(pod);
  }
  expect((await statusOf()).failed ?? 0).toBe(0);
  expect(await conditions()).toEqual([]);
});

test('a node that dies and is declared out of service is made good elsewhere, with never two pods of one rank, and costs no retry', async () => {
  const lost = await rank(1);
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: lost.spec.nodeName ?? '' } };
  // Nobody plays its kubelet any more: it stops to report, and what runs there can't be ended.
  await client.patch(node, { metadata: { labels: { type: 'dead' } } });
  await eventually(async () => expect((await client.get<Pod>(lost)).metadata.deletionTimestamp).toBeDefined(), {
    seconds: 60,
  });
  // Long enough for a controller that would not wait.
  await sleep(3_000);
  expect((await client.list<Pod>('v1', 'Pod', NAMESPACE)).map(rankOf).sort()).toEqual(['0', '1']);
  // Whoever knows that the machine is off says so, and Kubernetes takes its pods for dead.
  await client.patch(node, { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } });
  const fresh = await replaced(lost);
  expect(fresh.spec.nodeName).not.toBe(lost.spec.nodeName);
  expect((await statusOf()).failed ?? 0).toBe(0);
});
