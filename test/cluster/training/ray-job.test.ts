import { join } from 'node:path';
import { App } from 'cdk8s';
import type { PodSpec } from 'kubernetes-types/core/v1';
import { Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { RayDashboard } from './ray-dashboard';

const NAMESPACE = 'ray-jobs';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

beforeAll(() => installCrds(client, 'kuberay'));

function manifests(props: Partial<TrainingJobProps> = {}) {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['kuberay'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-ray:1.0.0',
    command: ['python', 'train.py'],
    engine: 'rayjob',
    nodes: 2,
    gpusPerNode: 8,
    gpuType: GPU,
    resources: { cpu: '16', memory: '64Gi' },
    retries: 1,
    hyperparameters: { learning_rate: 1e-3, layers: [512, 256], amp: true },
    ...props,
  });
  return synthesize(app);
}

const rayJob = { apiVersion: 'ray.io/v1', kind: 'RayJob', metadata: { name: 'dlrm', namespace: NAMESPACE } };

test('what is written is admitted without a warning, and kept', async () => {
  const written = manifests({ checkpoints: { claim: 'checkpoints', every: '10m' } });
  try {
    for (const manifest of written.all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    const { spec } = written.get('RayJob', 'dlrm');
    expect((await client.get(rayJob)).spec).toMatchObject(spec as object);
  } finally {
    await deleteAll(client, written.all);
  }
});

const isBuilt = builtOf(['kuberay']).length > 0;
const title = isBuilt ? 'with the real operator' : 'kuberay is not built: npx tsx tools/build.ts --only kuberay';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  const dashboard = new RayDashboard();
  const nodes = [...gpuNodes(3, { gpus: 8, type: GPU }), ...cpuNodes(1)];
  let operator: Program | undefined;

  beforeAll(async () => {
    const [metrics = 0, probe = 0] = await freePorts(2);
    operator = new Program(await locate('kuberay'), {
      args: [
        `--metrics-addr=127.0.0.1:${metrics}`,
        `--health-probe-bind-address=127.0.0.1:${probe}`,
        '--enable-leader-election=false',
        // Another suite may run an operator of its own.
        `--watch-namespace=${NAMESPACE}`,
      ],
      env: { KUBECONFIG: cluster().kubeconfig, HTTP_PROXY: await dashboard.start(), NO_PROXY: '127.0.0.1' },
      log: join(workspace.folder, 'kuberay.log'),
      cwd: workspace.folder,
    });
    await operator.ready(async () => {
      if (!(await fetch(`http://127.0.0.1:${probe}/readyz`)).ok) throw new Error('not ready');
    });
  });
  afterAll(async () => {
    await operator?.stop();
    await dashboard.stop();
    await workspace.stop();
  });
  beforeEach(async () => {
    dashboard.all('RUNNING');
    await addNodes(client, nodes);
  });
  afterEach(async () => {
    await deleteAll(client, manifests().all);
    await removeNodes(client, nodes);
  });

  test('a head, a worker for each node and who submits the program, in a restricted namespace', async () => {
    await applyAll(client, manifests().all);
    const { head, workers, submitter } = await running();
    for (const { metadata } of [head, ...workers, submitter]) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'dlrm',
        'app.kubernetes.io/part-of': NAMESPACE,
      });
    }
    for (const { spec } of [head, ...workers]) {
      const [ray] = spec.containers;
      expect(ray?.args?.join(' ')).toContain(spec === head.spec ? 'ray start --head' : 'ray start ');
      expect(ray?.env?.map(({ name }) => name).filter((name) => name.startsWith('PET_'))).toEqual([]);
      expect(ray?.env).toContainEqual({
        name: 'HYPERPARAMETERS_FILE',
        value: '/etc/hyperparameters/hyperparameters.json',
      });
      expect(ray?.volumeMounts?.filter(({ mountPath }) => mountPath === '/dev/shm')).toHaveLength(1);
      // KubeRay's own need wget in the image.
      expect(JSON.stringify([ray?.readinessProbe, ray?.livenessProbe])).not.toContain('wget');
    }
    expect(head.spec.containers[0]?.resources?.limits).not.toHaveProperty(['nvidia.com/gpu']);
    for (const { spec } of workers) {
      expect(spec.nodeName).toMatch(/^nvidia-a100-80gb-/);
      expect(spec.containers[0]?.args?.join(' ')).toContain('--num-gpus=8');
    }
    expect(submitter.spec.containers[0]?.args?.join(' ')).toContain(
      '-- python train.py --learning_rate=0.001 --layers 512 256 --amp ;',
    );
  });

  test('the nodes are given back at once when the program has succeeded, and its log is kept', async () => {
    await applyAll(client, manifests().all);
    const { submitter } = await running();
    dashboard.all('SUCCEEDED');
    await exit(submitter, 0);
    await deployed('Complete');
    expect((await status()).jobStatus).toBe('SUCCEEDED');
    await eventually(
      async () => expect((await pods()).map(({ metadata }) => metadata.name)).toEqual([submitter.metadata.name]),
      { seconds: 60 },
    );
    const [asked = ''] = dashboard.asked;
    expect(asked).toMatch(/^dlrm-[a-z0-9]{5}-head-svc\.ray-jobs\.svc\.cluster\.local:8265 dlrm-[a-z0-9]{5}$/);
  });

  test('a program that fails is tried again on a new cluster, as often as there are retries', async () => {
    await applyAll(client, manifests().all);
    const first = await running();
    dashboard.all('FAILED');
    await exit(first.submitter, 0);
    await eventually(async () => expect((await status()).failed).toBe(1), { seconds: 60 });
    dashboard.all('RUNNING');
    const second = await running(first.head.metadata.uid);
    expect(second.workers.map(uidOf).filter((uid) => first.workers.map(uidOf).includes(uid))).toEqual([]);
    dashboard.all('FAILED');
    await exit(second.submitter, 0);
    await deployed('Failed');
    expect(await status()).toMatchObject({ failed: 2, reason: 'AppFailed' });
  });

  test('a worker that is gone is made anew beside the others, for Ray Train to go on with', async () => {
    await applyAll(client, manifests().all);
    const before = await running();
    const [lost, kept] = before.workers;
    if (lost === undefined || kept === undefined) throw new Error('there should be two workers');
    await exit(lost, 1);
    await eventually(
      async () => {
        const { head, workers } = await running();
        expect(head.metadata.uid).toBe(before.head.metadata.uid);
        expect(workers.map(uidOf)).toContain(kept.metadata.uid);
        expect(workers.map(uidOf)).not.toContain(lost.metadata.uid);
      },
      { seconds: 60 },
    );
    expect((await status()).failed ?? 0).toBe(0);
  });

  test('a run without retries ends at its deadline, and gives its nodes back', async () => {
    await applyAll(client, manifests({ retries: 0, deadline: '10s' }).all);
    await running();
    await deployed('Failed');
    expect(await status()).toMatchObject({ reason: 'DeadlineExceeded', failed: 1 });
    await eventually(
      async () => expect((await pods()).filter(({ metadata }) => metadata.labels?.['ray.io/cluster'])).toEqual([]),
      { seconds: 60 },
    );
  });
});

