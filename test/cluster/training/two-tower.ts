import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import example from '../../../examples/training/main';
import { type Addon, type Hyperparameters, Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import type { JobSetSpec } from '../../../lib/crds/jobset';
import { synthesize } from '../../../lib/testing';
import { findPytorch } from '../../../tools/pytorch';
import { eventually } from '../harness/eventually';
import type { Container } from './container';
import { type Image, Run } from './run';

/** A run that takes seconds, and saves every one of them. */
export const SETTINGS = { steps: 600, batch: 512, learning_rate: 0.01, layers: [32, 16], normalize: false } as const;
const EVERY = '1s';
const CLAIM = 'checkpoints';
const NAMESPACE = 'training';

/** The example's training, or the same by other engines, with the means to look at what it leaves. */
export class TwoTower {
  private readonly run: Run;

  private constructor(
    template: PodTemplateSpec,
    job: string,
    /** Its own name, as that of its folder. */
    private readonly name = job,
  ) {
    const image = imageOf();
    this.run = new Run({ template, job, nodes: 2, namespace: NAMESPACE, service: 'two-tower', image });
  }

  /** The CronJob of examples/training, on one night. */
  static nightly(): TwoTower {
    const folder = mkdtempSync(join(tmpdir(), 'recstack-training-'));
    const environment = {
      cluster: { kubernetes: '1.33' },
      checkpoints: { size: '1Gi', storageClass: 'efs', every: EVERY },
      training: { nodes: 2, gpusPerNode: 0, resources: { cpu: '1', memory: '2Gi' }, hyperparameters: SETTINGS },
    };
    const file = join(folder, 'production.yaml');
    writeFileSync(file, JSON.stringify(environment));
    const { spec } = synthesize(example.build(file)).get('CronJob', 'two-tower') as CronJob;
    rmSync(folder, { recursive: true });
    return new TwoTower(known(spec?.jobTemplate.spec?.template), 'two-tower-29417640');
  }

  /** One node that is taken to have two GPUs, and so starts two processes. */
  static oneNode(hyperparameters: Hyperparameters = SETTINGS): TwoTower {
    const { spec } = synthesize(training({ gpusPerNode: 2, hyperparameters })).get('Job', 'two-tower') as Job;
    return new TwoTower(known(spec?.template), 'two-tower');
  }

  /** Two nodes of a JobSet, which meet at a fixed place. */
  static gang(): TwoTower {
    const manifests = synthesize(training({ nodes: 2, engine: 'jobset', hyperparameters: SETTINGS }, ['jobset']));
    const { replicatedJobs } = manifests.get('JobSet', 'two-tower').spec as JobSetSpec;
    return new TwoTower(known(replicatedJobs[0]?.template.spec.template), 'two-tower-node-0', 'two-tower');
  }

  start(rank = 0): Container {
    return this.run.start(rank);
  }

  /** The paths of its checkpoints, the oldest first. */
  checkpoints(): string[] {
    const folder = this.run.claimed(CLAIM, this.name);
    const names = readdirSync(folder).filter((name) => name.startsWith('step-'));
    return names.sort().map((name) => join(folder, name));
  }

  /** Waits until there are so many checkpoints, while all of its containers run. */
  async saved(count: number, ...containers: readonly Container[]): Promise<void> {
    await eventually(
      () => {
        for (const container of containers) if (container.ended) throw new Error(container.output());
        expect(this.checkpoints().length).toBeGreaterThanOrEqual(count);
      },
      { seconds: 60, every: 0.05 },
    );
  }

  /** The weights that it ended with. */
  model(): string {
    return readFileSync(this.run.claimed(CLAIM, this.name, 'model.pt'), 'base64');
  }

  dispose(): Promise<void> {
    return this.run.dispose();
  }
}

function training(props: Partial<TrainingJobProps>, addons: Addon[] = []): App {
  const app = new App();
  const shop = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.33', addons }, production: false });
  new TrainingJob(shop, 'two-tower', {
    image: 'registry.example.com/shop/two-tower-trainer:1.0.0',
    command: ['python', 'train.py'],
    resources: { cpu: '1', memory: '2Gi' },
    checkpoints: { claim: CLAIM, every: EVERY },
    ...props,
  });
  return app;
}

/** The trainer on PyTorch, as its image would hold them. */
function imageOf(): Image {
  const pytorch = findPytorch();
  if (pytorch === undefined) throw new Error('there is no PyTorch');
  const there = (path: string) => `/opt/pytorch${path}`;
  return {
    mounts: { [there('')]: pytorch.folder, '/app': join(__dirname, '../../../examples/training/trainer') },
    env: {
      PATH: `${there('/bin')}:/usr/bin:/bin:/usr/sbin:/sbin`,
      PYTHONPATH: there(pytorch.packages),
      LD_LIBRARY_PATH: pytorch.libraries.map(there).join(':'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    workdir: '/app',
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no template of pods');
  return value;
}
