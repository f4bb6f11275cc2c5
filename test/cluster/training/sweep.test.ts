import { App } from 'cdk8s';
import { HyperparameterSweep, type HyperparameterSweepProps, Platform } from '../../../lib';
import { type Manifest, type Manifests, synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { applyAll, deleteAll, type Pod } from '../harness/workloads';
import { mayDo } from '../prometheus/permissions';
import { pythonPackages } from '../servers/python';
import { type Behaviour, CoordinatorProcess, LOST, Trainers } from './sweep-run';

const NAMESPACE = 'sweeps';
const GPU = 'nvidia-a100-80gb';
const client = new Client(cluster());
const nodes = gpuNodes(3, { gpus: 8, type: GPU, podNetwork: '127.101.0.0/16' });

function manifests(props: Partial<HyperparameterSweepProps> = {}): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  new HyperparameterSweep(platform, 'dlrm', {
    trial: trialOf(),
    search: {
      learning_rate: { type: 'logUniform', min: 1e-5, max: 1 },
      dropout: { type: 'uniform', min: 0, max: 0.5 },
      optimizer: { type: 'choice', values: ['adamw', 'sgd'] },
    },
    objective: { metric: 'ndcg', goal: 'maximize' },
    strategy: 'random',
    trials: 20,
    gpuBudget: 9,
    ...props,
  });
  return synthesize(app);
}

/** How good a trial gets: best at a learning rate of 0.001, without dropout, with adamw. */
function quality(hyperparameters: Record<string, unknown>): number {
  const { learning_rate: rate = 1e-3, dropout = 0, optimizer = 'adamw' } = hyperparameters;
  return 0.9 - 0.1 * Math.abs(Math.log10(Number(rate)) + 3) - 0.2 * Number(dropout) - (optimizer === 'sgd' ? 0.1 : 0);
}

/** It learns evenly, so that who is behind stays behind. */
const LEARNING: Behaviour = {
  steps: 40,
  stride: 10,
  at: (hyperparameters, step) => ({ ndcg: quality(hyperparameters) * Math.min(step / 40, 1) }),
};

test('what is written is admitted without a warning, and kept', async () => {
  const written = manifests({ earlyStopping: { every: 1000 } });
  // What is started later is asked about now.
  const { data } = written.get('ConfigMap', 'dlrm-coordinator') as unknown as { data: Record<string, string> };
  const template = JSON.parse(data['trial.json'] ?? '');
  const trial: Manifest = { ...template, metadata: { ...template.metadata, name: 'dlrm-0' } };
  try {
    for (const manifest of written.all) {
      const { warnings } = await client.apply(manifest);
      expect({ kind: manifest.kind, warnings }).toEqual({ kind: manifest.kind, warnings: [] });
    }
    const coordinator = written.get('Job', 'dlrm-coordinator');
    expect((await client.get(coordinator)).spec).toMatchObject(coordinator.spec as object);
    expect((await client.apply(trial)).warnings).toEqual([]);
  } finally {
    await deleteAll(client, [...written.all, trial]);
  }
});

test('the coordinator may make trials, change its own and write the result, and nothing else', async () => {
  const written = manifests();
  await applyAll(client, written.all);
  try {
    const who = { user: `system:serviceaccount:${NAMESPACE}:dlrm-coordinator`, groups: [] };
    const asked = (verb: string, resource: string, name?: string) =>
      mayDo(client, who, {
        verb,
        resource,
        namespace: NAMESPACE,
        ...(name && { name }),
        ...(resource === 'jobs' && { group: 'batch' }),
      });
    expect(await asked('create', 'jobs')).toBe(true);
    expect(await asked('patch', 'jobs', 'dlrm-19')).toBe(true);
    expect(await asked('patch', 'configmaps', 'dlrm-best')).toBe(true);
    expect(await asked('patch', 'jobs', 'dlrm-20')).toBe(false);
    expect(await asked('patch', 'configmaps', 'dlrm-coordinator')).toBe(false);
    expect(await asked('delete', 'jobs', 'dlrm-19')).toBe(false);
    expect(await asked('get', 'secrets')).toBe(false);
  } finally {
    await deleteAll(client, written.all);
  }
});

const packages = pythonPackages(['optuna==4.5.0']);
const suite = 'missing' in packages ? describe.skip : describe;

