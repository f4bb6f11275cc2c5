import { App } from 'cdk8s';
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

const NAMESPACE = 'job-sets';
const client = new Client(cluster());

beforeAll(() => installCrds(client, 'jobset'));

function manifests(props: Partial<TrainingJobProps> = {}) {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
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
  return synthesize(app);
}

const jobSet = {
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  metadata: { name: 'dlrm', namespace: NAMESPACE },
};

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
    const { spec } = written.get('JobSet', 'dlrm');
    expect((await client.get(jobSet)).spec).toMatchObject(spec as object);
  } finally {
    await deleteAll(client, written.all);
  }
});

const isBuilt = builtOf(['jobset']).length > 0;
const title = isBuilt ? 'with the real controller' : 'jobset is not built: npx tsx tools/build.ts --only jobset';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const nodes = gpuNodes(3, { gpus: 8, type: 'nvidia-a100-80gb' });
  let controller: Controller | undefined;

  beforeAll(async () => {
    controller = await startController(client, workspace, 'jobset', {
      namespace: NAMESPACE,
      webhooks: ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'],
    });
  });
  afterAll(async () => {
    await controller?.stop();
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

  test('the nodes have the host names by which they look for the first, below a service of the controller', async () => {
    const pods = await gang();
    const names = pods.map(({ spec }) => `${Reflect.get(spec, 'hostname')}.${Reflect.get(spec, 'subdomain')}`);
    expect(names).toEqual(['dlrm-node-0-0.dlrm', 'dlrm-node-0-1.dlrm']);
    const service = { apiVersion: 'v1', kind: 'Service', metadata: jobSet.metadata };
    expect((await client.get(service)).spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  });

  test('the run succeeds when all of its nodes have', async () => {
    for (const pod of await gang()) await exit(pod, 0);
    await ended('Completed');
  });

  test('trainer#2000: a node that fails starts all of them again, never two of one rank, and it costs a retry', async () => {
    const before = await gang();
    await exit(last(before), 1);
    const after = await restarted(before);
    expect(await status()).toMatchObject({ restarts: 1, restartsCountTowardsMax: 1 });
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
    expect(await status()).toMatchObject({ restarts: 2 });
    expect((await status()).restartsCountTowardsMax ?? 0).toBe(0);
  });

  test('a node that dies and is declared out of service starts all of them again elsewhere, and costs no retry', async () => {
    const before = await gang();
    const lost = last(before).spec.nodeName ?? '';
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: lost } };
    // Nobody plays its kubelet any more: it stops to report, and what runs there can't be ended.
    await client.patch(node, { metadata: { labels: { type: 'dead' } } });
    await eventually(
      async () => expect((await client.get<Pod>(last(before))).metadata.deletionTimestamp).toBeDefined(),
      {
        seconds: 60,
      },
    );
    await client.patch(node, { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } });
    const after = await restarted(before);
    expect(after.map(({ spec }) => spec.nodeName)).not.toContain(lost);
    expect((await status()).restartsCountTowardsMax ?? 0).toBe(0);
  });

  test('a fatal exit code ends the run at once, whatever retries are left', async () => {
    await exit(last(await gang()), 42);
    await ended('Failed');
    expect((await status()).restarts).toBe(0);
  });
});

const rankOf = (pod: Live) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'];

/** The pods of an attempt, by rank, once all run and none of another attempt is left. */
function gang(): Promise<Pod[]> {
  return eventually(
    async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      const byRank = [...pods].sort((a, b) => Number(rankOf(a)) - Number(rankOf(b)));
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
  readonly terminalState?: string;
}

const status = async () => (await client.get<{ status: JobSetStatus }>(jobSet)).status;

const ended = (state: 'Completed' | 'Failed') =>
  eventually(async () => expect((await status()).terminalState).toBe(state), { seconds: 60 });
