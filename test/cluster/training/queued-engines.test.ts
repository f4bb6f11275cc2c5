import { join } from 'node:path';
import { App } from 'cdk8s';
import { Platform, TrainingJob, TrainingQueue } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import type { Controller } from './controllers';
import { startKueue } from './kueue';
import { RayDashboard } from './ray-dashboard';
import { startTrainer } from './trainer';

const NAMESPACE = 'queued-engines';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

/** A queue for two nodes of eight GPUs and a head of Ray, a TrainJob that fills it, and a more urgent RayJob, if wanted. */
function manifests({ urgent = false } = {}) {
  const app = new App();
  const addons = ['kubeflow-trainer', 'kuberay', 'kueue'] as const;
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37', addons }, production: false });
  const queue = new TrainingQueue(platform, 'gpus', { gpus: { count: 16, type: GPU }, cpu: '64', memory: '256Gi' });
  const node = { gpusPerNode: 8, gpuType: GPU, resources: { cpu: '16', memory: '64Gi' } } as const;
  const run = { image: 'registry.example.com/shop/trainer:1.0.0', nodes: 2, ...node, queue } as const;
  new TrainingJob(platform, 'low', { ...run, engine: 'trainjob', command: ['torchrun', 'train.py'], priority: 'low' });
  if (urgent) {
    const program = { engine: 'rayjob', command: ['python', 'train.py'] } as const;
    new TrainingJob(platform, 'urgent', { ...run, ...program, priority: 'high' });
  }
  return synthesize(app);
}

const NEEDED = ['kueue', 'jobset', 'trainer', 'kuberay'] as const;
const isBuilt = builtOf(NEEDED).length === NEEDED.length;
const title = isBuilt
  ? 'with the real controllers'
  : `one is not built: npx tsx tools/build.ts --only ${NEEDED.join(' ')}`;
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const dashboard = new RayDashboard();
  const nodes = [...gpuNodes(2, { gpus: 8, type: GPU }), ...cpuNodes(1)];
  const controllers: Controller[] = [];

  beforeAll(async () => {
    await installCrds(client, 'jobset', 'trainer', 'kuberay', 'kueue');
    const kinds = ['trainjob', 'rayjob', 'clusterqueue', 'resourceflavor', 'workload'];
    const config = { integrations: { frameworks: ['trainer.kubeflow.org/trainjob', 'ray.io/rayjob'] } };
    controllers.push({
      stop: await startKueue(client, workspace, { namespace: NAMESPACE, jobSets: true, kinds, config }),
    });
    controllers.push(await startTrainer(client, workspace.folder, NAMESPACE));
    controllers.push(await startOperator());
    await addNodes(client, nodes);
  });
  afterAll(async () => {
    await deleteAll(client, manifests({ urgent: true }).all);
    for (const controller of [...controllers].reverse()) await controller.stop();
    await dashboard.stop();
    await removeNodes(client, nodes);
  });

  async function startOperator(): Promise<Controller> {
    const [metrics = 0, probe = 0] = await freePorts(2);
    return new Program(await locate('kuberay'), {
      args: [
        `--metrics-addr=127.0.0.1:${metrics}`,
        `--health-probe-bind-address=127.0.0.1:${probe}`,
        '--enable-leader-election=false',
        `--watch-namespace=${NAMESPACE}`,
      ],
      env: { KUBECONFIG: cluster().kubeconfig, HTTP_PROXY: await dashboard.start(), NO_PROXY: '127.0.0.1' },
      log: join(workspace.folder, 'kuberay.log'),
      cwd: workspace.folder,
    });
  }

  test('a RayJob of a higher priority stops a TrainJob, which comes back as a whole when it is done', async () => {
    await applyAll(client, manifests().all);
    await running('low', 2);
    await applyAll(client, manifests({ urgent: true }).all);
    // A head, two workers, and who submits the program.
    const urgent = await running('urgent', 4);
    expect(await pods('low')).toEqual([]);
    dashboard.all('SUCCEEDED');
    const submitter = urgent.find(({ metadata }) => metadata.labels?.['ray.io/node-type'] === undefined);
    if (submitter === undefined) throw new Error('nobody submits the program');
    await client.patch(submitter, { metadata: { annotations: { 'recstack.test/exit-code': '0' } } });
    await running('low', 2);
    const jobSet = {
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'low', namespace: NAMESPACE },
    };
    expect((await client.get<{ status: { restarts?: number } }>(jobSet)).status.restarts ?? 0).toBe(0);
  });
});

const pods = async (name: string) =>
  (await client.list<Pod>('v1', 'Pod', NAMESPACE)).filter(
    ({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name,
  );

/** The pods of a run once so many run, and no more are there. */
const running = (name: string, count: number) =>
  eventually(
    async () => {
      const found = await pods(name);
      expect(found.map(({ status }) => status.phase)).toEqual(Array(count).fill('Running'));
      return found;
    },
    { seconds: 90 },
  );