suite(`with its coordinator as a process${'missing' in packages ? ` (needs ${packages.missing})` : ''}`, () => {
  let written: Manifests;
  let coordinator: CoordinatorProcess;
  let trainers: Trainers;

  beforeEach(() => addNodes(client, nodes));
  afterEach(async () => {
    await coordinator.dispose();
    await deleteAll(client, written.all);
    await removeNodes(client, nodes);
    await trainers.stop();
  });

  async function begin(props: Partial<HyperparameterSweepProps>, behaviour: Behaviour = LEARNING): Promise<void> {
    if ('missing' in packages) throw new Error(`there is no ${packages.missing}`);
    written = manifests(props);
    await applyAll(client, written.all);
    const python = `${packages.bin}/python`;
    trainers = new Trainers(client, python, NAMESPACE, behaviour);
    coordinator = new CoordinatorProcess(client, python, written, 'dlrm', NAMESPACE);
    trainers.start();
    await coordinator.start();
  }

  const jobs = async () =>
    (await client.list<TrialJob>('batch/v1', 'Job', NAMESPACE)).filter(
      ({ metadata }) => metadata.labels?.['recstack/trial'] !== undefined,
    );

  async function result(): Promise<Result> {
    const best = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dlrm-best', namespace: NAMESPACE } };
    const { data } = await client.get<{ data: Record<string, string> }>(best);
    const [, ...rows] = (data['trials.csv'] ?? '').trim().split('\n');
    return {
      hyperparameters: data['hyperparameters.json'] && JSON.parse(data['hyperparameters.json']),
      best: data['best.json'] && JSON.parse(data['best.json']),
      states: rows.map((row) => row.split(',')[1] ?? ''),
    };
  }

  /** The trial with the best hyperparameters of all that could end well. */
  function trueBest(lost?: number): [number, Record<string, unknown>] {
    const all = [...trainers.told]
      .filter(([number]) => number !== lost)
      .sort(([, a], [, b]) => quality(b) - quality(a));
    if (all[0] === undefined) throw new Error('there were no trials');
    return all[0];
  }

  test('20 trials come to their best result under the budget, although the coordinator is killed in the middle', async () => {
    const [failing, lost] = [4, 6];
    await begin(
      { earlyStopping: { every: 10, after: 3 } },
      {
        ...LEARNING,
        at: (told, step, trial) => {
          // Good for long enough to be asked, and then no longer a number.
          if (trial === lost) return { ndcg: step > 30 ? LOST : 0.9 };
          return trial === failing && step > 10 ? 1 : LEARNING.at(told, step, trial);
        },
      },
    );
    await eventually(async () => expect((await jobs()).length).toBeGreaterThan(7), { seconds: 60 });
    await coordinator.kill();
    await coordinator.start();
    const { code, output } = await coordinator.ended(100);
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });

    // Never more than the budget, and as much of it as two GPUs for each trial can use.
    expect(trainers.mostGpus).toBe(8);
    // Each trial once.
    expect([...trainers.seen.keys()].map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect([...trainers.seen.values()].every(({ size }) => size === 1)).toBe(true);

    const [number, hyperparameters] = trueBest(lost);
    const { best, states, ...published } = await result();
    expect(published.hyperparameters).toEqual(hyperparameters);
    expect(published.hyperparameters).toMatchObject({ epochs: 3 });
    expect(best).toMatchObject({ trial: `dlrm-${number}`, ndcg: quality(hyperparameters) });
    expect([states[failing], states[lost]]).toEqual(['failed', 'stopped']);
    expect(states.filter((state) => state === 'stopped').length).toBeGreaterThan(2);
    expect(states.filter((state) => state === 'running')).toEqual([]);

    // A trial that is stopped has ended, and holds nothing.
    for (const { metadata, status } of await jobs()) {
      const state = states[Number(metadata.labels?.['recstack/trial'])];
      if (state !== 'stopped') continue;
      expect(status.conditions?.at(-1)).toMatchObject({ type: 'Failed', reason: 'DeadlineExceeded' });
    }
    const pods = await client.list<Pod>('v1', 'Pod', NAMESPACE);
    expect(pods.filter(({ status }) => status.phase === 'Running')).toEqual([]);
  });

  test('a grid has each of its points once, with the arguments and the file of a TrainingJob', async () => {
    const search = {
      dropout: { type: 'choice', values: [1e-7, 0.25] },
      layers: { type: 'choice', values: [[64], [512, 256]] },
      amp: { type: 'choice', values: [true, false] },
    } as const;
    await begin({ strategy: 'grid', trials: undefined, search, gpuBudget: 8 });
    expect(await coordinator.ended(60)).toMatchObject({ code: 0 });
    const told = [...trainers.told.values()].map((values) => JSON.stringify(values));
    expect(new Set(told).size).toBe(8);
    expect((await result()).hyperparameters).toEqual(trueBest()[1]);
    const args = (await jobs()).map(({ spec }) => spec.template.spec.containers[0]?.args);
    expect(args).toContainEqual(['--epochs=3', '--dropout=1e-7', '--layers', '512', '256', '--no-amp']);
    expect(trainers.mostGpus).toBe(8);
  });

  test('the adaptive strategy looks where it was good; trials of two nodes count with both', async () => {
    const trial = { ...trialOf(), nodes: 2 };
    const search = { learning_rate: { type: 'logUniform', min: 1e-5, max: 1 } } as const;
    await begin({ strategy: 'adaptive', trials: 16, gpuBudget: 8, trial, search });
    expect(await coordinator.ended(100)).toMatchObject({ code: 0 });
    expect(trainers.mostGpus).toBe(8);
    const qualities = Array.from({ length: 16 }, (_, i) => quality(trainers.told.get(i) ?? {}));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(qualities.slice(10))).toBeGreaterThan(mean(qualities.slice(0, 10)));
    expect((await result()).hyperparameters).toEqual(trueBest()[1]);
  });

  test('what an earlier sweep has not let go of yet counts, and a full quota is waited for', async () => {
    await begin({ trials: 6, gpuBudget: 6 });
    await coordinator.kill();
    const pod = (uid: string, phase: string) => ({
      metadata: { labels: { 'batch.kubernetes.io/controller-uid': uid } },
      status: { phase },
    });
    // The Job of one of its pods is gone already.
    const pods = [pod('gone', 'Running'), pod('old', 'Running'), pod('over', 'Succeeded')];
    const old = { metadata: { name: 'dlrm-0', uid: 'old', ownerReferences: [{ uid: 'earlier' }] } };
    expect(coordinator.round({ jobs: [old], pods })).toEqual(['dlrm-0']);
    expect(coordinator.round({ jobs: [], pods: [] })).toEqual(['dlrm-0', 'dlrm-1', 'dlrm-2']);
    expect(coordinator.round({ jobs: [], pods: [], refuses: 403 })).toEqual(['dlrm-0']);
  });

  test('a sweep that is made anew begins anew, with trials of its own', async () => {
    await begin({ trials: 6 });
    await eventually(async () => expect((await jobs()).length).toBe(4));
    await coordinator.kill();
    const job = written.get('Job', 'dlrm-coordinator');
    await client.delete(job);
    await applyAll(client, written.all);
    await coordinator.start();
    expect(await coordinator.ended(60)).toMatchObject({ code: 0 });
    expect(trainers.mostGpus).toBe(8);
    const { uid } = (await client.get<Live>(job)).metadata;
    const owners = (await jobs()).map(({ metadata }) => Reflect.get(metadata, 'ownerReferences')[0].uid);
    expect(owners).toEqual(Array(6).fill(uid));
  });

  test('a sweep of which no trial has a result fails with the reason, and no retry', async () => {
    await begin({ trials: 3 }, { ...LEARNING, at: (_told, step) => (step > 20 ? 1 : { loss: 1 }) });
    const { code, output } = await coordinator.ended(60);
    expect(code).toBe(3);
    expect(output).toMatch(/^none of 3 trials has a result: .*backoff limit/m);
    expect((await result()).states).toEqual(['failed', 'failed', 'failed']);
    expect((await result()).hyperparameters).toBeUndefined();
  });
});

interface TrialJob extends Live {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly args?: string[] }[] } };
  };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason: string }[] };
}

interface Result {
  readonly hyperparameters: Record<string, unknown> | undefined;
  readonly best: object | undefined;
  readonly states: string[];
}

function trialOf(): HyperparameterSweepProps['trial'] {
  return {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    gpusPerNode: 2,
    gpuType: GPU,
    resources: { cpu: '4', memory: '16Gi' },
    hyperparameters: { epochs: 3 },
    retries: 0,
  };
}