interface RayPod extends Pod {
  readonly spec: PodSpec & { readonly nodeName?: string };
}

const uidOf = ({ metadata }: Live) => metadata.uid;
const pods = () => client.list<RayPod>('v1', 'Pod', NAMESPACE);

/** The pods of a try that run: not of the one that had the head `before`. */
function running(before?: string): Promise<{ head: RayPod; workers: RayPod[]; submitter: RayPod }> {
  return eventually(
    async () => {
      const all = (await pods()).filter(({ status }) => status.phase === 'Running');
      const ofType = (type: string | undefined) =>
        all.filter(({ metadata }) => metadata.labels?.['ray.io/node-type'] === type);
      const [head] = ofType('head');
      const [submitter] = ofType(undefined);
      const workers = ofType('worker');
      expect(workers).toHaveLength(2);
      expect(head?.metadata.uid).not.toBe(before);
      if (head === undefined || submitter === undefined) throw new Error('the head or the submitter does not run yet');
      return { head, workers, submitter };
    },
    { seconds: 90 },
  );
}

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

interface RayJobStatus {
  readonly jobStatus?: string;
  readonly jobDeploymentStatus?: string;
  readonly reason?: string;
  readonly failed?: number;
}

const status = async () => (await client.get<{ status?: RayJobStatus }>(rayJob)).status ?? {};

const deployed = (state: 'Complete' | 'Failed') =>
  eventually(async () => expect((await status()).jobDeploymentStatus).toBe(state), { seconds: 60 });
