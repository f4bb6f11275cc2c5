import { truncateSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import example from '../../../examples/training/main';
import { Platform, TrainingJob, type TrainingJobProps } from '../../../lib';
import type { JobSet } from '../../../lib/crds/jobset';
import { type Manifests, synthesize } from '../../../lib/testing';
import { findPytorch, type Pytorch } from '../../../tools/pytorch';
import { eventually } from '../harness/eventually';
import { type Container, containersNeed } from './container';
import { type Image, Run } from './run';

/*
 * examples/training on PyTorch itself, in containers as recstack emits them: two processes on one node or two, which are
 * interrupted and end with the very model of a run that was not.
 */

const TRAINER = join(__dirname, '../../../examples/training/trainer');
const STEPS = 400;
const SETTINGS = { steps: STEPS, batch: 512, learning_rate: 0.01, layers: [32, 16], normalize: false };

const pytorch = findPytorch();
const missing = pytorch === undefined ? 'npx tsx tools/pytorch.ts' : containersNeed();
const suite = missing === undefined ? describe : describe.skip;

suite(`the example's training on PyTorch${missing === undefined ? '' : ` (needs ${missing})`}`, () => {
  const runs: Run[] = [];
  let whole: Buffer;

  beforeAll(async () => {
    const run = start(nightly());
    const ends = await Promise.all([run.start(0), run.start(1)].map(ended));
    expect(ends).toEqual([0, 0]);
    whole = model(run);
  });

  afterEach(async () => {
    for (const run of runs.splice(0)) await run.dispose();
  });

  test('two nodes meet by the emitted variables alone, and the second one is replaced when it is lost', async () => {
    const run = start(nightly());
    const first = run.start(0);
    const second = run.start(1);
    await saved(run, [first, second]);
    await second.signal('SIGKILL');
    const again = run.start(1);
    expect(await Promise.all([first, again].map(ended))).toEqual([0, 0]);
    expect(first.output()).toMatch(/^resumes at step [1-9]\d*$/m);
    expect(model(run).equals(whole)).toBe(true);
  });

  function start({ template, job }: { readonly template: PodTemplateSpec; readonly job: string }): Run {
    const run = new Run({
      template,
      job,
      nodes: 2,
      namespace: 'training',
      service: 'two-tower',
      image: image(),
    });
    runs.push(run);
    return run;
  }
});

/** The example, of an environment that saves every second. */
function nightly(settings: TrainingJobProps['hyperparameters'] = SETTINGS) {
  const folder = mkdtempSync(join(tmpdir(), 'recstack-training-'));
  const file = join(folder, 'production.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      cluster: { kubernetes: '1.33' },
      checkpoints: { size: '1Gi', storageClass: 'efs', every: '1s' },
      training: { nodes: 2, gpusPerNode: 0, resources: { cpu: '1', memory: '2Gi' }, hyperparameters: settings },
    }),
  );
  const manifests = synthesize(example.build(file));
  rmSync(folder, { recursive: true });
  const { spec } = manifests.get('CronJob', 'two-tower') as CronJob;
  return { template: spec?.jobTemplate.spec?.template as PodTemplateSpec, job: 'two-tower-29417640' };
}

async function ended(container: Container): Promise<number> {
  const code = await container.end();
  if (code !== 0) console.log(container.output());
  return code;
}

const checkpoints = (run: Run) => readdirSync(run.claimed('checkpoints', 'two-tower-29417640')).filter((n) => n.startsWith('step-')).sort();

async function saved(run: Run, containers: Container[]): Promise<void> {
  await eventually(() => {
    for (const c of containers) if (c.ended) throw new Error(c.output());
    expect(checkpoints(run).length).toBeGreaterThan(0);
  }, { seconds: 60 }).catch(e => { throw new Error(containers.map(c => c.output()).join('\n----\n')) });
}

const model = (run: Run) => readFileSync(run.claimed('checkpoints', 'two-tower-29417640', 'model.pt'));

function image(): Image {
  const { folder, python, packages, libraries } = pytorch as Pytorch;
  const there = '/opt/pytorch';
  return {
    mounts: { [there]: folder, '/app': TRAINER },
    env: {
      PATH: `${there}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      PYTHONPATH: there + packages,
      LD_LIBRARY_PATH: libraries.map((path) => there + path).join(':'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    workdir: '/app',
  };
}
