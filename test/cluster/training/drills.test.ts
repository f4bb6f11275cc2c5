import { App } from 'cdk8s';
import { Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { type Controller, startController } from './controllers';

/** Runs that stall, with each engine; what else befalls a run is in the suites of the engines and of the queue. */
const NAMESPACE = 'drills';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());
const nodes = gpuNodes(2, { gpus: 8, type: GPU });
const hasJobSets = builtOf(['jobset']).length > 0;
const ENGINES = { job: ['batch/v1', 'Job'], jobset: ['jobset.x-k8s.io/v1alpha2', 'JobSet'] } as const;
type Engine = keyof typeof ENGINES;
const engines: readonly Engine[] = hasJobSets ? ['job', 'jobset'] : ['job'];

const workspace = new Workspace();
let controller: Controller | undefined;
let applied: Manifests['all'] = [];

beforeAll(async () => {
  await installCrds(client, 'jobset');
  if (!hasJobSets) return;
  const webhooks = ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'];
  controller = await startController(client, workspace, 'jobset', { namespace: NAMESPACE, webhooks });
});
afterAll(async () => {
  await controller?.stop();
  await workspace.stop();
});
beforeEach(() => addNodes(client, nodes));
afterEach(async () => {
  await deleteAll(client, applied);
  await removeNodes(client, nodes);
});

async function start(engine: Engine, props: Partial<TrainingJobProps> = {}): Promise<void> {
  const app = new App();
  const cluster = { kubernetes: '1.37', addons: ['jobset'] } as const;
  new TrainingJob(new Platform(app, NAMESPACE, { cluster, production: false }), 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    engine,
    nodes: 2,
    gpusPerNode: 8,
    gpuType: GPU,
    resources: { cpu: '16', memory: '64Gi' },
    retries: 1,
    fatalExitCodes: [42],
    stalledAfter: '10m',
    ...props,
  });
  applied = synthesize(app).all;
  for (const manifest of applied) {
    const { warnings } = await client.apply(manifest);
    expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
  }
}

describe.each(engines)('a run that stalls: %s', (engine) => {
  test('the kubelet stops its first node, and it starts again until its retries are used up', async () => {
    await start(engine);
    const before = await gang();
    // kwok runs no probes: it ends here as a kubelet would have it end.
    await exit(first(before), 137);
    const after = await eventually(
      async () => {
        const pods = await gang();
        expect(first(pods).metadata.uid).not.toBe(first(before).metadata.uid);
        return pods;
      },
      { seconds: 60 },
    );
    await exit(first(after), 137);
    await failed(engine, engine === 'job' ? 'BackoffLimitExceeded' : 'ReachedMaxRestarts');
  });

  test('its deadline ends it, and frees its nodes', async () => {
    // A JobSet holds it for each attempt only, and its default is a day.
    const soon = { replicatedJobs: [{ name: 'node', template: { spec: { activeDeadlineSeconds: 8 } } }] };
    await start(
      engine,
      engine === 'job' ? { stalledAfter: undefined, deadline: '8s' } : { transform: { jobSet: { spec: soon } } },
    );
    await gang();
    await failed(engine, engine === 'job' ? 'DeadlineExceeded' : 'FailJobSetFailurePolicyAction');
    await eventually(async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      expect(pods.filter(({ status }) => status.phase === 'Running')).toEqual([]);
    });
  });
});

const rankOf = (pod: Live) => Number(pod.metadata.labels?.['batch.kubernetes.io/job-completion-index']);

/** The pods that have not ended, by rank, once both run. */
const gang = () =>
  eventually(
    async () => {
      const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
      const active = pods.filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending');
      expect(active.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
      return active.sort((a, b) => rankOf(a) - rankOf(b));
    },
    { seconds: 60 },
  );

function first([pod]: readonly Pod[]): Pod {
  if (pod === undefined) throw new Error('there is no pod');
  return pod;
}

const exit = (pod: Live, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

interface Ended {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

const failed = (engine: Engine, reason: string) =>
  eventually(
    async () => {
      const [apiVersion, kind] = ENGINES[engine];
      const { status } = await client.get<Ended>({
        apiVersion,
        kind,
        metadata: { name: 'dlrm', namespace: NAMESPACE },
      });
      const reasons = (status.conditions ?? []).filter((met) => met.type === 'Failed' && met.status === 'True');
      expect(reasons.map((met) => met.reason)).toEqual([reason]);
    },
    { seconds: 60 },
  );
