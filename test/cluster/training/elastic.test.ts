import { App } from 'cdk8s';
import { Platform, TrainingJob } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { provideVolumes } from '../harness/volumes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';

const NAMESPACE = 'elastic';
const client = new Client(cluster());
/** One less than the run has. */
const nodes = gpuNodes(2, { gpus: 8, type: 'nvidia-a100-80gb' });

const app = new App();
const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
new TrainingJob(platform, 'dlrm', {
  image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
  command: ['torchrun', 'train.py'],
  nodes: 3,
  minNodes: 2,
  gpusPerNode: 8,
  gpuType: 'nvidia-a100-80gb',
  resources: { cpu: '16', memory: '64Gi' },
  checkpoints: { claim: 'checkpoints', every: '10m' },
});
const manifests = synthesize(app).all;
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'checkpoints', namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteMany'], storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } },
};
const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'dlrm', namespace: NAMESPACE } };

beforeEach(async () => {
  await addNodes(client, nodes);
  await applyAll(client, manifests);
  await client.apply(claim);
  await provideVolumes(client, NAMESPACE);
});
afterEach(async () => {
  await client.delete(claim);
  await deleteAll(client, manifests);
  await removeNodes(client, nodes);
});

const rankOf = (pod: Live) => Number(pod.metadata.labels?.['batch.kubernetes.io/job-completion-index']);

/** The pods that run and those for which there is no room, once there are two and one. */
function here(): Promise<{ running: Pod[]; missing: Pod }> {
  return eventually(
    async () => {
      const pods = (await client.list<Pod>('v1', 'Pod', NAMESPACE)).sort((a, b) => rankOf(a) - rankOf(b));
      const running = pods.filter(({ status }) => status.phase === 'Running');
      const [missing, ...more] = pods.filter(({ status }) => status.phase === 'Pending');
      expect([running.length, more.length]).toEqual([2, 0]);
      if (missing === undefined) throw new Error('all pods have room');
      return { running, missing };
    },
    { seconds: 60 },
  );
}

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

interface JobStatus {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason: string }[] };
}

const conditions = async () =>
  ((await client.get<JobStatus>(job)).status.conditions ?? []).map(({ type, reason }) => [type, reason]);

test('a run is a success with its first node, and does not wait for one that never came', async () => {
  const { running, missing } = await here();
  expect(rankOf(missing)).not.toBe(0);
  const [first, second] = running;
  if (first === undefined || second === undefined) throw new Error('two pods should run');
  await exit(second, 0);
  await eventually(async () => {
    const { status } = await client.get<{ status: { succeeded?: number } }>(job);
    expect(status.succeeded).toBe(1);
  });
  expect(await conditions()).toEqual([]);
  await exit(first, 0);
  await eventually(async () => expect(await conditions()).toContainEqual(['Complete', 'SuccessPolicy']));
  await eventually(async () => {
    const left = await client.list<Pod>('v1', 'Pod', NAMESPACE);
    expect(left.map(rankOf)).not.toContain(rankOf(missing));
  });
});
