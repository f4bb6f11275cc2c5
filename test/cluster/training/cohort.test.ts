import { App } from 'cdk8s';
import { parse } from 'yaml';
import {
  kueueConfiguration,
  Platform,
  QueueCohort,
  TrainingJob,
  type TrainingJobProps,
  TrainingQueue,
} from '../../../lib';
import { synthesize } from '../../../lib/testing';
import { own, ranker } from '../../serving/fixtures';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { queuesGone, startKueue } from './kueue';

const GPU = 'nvidia-a100-80gb';
const TEAMS = ['team-a', 'team-b'] as const;
type Team = (typeof TEAMS)[number];
const client = new Client(cluster());

beforeAll(() => installCrds(client, 'jobset', 'kueue'));

type Run = Partial<TrainingJobProps> & { readonly team: Team };

/**
 * Two teams with two nodes of eight GPUs each, which they lend each other, on racks; a queue for CPU of one of them has
 * more of a quota than there are nodes. A server has a replica for each node of its team.
 */
function appOf(runs: Readonly<Record<string, Run>>, { served = false } = {}): App {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['kueue', 'jobset'] } as const;
  const platformOf = (id: string) => new Platform(app, id, { cluster: description, production: false });
  const cohort = new QueueCohort(platformOf('infra'), 'a100', {
    gpuType: GPU,
    topology: {
      levels: [{ name: 'rack', label: 'example.com/rack' }],
      nodeLabels: { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB' },
    },
  });
  const teams = TEAMS.map((id) => {
    const platform = platformOf(id);
    const quota = { gpus: { count: 16, type: GPU }, cpu: '128', memory: '1Ti' } as const;
    const limits = id === 'team-a' ? {} : ({ lendingLimit: { gpus: 8 } } as const);
    return [id, { platform, queue: new TrainingQueue(platform, 'gpus', { cohort, ...quota, ...limits }) }] as const;
  });
  const of = new Map(teams);
  const b = of.get('team-b');
  if (b === undefined) throw new Error('there is no second team');
  const cpu = new TrainingQueue(b.platform, 'cpu', { cpu: '520', memory: '1Ti' });
  for (const [id, { team, ...props }] of Object.entries(runs)) {
    const home = of.get(team);
    const isOnCpu = props.gpusPerNode === 0;
    new TrainingJob(home?.platform ?? app, id, {
      image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
      command: ['torchrun', 'train.py'],
      engine: 'job',
      gpusPerNode: 8,
      ...(isOnCpu ? {} : { gpuType: GPU }),
      resources: { cpu: '16', memory: '64Gi' },
      queue: isOnCpu ? cpu : home?.queue,
      ...props,
    });
  }
  if (served) b.queue.serve(ranker({ runtime: own(), gpu: { count: 8, type: GPU } }, b.platform));
  return app;
}

const PAIR = { team: 'team-a', nodes: 2 } as const;

test('what is written is admitted without a warning, and kept', async () => {
  const runs = { pair: { ...PAIR, topology: { required: 'rack' } } } as const;
  const { all } = synthesize(appOf(runs, { served: true }));
  try {
    for (const manifest of all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    for (const manifest of all.filter(({ apiVersion }) => apiVersion.startsWith('kueue'))) {
      const { spec } = await client.get(manifest);
      expect({ kind: manifest.kind, spec }).toMatchObject({ kind: manifest.kind, spec: manifest.spec ?? {} });
    }
  } finally {
    await deleteAll(client, all);
  }
});

const built = builtOf(['kueue', 'jobset']);
const isBuilt = built.includes('kueue');
const engines = built.includes('jobset') ? (['job', 'jobset'] as const) : (['job'] as const);
const title = isBuilt ? 'with the real controller' : 'kueue is not built: npx tsx tools/build.ts --only kueue';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  // Of the three racks, one has room for two nodes.
  const racks = ['rack-a', 'rack-b', 'rack-b', 'rack-c'];
  const nodes = [
    ...gpuNodes(racks.length, { gpus: 8, type: GPU }).map(({ metadata, ...node }, i) => ({
      ...node,
      metadata: { ...metadata, labels: { ...metadata.labels, 'example.com/rack': racks[i] ?? '' } },
    })),
    ...cpuNodes(1),
  ];
  let stop = () => workspace.stop();

  beforeAll(async () => {
    const written: object = parse(
      kueueConfiguration(appOf({ pair: PAIR, gang: { ...PAIR, engine: 'jobset' } }, { served: true })),
    );
    const { integrations, managedJobsNamespaceSelector, waitForPodsReady } = written as Record<string, object>;
    const soon = { timeout: '15s', recoveryTimeout: '15s' };
    const config = {
      integrations,
      managedJobsNamespaceSelector,
      waitForPodsReady: {
        ...waitForPodsReady,
        ...soon,
        requeuingStrategy: { timestamp: 'Eviction', backoffBaseSeconds: 1 },
      },
    };
    stop = await startKueue(client, workspace, { namespace: TEAMS, jobSets: built.includes('jobset'), config });
  });
  afterAll(() => stop());

  let applied: ReturnType<typeof synthesize>['all'] = [];
  const apply = async (...args: Parameters<typeof appOf>) => {
    applied = synthesize(appOf(...args)).all;
    await applyAll(client, applied);
  };
  beforeEach(() => addNodes(client, nodes));
  afterEach(async () => {
    await deleteAll(client, applied);
    await queuesGone(client);
    await removeNodes(client, nodes);
  });

  test('a run borrows what another team leaves, and its owner has it back at once, whoever is more urgent', async () => {
    const large: Run = { team: 'team-a', nodes: 3, priority: 'high' };
    await apply({ large });
    await podsOf('large', 3);
    const theirs: Run = { team: 'team-b', nodes: 2, priority: 'low' };
    await apply({ large, theirs });
    const running = await podsOf('theirs', 2);
    expect(await pods('large')).toEqual([]);
    for (const pod of running) await exit(pod, 0);
    await podsOf('large', 3);
    expect((await job('team-a', 'large')).status.failed ?? 0).toBe(0);
  });

  test('what a queue does not lend stays free for whoever comes', async () => {
    const runs: Record<'large' | 'more', Run> = { large: { team: 'team-a', nodes: 3 }, more: { team: 'team-a' } };
    await apply({ large: runs.large });
    await podsOf('large', 3);
    await apply(runs);
    expect((await job('team-a', 'more')).spec.suspend).toBe(true);
    await apply({ ...runs, theirs: { team: 'team-b' } });
    await podsOf('theirs', 1);
    expect(await pods('large')).toHaveLength(3);
  });

  test('serving has its own GPUs back from what another team runs on them', async () => {
    const large: Run = { team: 'team-a', nodes: 3, priority: 'high' };
    await apply({ large });
    await podsOf('large', 3);
    await apply({ large }, { served: true });
    await podsOf('ranker', 2);
    await eventually(async () => expect((await job('team-a', 'large')).spec.suspend).toBe(true));
  });

  test.each(engines)('a run that must be near together is in one rack: %s', async (engine) => {
    await apply({ pair: { ...PAIR, engine, topology: { required: 'rack' } } });
    const names = (await podsOf('pair', 2)).map(({ spec }) => spec.nodeName).sort();
    expect(names).toEqual([`${GPU}-1`, `${GPU}-2`]);
  });

  test('a rack without room for a replacement gives the run back to the queue, which finds another place', async () => {
    await apply({ pair: { ...PAIR, topology: { preferred: 'rack' } } });
    const [lost] = await podsOf('pair', 2);
    await ready('team-a');
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: lost?.spec.nodeName ?? '' } };
    await client.patch(node, { spec: { unschedulable: true } });
    if (lost !== undefined) await evict(lost);
    await eventually(
      async () => {
        const after = await podsOf('pair', 2);
        expect(after.map(({ spec }) => spec.nodeName)).not.toContain(node.metadata.name);
      },
      { seconds: 90 },
    );
    expect((await job('team-a', 'pair')).status.failed ?? 0).toBe(0);
  });

  test('a run that no node has room for goes back to the queue, and the next has its turn', async () => {
    const huge = { team: 'team-b', gpusPerNode: 0, resources: { cpu: '500', memory: '64Gi' } } as const;
    await apply({ huge });
    await eventually(async () => expect((await job('team-b', 'huge')).spec.suspend).toBe(false));
    await apply({ huge, small: { team: 'team-b', gpusPerNode: 0, resources: { cpu: '60', memory: '64Gi' } } });
    expect((await job('team-b', 'small')).spec.suspend).toBe(true);
    await podsOf('small', 1);
    expect(await pods('huge')).toEqual([]);
  });
});

async function pods(name: string): Promise<Pod[]> {
  const all = await Promise.all(TEAMS.map((team) => client.list<Pod>('v1', 'Pod', team)));
  return all.flat().filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name);
}

/** The pods of a workload once so many run, and no more are there. */
const podsOf = (name: string, count: number) =>
  eventually(
    async () => {
      const found = await pods(name);
      expect(found.map(({ status }) => status.phase)).toEqual(Array(count).fill('Running'));
      return found;
    },
    { seconds: 90 },
  );

const job = (team: Team, name: string) =>
  client.get<{ spec: { suspend?: boolean }; status: { failed?: number } }>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: team },
  });

/** Waits until Kueue has seen the only run of a team at work: from then on, it counts as one to recover. */
const ready = (team: Team) =>
  eventually(async () => {
    const workloads = await client.list<Workload>('kueue.x-k8s.io/v1beta1', 'Workload', team);
    const met = workloads.flatMap(({ status }) => status.conditions ?? []).filter(({ type }) => type === 'PodsReady');
    expect(met.map(({ status }) => status)).toEqual(['True']);
  });

interface Workload extends Live {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const exit = (pod: Pod, code: number) =>
  client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': String(code) } } });

function evict({ metadata: { name, namespace } }: Pod) {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  return client.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, eviction);
}
