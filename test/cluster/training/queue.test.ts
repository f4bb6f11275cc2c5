import { App } from 'cdk8s';
import { Platform, type Priority, TrainingJob, type TrainingJobProps, TrainingQueue } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { own, ranker } from '../../serving/fixtures';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { type Controller, startController } from './controllers';

const NAMESPACE = 'queues';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

// Kueue watches the kinds of what it takes in.
beforeAll(() => installCrds(client, 'jobset', 'kueue'));

/** A queue for two nodes of eight GPUs, with runs of two nodes and, if wanted, a server with a replica for each node. */
function manifests(runs: Readonly<Record<string, Priority>>, { engine = 'job', served = false } = {}) {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset', 'kueue'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  const queue = new TrainingQueue(platform, 'gpus', { gpus: { count: 16, type: GPU }, cpu: '128', memory: '1Ti' });
  for (const [id, priority] of Object.entries(runs)) {
    new TrainingJob(platform, id, {
      image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
      command: ['torchrun', 'train.py'],
      engine: engine as NonNullable<TrainingJobProps['engine']>,
      nodes: 2,
      gpusPerNode: 8,
      gpuType: GPU,
      resources: { cpu: '16', memory: '64Gi' },
      queue,
      priority,
    });
  }
  if (served) queue.serve(ranker({ runtime: own(), gpu: { count: 8, type: GPU } }, platform));
  return synthesize(app);
}

test.each(['job', 'jobset'])('what is written is admitted without a warning, and kept: %s', async (engine) => {
  const written = manifests({ dlrm: 'high' }, { engine, served: true });
  try {
    for (const manifest of written.all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    for (const manifest of written.all.filter(({ apiVersion }) => apiVersion.startsWith('kueue'))) {
      const { spec, value } = await client.get(manifest);
      expect({ spec, value }).toMatchObject({ spec: manifest.spec ?? spec, value: manifest.value });
    }
  } finally {
    await deleteAll(client, written.all);
  }
});

const built = builtOf(['kueue', 'jobset']);
const isBuilt = built.includes('kueue');
const title = isBuilt ? 'with the real controller' : 'kueue is not built: npx tsx tools/build.ts --only kueue';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const nodes = gpuNodes(2, { gpus: 8, type: GPU });
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kueue-system' } };
  const kinds = ['job', 'jobset', 'pod', 'deployment', 'clusterqueue', 'resourceflavor', 'workload'];
  const controllers: Controller[] = [];

  beforeAll(async () => {
    await client.apply(home);
    const secret = { name: 'kueue-webhook-server-cert', namespace: 'kueue-system' };
    await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: secret });
    const kueue = await startController(
      client,
      workspace,
      'kueue',
      {
        namespace: NAMESPACE,
        webhooks: kinds.flatMap((kind) => [`m${kind}.kb.io`, `v${kind}.kb.io`]),
        // Without it, Kueue reads the certificate of its metrics from a folder below /etc.
        internalCertManagement: {
          enable: true,
          webhookServiceName: 'kueue-webhook-service',
          webhookSecretName: secret.name,
        },
        integrations: { frameworks: ['batch/job', 'jobset.x-k8s.io/jobset', 'pod', 'deployment'] },
      },
      // It serves an API of its own, which needs a certificate that the API server knows.
      ['--feature-gates=VisibilityOnDemand=false'],
    );
    controllers.push(kueue);
    if (!built.includes('jobset')) return;
    const webhooks = ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'];
    controllers.push(await startController(client, workspace, 'jobset', { namespace: NAMESPACE, webhooks }));
  });
  afterAll(async () => {
    for (const controller of controllers) await controller.stop();
    await workspace.stop();
    await deleteAll(client, [home]);
  });

  let applied: ReturnType<typeof manifests>['all'] = [];
  const apply = async (...args: Parameters<typeof manifests>) => {
    applied = manifests(...args).all;
    await applyAll(client, applied);
  };
  beforeEach(() => addNodes(client, nodes));
  afterEach(async () => {
    await deleteAll(client, applied);
    // They stay until the last workload is gone; what is applied before goes with them.
    await eventually(async () => {
      for (const kind of ['ClusterQueue', 'ResourceFlavor']) {
        expect(await client.list('kueue.x-k8s.io/v1beta1', kind)).toEqual([]);
      }
    });
    await removeNodes(client, nodes);
  });

  test('a run for which there is no room waits as a whole, and starts when there is', async () => {
    await apply({ first: 'normal' });
    const running = await podsOf('first', 2);
    await apply({ first: 'normal', second: 'normal' });
    await eventually(async () => expect((await job('second')).spec.suspend).toBe(true));
    expect(await pods('second')).toEqual([]);
    for (const pod of running) await exit(pod, 0);
    await podsOf('second', 2);
  });

  test('applying again leaves a run as it is', async () => {
    await apply({ first: 'normal' });
    const before = await podsOf('first', 2);
    await apply({ first: 'normal' });
    expect((await job('first')).spec.suspend).toBe(false);
    expect((await podsOf('first', 2)).map(uidOf)).toEqual(before.map(uidOf));
  });

  test('a run of a higher priority stops one of a lower, which comes back when it is done and has lost no retry', async () => {
    await apply({ low: 'low' });
    await podsOf('low', 2);
    await apply({ low: 'low', urgent: 'high' });
    const urgent = await podsOf('urgent', 2);
    expect(await pods('low')).toEqual([]);
    for (const pod of urgent) await exit(pod, 0);
    await podsOf('low', 2);
    expect((await job('low')).status.failed ?? 0).toBe(0);
  });

  const withJobSets = built.includes('jobset')
    ? 'a gang in a JobSet is stopped as a whole, comes back as a whole, and that is no restart'
    : 'jobset is not built: npx tsx tools/build.ts --only jobset';
  (built.includes('jobset') ? test : test.skip)(withJobSets, async () => {
    const engine = { engine: 'jobset' };
    await apply({ low: 'low' }, engine);
    await podsOf('low', 2);
    await apply({ low: 'low', urgent: 'high' }, engine);
    const urgent = await podsOf('urgent', 2);
    expect(await pods('low')).toEqual([]);
    for (const pod of urgent) await exit(pod, 0);
    await podsOf('low', 2);
    const low = {
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'low', namespace: NAMESPACE },
    };
    expect((await client.get<{ status: { restarts?: number } }>(low)).status.restarts ?? 0).toBe(0);
  });

  test('serving stops training to get its GPUs', async () => {
    await apply({ low: 'high' });
    await podsOf('low', 2);
    await apply({ low: 'high' }, { served: true });
    await podsOf('ranker', 2);
    await eventually(async () => expect((await job('low')).spec.suspend).toBe(true));
  });
});

const uidOf = ({ metadata }: Live) => metadata.uid;

const pods = async (name: string) =>
  (await client.list<Pod>('v1', 'Pod', NAMESPACE)).filter(
    ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name,
  );

/** The pods of a workload once so many run, and no more are there. */
const podsOf = (name: string, count: number) =>
  eventually(
    async () => {
      const found = await pods(name);
      expect(found.map(({ status }) => status.phase)).toEqual(Array(count).fill('Running'));
      return found;
    },
    { seconds: 60 },
  );

const job = (name: string) =>
  client.get<{ spec: { suspend?: boolean }; status: { failed?: number } }>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE },
  });

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });
