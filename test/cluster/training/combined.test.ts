import { App } from 'cdk8s';
import {
  HyperparameterSweep,
  Platform,
  TrainingCalendar,
  TrainingJob,
  type TrainingJobProps,
  TrainingQueue,
} from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { deleteAll } from '../harness/workloads';
import { applyWithoutPrograms, InClusterProcess, onPython } from './in-cluster';

const NAMESPACE = 'combined';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());

const HELD = { name: 'always', every: 'day', start: '00:00', end: '23:59' } as const;
const CHECKPOINTS = { checkpoints: { claim: 'checkpoints', every: '10m' } } as const;

function platformIn(app: App): Platform {
  const addons = ['jobset', 'kubeflow-trainer', 'kuberay', 'kueue'] as const;
  return new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37', addons }, production: false });
}

const calendarIn = (platform: Platform) =>
  new TrainingCalendar(platform, 'sales', { timeZone: 'Etc/UTC', closed: [HELD] });

/** What every engine holds, all at once. */
const COMMON = {
  ...CHECKPOINTS,
  nodes: 4,
  gpusPerNode: 8,
  gpuType: GPU,
  resources: { cpu: '32', memory: '256Gi' },
  data: { clicks: { claim: 'clicks' } },
  network: { by: 'rdma', resource: 'rdma/hca', count: 8, hca: ['mlx5_0'], attachments: ['rdma-net'] },
} as const satisfies Partial<TrainingJobProps>;

const TORCHRUN = { stalledAfter: '15m', preemptionGrace: '12m', fatalExitCodes: [42], priority: 'high' } as const;
const RUNS_ONCE = { ...TORCHRUN, command: ['torchrun', 'train.py'] } as const;

const ENGINES = {
  job: { ...RUNS_ONCE, schedule: '0 2 * * *', minNodes: 2, deadline: '12h', keepFinished: '2h' },
  jobset: RUNS_ONCE,
  trainjob: RUNS_ONCE,
  rayjob: { command: ['python', 'train.py'] },
} as const satisfies Record<string, Partial<TrainingJobProps>>;

function allOf(engine: keyof typeof ENGINES, isTuned: boolean): Manifests {
  const app = new App();
  const platform = platformIn(app);
  const image = 'registry.example.com/shop/trainer:1.0.0';
  const tuned = isTuned
    ? {
        hyperparametersFrom: new HyperparameterSweep(platform, 'sweep', {
          trial: { image, command: ['python', 'train.py'], resources: { cpu: '1', memory: '1Gi' } },
          search: { rate: { type: 'uniform', min: 0, max: 1 } },
          objective: { metric: 'ndcg', goal: 'maximize' },
          trials: 20,
          parallel: 2,
        }),
      }
    : { hyperparameters: { rate: 0.1, layers: [512, 256] } };
  // Just what they ask for: the sidecars of progress as well, and Ray's head and submitter.
  const room =
    engine === 'rayjob'
      ? ({ cpu: '130540m', memory: '1053952Mi' } as const)
      : ({ cpu: '128040m', memory: '1048832Mi' } as const);
  new TrainingJob(platform, 'dlrm', {
    ...COMMON,
    ...ENGINES[engine],
    ...tuned,
    image,
    engine,
    calendar: calendarIn(platform),
    queue: new TrainingQueue(platform, 'gpus', { gpus: { count: 32, type: GPU }, ...room }),
  });
  return synthesize(app);
}

beforeAll(() => installCrds(client, 'jobset', 'trainer', 'kuberay', 'kueue'));

const KINDS = ['Job', 'CronJob', 'JobSet', 'TrainJob', 'TrainingRuntime', 'RayJob', 'ClusterQueue', 'LocalQueue'];

test.each(
  (['job', 'jobset', 'trainjob', 'rayjob'] as const).flatMap((engine) => [
    [engine, 'with hyperparameters', false] as const,
    [engine, 'tuned by a sweep', true] as const,
  ]),
)(
  'a %s with all that it can hold, %s, is admitted without a warning, and nothing is lost',
  async (engine, _what, isTuned) => {
    const written = allOf(engine, isTuned);
    try {
      for (const manifest of written.all) {
        const isProgram = ['Deployment', 'Job', 'CronJob'].includes(manifest.kind);
        const { warnings } = await client.apply(manifest, { dryRun: isProgram });
        expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
        if (isProgram || !KINDS.includes(manifest.kind)) continue;
        const { spec } = await client.get(manifest);
        expect(spec).toMatchObject(manifest.spec ?? {});
      }
    } finally {
      await deleteAll(client, written.all);
    }
  },
);

interface Run extends Live {
  readonly spec: { readonly suspend?: boolean };
}

onPython.each([
  ['trainjob', 'trainer.kubeflow.org/v1alpha1', 'TrainJob'],
  ['rayjob', 'ray.io/v1', 'RayJob'],
] as const)(
  "a calendar's gate holds a %s, and lets it go on, with what its own role allows",
  async (engine, apiVersion, kind) => {
    const app = new App();
    const platform = platformIn(app);
    new TrainingJob(platform, 'dlrm', {
      ...CHECKPOINTS,
      image: 'registry.example.com/shop/trainer:1.0.0',
      command: ['python', 'train.py'],
      resources: { cpu: '1', memory: '1Gi' },
      engine,
      calendar: calendarIn(platform),
    });
    const written = synthesize(app);
    await applyWithoutPrograms(client, written);
    const gate = new InClusterProcess(client, written, NAMESPACE, 'sales');
    const run = { apiVersion, kind, metadata: { name: 'dlrm', namespace: NAMESPACE } };
    const suspended = (is: boolean) =>
      eventually(async () => expect((await client.get<Run>(run)).spec.suspend ?? false).toBe(is));
    try {
      const always = { name: 'sale', start: '2020-01-01T00:00', end: '2120-01-01T00:00' };
      gate.write({ ...gate.settings, events: [always] });
      await gate.start({ EVERY_SECONDS: '0.2' });
      await suspended(true);
      gate.write({ ...gate.settings, events: [{ ...always, end: '2020-01-02T00:00' }] });
      await suspended(false);
      expect(gate.log).toBe('closed for sale: dlrm is held\nopen: dlrm goes on\n');
    } finally {
      await gate.remove();
      await deleteAll(client, written.all);
    }
  },
);
