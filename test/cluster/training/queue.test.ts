import { App } from 'cdk8s';
import {
  Platform,
  type Priority,
  TrainingJob,
  type TrainingJobProps,
  TrainingQueue,
  type TrainingQueueProps,
} from '../../../lib';
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
import { queuesGone, startKueue } from './kueue';

const NAMESPACE = 'queues';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

// Kueue watches the kinds of what it takes in.
beforeAll(() => installCrds(client, 'jobset', 'kueue'));

type Room = Pick<TrainingQueueProps, 'cpu' | 'memory'>;
const ROOM: Room = { cpu: '128', memory: '1Ti' };

/** A queue for two nodes of eight GPUs, with runs of two nodes and, if wanted, a server with a replica for each node. */
function manifests(
  runs: Readonly<Record<string, Priority>>,
  { engine = 'job', served = false, room = ROOM }: { engine?: string; served?: boolean; room?: Room } = {},
) {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset', 'kueue'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  const queue = new TrainingQueue(platform, 'gpus', { gpus: { count: 16, type: GPU }, ...room });
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
const engines = built.includes('jobset') ? ['job', 'jobset'] : ['job'];
const title = isBuilt ? 'with the real controller' : 'kueue is not built: npx tsx tools/build.ts --only kueue';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const nodes = gpuNodes(2, { gpus: 8, type: GPU });
  let stop = () => workspace.stop();

  beforeAll(async () => {
    stop = await startKueue(client, workspace, {
      namespace: NAMESPACE,
      jobSets: built.includes('jobset'),
      config: { integrations: { frameworks: ['batch/job', 'jobset.x-k8s.io/jobset', 'pod', 'deployment'] } },
    });
  });
  afterAll(() => stop());

  let applied: ReturnType<typeof manifests>['all'] = [];
  const apply = async (...args: Parameters<typeof manifests>) => {
    applied = manifests(...args).all;
    await applyAll(client, applied);
  };
  beforeEach(() => addNodes(client, nodes));
  afterEach(async () => {
    await deleteAll(client, applied);
    await queuesGone(client);
    await removeNodes(client, nodes);
  });

  test.each(engines)(
    'a run for which there is no room waits as a whole, and starts when there is: %s',
    async (engine) => {
      await apply({ first: 'normal' }, { engine });
      const running = await podsOf('first', 2);
      await apply({ first: 'normal', second: 'normal' }, { engine });
      await eventually(async () => expect((await run('second', engine)).spec.suspend).toBe(true));
      expect(await pods('second')).toEqual([]);
      for (const pod of running) await exit(pod, 0);
      await podsOf('second', 2);
    },
  );

  test('a run starts in a queue that has just what recstack says it needs, sidecars included', async () => {
    await apply({ first: 'normal' }, { room: { cpu: '32020m', memory: '131200Mi' } });
    await podsOf('first', 2);
    expect(() => manifests({ first: 'normal' }, { room: { cpu: '32019m', memory: '131200Mi' } })).toThrow(
      'got 2 × 16 CPU and 20m for the sidecars of progress, and it has 32019m',
    );
  });

  test('applying again leaves a run as it is', async () => {
    await apply({ first: 'normal' });
    const before = await podsOf('first', 2);
    await apply({ first: 'normal' });
    expect((await run('first')).spec.suspend).toBe(false);
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
    expect((await run('low')).status.failed ?? 0).toBe(0);
  });

  (built.includes('jobset') ? test : test.skip)(
    'a gang in a JobSet is stopped as a whole, comes back as a whole, and that is no restart',
    async () => {
      const engine = { engine: 'jobset' };
      await apply({ low: 'low' }, engine);
      await podsOf('low', 2);
      await apply({ low: 'low', urgent: 'high' }, engine);
      const urgent = await podsOf('urgent', 2);
      expect(await pods('low')).toEqual([]);
      for (const pod of urgent) await exit(pod, 0);
      await podsOf('low', 2);
      expect((await run('low', 'jobset')).status.restarts ?? 0).toBe(0);
    },
  );

  test.each(engines)('serving stops training to get its GPUs: %s', async (engine) => {
    await apply({ low: 'high' }, { engine });
    await podsOf('low', 2);
    await apply({ low: 'high' }, { engine, served: true });
    await podsOf('ranker', 2);
    await eventually(async () => expect((await run('low', engine)).spec.suspend).toBe(true));
    expect(await pods('low')).toEqual([]);
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

const run = (name: string, engine = 'job') =>
  client.get<{ spec: { suspend?: boolean }; status: { failed?: number; restarts?: number } }>({
    ...(engine === 'job'
      ? { apiVersion: 'batch/v1', kind: 'Job' }
      : { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet' }),
    metadata: { name, namespace: NAMESPACE },
  });

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });
