import { App } from 'cdk8s';
import { type CalendarEvent, Platform, TrainingCalendar, TrainingJob, TrainingQueue } from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { own, ranker } from '../../serving/fixtures';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { InClusterProcess, onPython } from './in-cluster';
import { queuesGone, startKueue } from './kueue';

const NAMESPACE = 'calendar-queues';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

const ON = { name: 'sale', every: 'day', start: '00:00', end: '23:59' } satisfies CalendarEvent;
const OVER = { name: 'sale', start: '2001-01-01T00:00', end: '2001-01-02T00:00' } satisfies CalendarEvent;

/** A queue for two nodes of eight GPUs, with a run and a server of one node each. */
function manifests(running: 'stop' | 'finish'): Manifests {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset', 'kueue'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  const queue = new TrainingQueue(platform, 'gpus', { gpus: { count: 16, type: GPU }, cpu: '128', memory: '1Ti' });
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    gpusPerNode: 8,
    gpuType: GPU,
    resources: { cpu: '16', memory: '64Gi' },
    checkpoints: { claim: 'checkpoints', every: '10m' },
    // Nobody provides the claim here.
    transform: {
      job: (run) => {
        const template = Object(run.spec?.template.spec);
        template.volumes = template.volumes.filter(({ name }: { name: string }) => name !== 'checkpoints');
        for (const container of template.containers) {
          container.volumeMounts = container.volumeMounts.filter(
            ({ name }: { name: string }) => name !== 'checkpoints',
          );
        }
        return run;
      },
    },
    queue,
    calendar: new TrainingCalendar(platform, 'sales', { timeZone: 'Etc/UTC', closed: [OVER], running }),
  });
  queue.serve(ranker({ runtime: own(), gpu: { count: 8, type: GPU }, replicas: 1 }, platform));
  return synthesize(app);
}

const isBuilt = builtOf(['kueue']).length > 0;
const title = isBuilt ? 'with the real Kueue' : 'kueue is not built: npx tsx tools/build.ts --only kueue';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const nodes = gpuNodes(2, { gpus: 8, type: GPU });
  let stop: (() => Promise<void>) | undefined;
  let written: Manifests;
  let gate: InClusterProcess;

  beforeAll(async () => {
    await installCrds(client, 'jobset', 'kueue');
    const kinds = ['job', 'pod', 'deployment', 'clusterqueue', 'resourceflavor', 'workload'];
    const config = { integrations: { frameworks: ['batch/job', 'pod', 'deployment'] } };
    stop = await startKueue(client, workspace, { namespace: NAMESPACE, jobSets: false, kinds, config });
  });
  afterAll(() => stop?.());

  async function start(running: 'stop' | 'finish'): Promise<void> {
    written = manifests(running);
    for (const manifest of written.all) {
      // The gate runs beside the cluster.
      if (manifest.kind !== 'Deployment' || manifest.metadata.name !== 'sales') await client.apply(manifest);
    }
    gate = new InClusterProcess(client, written, NAMESPACE, 'sales');
    await gate.start({ EVERY_SECONDS: '0.2' });
  }
  beforeEach(() => addNodes(client, nodes));
  afterEach(async () => {
    await gate.remove();
    await deleteAll(client, written.all);
    await queuesGone(client);
    await removeNodes(client, nodes);
  });

  const announce = (event: CalendarEvent) => gate.write({ ...gate.settings, events: [event] });
  const pods = async (name: string) =>
    (await client.list<Pod>('v1', 'Pod', NAMESPACE)).filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name,
    );
  const podsOf = (name: string, count: number) =>
    eventually(
      async () => {
        const found = await pods(name);
        expect(found.map(({ status }) => status.phase)).toEqual(Array(count).fill('Running'));
        return found;
      },
      { seconds: 60 },
    );
  const entry = { apiVersion: 'kueue.x-k8s.io/v1beta1', kind: 'LocalQueue' };
  const policy = async (name: string) => {
    const queue = await client.get<Live & { spec: { stopPolicy?: string } }>({
      ...entry,
      metadata: { name, namespace: NAMESPACE },
    });
    return queue.spec.stopPolicy;
  };

  onPython(
    'at closing time Kueue stops training, leaves the server of the same queue alone, and goes on when it opens',
    async () => {
      await start('stop');
      await podsOf('dlrm', 1);
      const [before] = await podsOf('ranker', 1);
      announce(ON);
      await podsOf('dlrm', 0);
      expect([await policy('gpus-sales'), await policy('gpus')]).toEqual(['HoldAndDrain', 'None']);
      const [after] = await podsOf('ranker', 1);
      expect(after?.metadata.uid).toBe(before?.metadata.uid);
      announce(OVER);
      await podsOf('dlrm', 1);
      expect(await policy('gpus-sales')).toBe('None');
    },
  );

  onPython('where runs may finish, Kueue lets them, and takes no new one', async () => {
    await start('finish');
    const [before] = await podsOf('dlrm', 1);
    announce(ON);
    await eventually(async () => expect(await policy('gpus-sales')).toBe('Hold'));
    const [after] = await podsOf('dlrm', 1);
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    await client.delete({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'dlrm', namespace: NAMESPACE } });
    await podsOf('dlrm', 0);
    await client.apply(written.get('Job', 'dlrm'));
    await eventually(async () => {
      const workloads = await client.list<{ status: { conditions?: { message: string }[] } }>(
        entry.apiVersion,
        'Workload',
        NAMESPACE,
      );
      expect(JSON.stringify(workloads)).toContain('LocalQueue gpus-sales is');
    });
    expect(await pods('dlrm')).toEqual([]);
  });

  onPython('a door that a person holds stays held', async () => {
    await start('stop');
    await podsOf('dlrm', 1);
    const reference = { ...entry, metadata: { name: 'gpus-sales', namespace: NAMESPACE } };
    await client.patch(reference, { spec: { stopPolicy: 'Hold' } });
    announce(ON);
    await eventually(async () => expect(await policy('gpus-sales')).toBe('Hold'));
    announce(OVER);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await policy('gpus-sales')).toBe('Hold');
    expect(gate.log).toBe('');
  });
});
