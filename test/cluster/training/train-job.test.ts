import { App } from 'cdk8s';
import type { Container } from 'kubernetes-types/core/v1';
import { Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { type Controller, startController } from './controllers';
import { startTrainer } from './trainer';

const NAMESPACE = 'train-jobs';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

beforeAll(() => installCrds(client, 'jobset', 'trainer'));

function manifests(props: Partial<TrainingJobProps> = {}) {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['kubeflow-trainer'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    engine: 'trainjob',
    nodes: 2,
    gpusPerNode: 8,
    gpuType: GPU,
    resources: { cpu: '16', memory: '64Gi' },
    retries: 1,
    fatalExitCodes: [42],
    ...props,
  });
  return synthesize(app);
}

const trainJob = {
  apiVersion: 'trainer.kubeflow.org/v1alpha1',
  kind: 'TrainJob',
  metadata: { name: 'dlrm', namespace: NAMESPACE },
};
const jobSet = { ...trainJob, apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet' };

test('what is written is admitted without a warning, and kept', async () => {
  const written = manifests({
    checkpoints: { claim: 'checkpoints', every: '10m' },
    preemptionGrace: '12m',
    hyperparameters: { learning_rate: 1e-3, layers: [512, 256], amp: true },
  });
  try {
    for (const manifest of written.all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    for (const kind of ['TrainJob', 'TrainingRuntime']) {
      const manifest = written.get(kind, 'dlrm');
      expect((await client.get(manifest)).spec).toMatchObject(manifest.spec as object);
    }
  } finally {
    await deleteAll(client, written.all);
  }
});

const isBuilt = builtOf(['jobset', 'trainer']).length === 2;
const title = isBuilt
  ? 'with the real controllers'
  : 'trainer or jobset is not built: npx tsx tools/build.ts --only jobset trainer';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const nodes = gpuNodes(3, { gpus: 8, type: GPU });
  const controllers: Controller[] = [];

  beforeAll(async () => {
    const webhooks = ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'];
    controllers.push(await startController(client, workspace, 'jobset', { namespace: NAMESPACE, webhooks }));
    controllers.push(await startTrainer(client, workspace.folder, NAMESPACE));
  });
  afterAll(async () => {
    for (const controller of [...controllers].reverse()) await controller.stop();
    await workspace.stop();
  });
  beforeEach(async () => {
    await addNodes(client, nodes);
    await applyAll(client, manifests().all);
  });
  afterEach(async () => {
    await deleteAll(client, manifests().all);
    await removeNodes(client, nodes);
  });

  test("torchrun's variables are the controller's, each once, and the nodes have the names by which they meet", async () => {
    for (const [rank, pod] of (await gang()).entries()) {
      const [trainer] = containersOf(pod);
      const env = trainer?.env ?? [];
      const torchrun = env.filter(({ name }) => name.startsWith('PET_')).map(({ name, value }) => [name, value]);
      expect(torchrun.sort()).toEqual([
        ['PET_MASTER_ADDR', 'dlrm-node-0-0.dlrm'],
        ['PET_MASTER_PORT', '29500'],
        ['PET_MAX_RESTARTS', '0'],
        ['PET_NNODES', '2'],
        ['PET_NODE_RANK', undefined],
        ['PET_NPROC_PER_NODE', '8'],
      ]);
      const index = env.find(({ name }) => name === 'PET_NODE_RANK')?.valueFrom?.fieldRef?.fieldPath;
      expect(index).toBe("metadata.annotations['batch.kubernetes.io/job-completion-index']");
      expect(`${Reflect.get(pod.spec, 'hostname')}.${Reflect.get(pod.spec, 'subdomain')}`).toBe(
        `dlrm-node-0-${rank}.dlrm`,
      );
      expect(pod.metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'dlrm',
        'app.kubernetes.io/part-of': NAMESPACE,
      });
      expect(trainer?.resources?.limits).toMatchObject({ 'nvidia.com/gpu': '8', memory: '64Gi' });
    }
  });

  test('the run succeeds when all of its nodes have', async () => {
    for (const pod of await gang()) await exit(pod, 0);
    await ended('Complete');
  });

  test('trainer#2000: a node that fails starts all of them again, and failures beyond the retries end the run', async () => {
    const before = await gang();
    await exit(last(before), 1);
    const after = await restarted(before);
    expect(await jobSetStatus()).toMatchObject({ restarts: 1, restartsCountTowardsMax: 1 });
    await exit(last(after), 1);
    await ended('Failed');
  });

  test('an eviction starts all of them again and costs no retry', async () => {
    let pods = await gang();
    // More often than there are retries.
    for (let i = 1; i <= 2; i++) {
      const { name, namespace } = last(pods).metadata;
      await client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
      });
      pods = await restarted(pods);
    }
    expect(await jobSetStatus()).toMatchObject({ restarts: 2 });
    expect((await jobSetStatus()).restartsCountTowardsMax ?? 0).toBe(0);
  });

  test('a fatal exit code ends the run at once, whatever retries are left', async () => {
    await exit(last(await gang()), 42);
    await ended('Failed');
    expect((await jobSetStatus()).restarts).toBe(0);
  });

  test('trainer#3779: a JobSet that is gone is made anew and run again, so that it has no time to live', async () => {
    for (const pod of await gang()) await exit(pod, 0);
    await ended('Complete');
    const { metadata, spec } = await client.get<Live & { spec: object }>(jobSet);
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished');
    await client.delete(jobSet);
    await eventually(async () => expect((await client.get(jobSet)).metadata.uid).not.toBe(metadata.uid));
    await gang();
  });
});

const rankOf = (pod: Live) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'];
const containersOf = (pod: Pod): readonly Container[] => Reflect.get(pod.spec, 'containers');

/** The pods of an attempt, by rank, once all run and none of another attempt is left. */
function gang(): Promise<Pod[]> {
  return eventually(
    async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      const byRank = pods
        .filter(({ status }) => status.phase !== 'Succeeded')
        .sort((a, b) => Number(rankOf(a)) - Number(rankOf(b)));
      expect(byRank.map((pod) => [rankOf(pod), pod.status.phase])).toEqual([
        ['0', 'Running'],
        ['1', 'Running'],
      ]);
      return byRank;
    },
    { seconds: 60 },
  );
}

/** The pods of the next attempt. */
function restarted(before: readonly Pod[]): Promise<Pod[]> {
  const old = new Set(before.map(({ metadata }) => metadata.uid));
  return eventually(
    async () => {
      const pods = await gang();
      expect(pods.filter(({ metadata }) => old.has(metadata.uid))).toEqual([]);
      return pods;
    },
    { seconds: 60 },
  );
}

function last(pods: readonly Pod[]): Pod {
  const pod = pods.at(-1);
  if (pod === undefined) throw new Error('there is no pod');
  return pod;
}

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

interface JobSetStatus {
  readonly restarts: number;
  readonly restartsCountTowardsMax?: number;
}

const jobSetStatus = async () => (await client.get<{ status: JobSetStatus }>(jobSet)).status;

interface Conditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const ended = (type: 'Complete' | 'Failed') =>
  eventually(
    async () => {
      const { status } = await client.get<Conditions>(trainJob);
      expect(status?.conditions?.filter(({ status: met }) => met === 'True').map(({ type }) => type)).toEqual([type]);
    },
    { seconds: 60 },
  );
