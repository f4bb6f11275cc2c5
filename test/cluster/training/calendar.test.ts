import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import {
  type CalendarEvent,
  type LocalDateTime,
  Platform,
  TrainingCalendar,
  TrainingJob,
  type TrainingJobProps,
} from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { builtOf } from '../harness/built';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { installCrds } from '../harness/crds';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { type Controller, startController } from './controllers';
import { applyWithoutPrograms, InClusterProcess, onPython } from './in-cluster';

const NAMESPACE = 'calendars';
const client = new Client(cluster());
const nodes = cpuNodes(2);

const HOUR = 3_600_000;
const local = (instant: number) => new Date(instant).toISOString().slice(0, 16) as LocalDateTime;
/** A sale that is on now, and one that is over. */
const ON = { name: 'sale', start: local(Date.now() - HOUR), end: local(Date.now() + 2 * HOUR) } satisfies CalendarEvent;
const OVER = { ...ON, end: local(Date.now() - HOUR / 2) };

type Options = Partial<TrainingJobProps> & { running?: 'stop' | 'finish' };

function manifests(event: CalendarEvent, { running = 'stop', ...props }: Options = {}): Manifests {
  const app = new App();
  const description = { kubernetes: '1.37', addons: ['jobset'] } as const;
  const platform = new Platform(app, NAMESPACE, { cluster: description, production: false });
  const calendar = new TrainingCalendar(platform, 'sales', { timeZone: 'Etc/UTC', closed: [event], running });
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    engine: 'job',
    resources: { cpu: '1', memory: '1Gi' },
    checkpoints: { claim: 'checkpoints', every: '1s' },
    calendar,
    ...props,
  });
  return synthesize(app);
}

const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'dlrm', namespace: NAMESPACE } };
const cronJob = { ...job, kind: 'CronJob' };
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'checkpoints', namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

interface Run extends Live {
  readonly spec: { readonly suspend?: boolean };
}

let written: Manifests;
let gate: InClusterProcess;

async function apply(event: CalendarEvent, options?: Options): Promise<void> {
  written = manifests(event, options);
  await applyWithoutPrograms(client, written);
  gate = new InClusterProcess(client, written, NAMESPACE, 'sales');
}

const startGate = () => gate.start({ EVERY_SECONDS: '0.2' });

/** Lets the gate read the calendar as if it had this event only. */
const announce = (event: CalendarEvent) => gate.write({ ...gate.settings, events: [event] });

// Early: the garbage collector learns of new kinds twice a minute only.
beforeAll(() => installCrds(client, 'jobset'));
beforeEach(() => addNodes(client, nodes));
afterEach(async () => {
  await gate.remove();
  await deleteAll(client, written.all);
  await removeNodes(client, nodes);
});

const pods = () => client.list<Pod>('v1', 'Pod', NAMESPACE);
const runs = () => client.list<Run>('batch/v1', 'Job', NAMESPACE);
const get = (run: Live | typeof job) => client.get<Run>(run);
const suspended = async (run: Live | typeof job, is: boolean) =>
  eventually(async () => expect((await get(run)).spec.suspend ?? false).toBe(is));
const started = () => eventually(async () => expect(await pods()).toHaveLength(1));
/** Longer than the gate takes to look, several times. */
const someLooks = () => sleep(1_500);

/** Makes a run due that should have started some minutes ago. */
async function makeDue(): Promise<void> {
  await client.patch(
    cronJob,
    { status: { lastScheduleTime: new Date(Date.now() - HOUR / 6).toISOString() } },
    'status',
  );
}

async function dueRun(): Promise<Run> {
  const [run, ...more] = await eventually(async () => {
    const made = await runs();
    expect(made).not.toEqual([]);
    return made;
  });
  expect(more).toEqual([]);
  if (run === undefined) throw new Error('there is no run');
  return run;
}

const SCHEDULED = { schedule: '* * * * *' } as const;

onPython("a calendar's closed hours hold back a due run, which starts when it opens", async () => {
  await apply(ON, SCHEDULED);
  await startGate();
  await makeDue();
  const run = await dueRun();
  await someLooks();
  expect((await get(run)).spec.suspend).toBe(true);
  expect(await pods()).toEqual([]);
  // It never ran, so that there was nothing to stop.
  expect(gate.log).toBe('');
  announce(OVER);
  await started();
  expect(gate.log).toBe(`open: ${run.metadata.name} goes on\n`);
  const { spec, metadata } = await get(run);
  expect(spec.suspend).toBe(false);
  expect(metadata.annotations).toMatchObject({ 'recstack/released': expect.stringMatching(/^20.*Z$/) });
  expect(metadata.annotations).not.toHaveProperty('recstack/held');
});

onPython('a run that came due is neither lost nor started while the gate was down, over both edges', async () => {
  await apply(ON, SCHEDULED);
  await makeDue();
  const run = await dueRun();
  // Long past its time, and none is made beside it: the next one waits for this one to end.
  await makeDue();
  await sleep(1_000);
  expect(await runs()).toHaveLength(1);
  expect(await pods()).toEqual([]);
  announce(OVER);
  await startGate();
  await suspended(run, false);
  await started();
});

onPython('a run that is on is stopped at closing time, and goes on when it opens', async () => {
  await apply(OVER);
  await client.apply(claim);
  await startGate();
  await started();
  announce(ON);
  await suspended(job, true);
  await eventually(async () => expect(await pods()).toEqual([]));
  expect((await get(job)).metadata.annotations).toMatchObject({ 'recstack/held': 'sales' });
  announce(OVER);
  await suspended(job, false);
  await started();
});

onPython('applying again leaves a held run as it is', async () => {
  await apply(ON);
  await startGate();
  await suspended(job, true);
  await applyWithoutPrograms(client, written);
  expect((await get(job)).spec.suspend).toBe(true);
  announce(OVER);
  await suspended(job, false);
  await applyWithoutPrograms(client, written);
  expect((await get(job)).spec.suspend).toBe(false);
});

onPython('what a person suspends stays suspended when it opens', async () => {
  await apply(OVER);
  await started();
  await client.patch(job, { spec: { suspend: true } });
  await startGate();
  await someLooks();
  announce(ON);
  await someLooks();
  announce(OVER);
  await someLooks();
  expect((await get(job)).spec.suspend).toBe(true);
  expect(gate.log).toBe('');
});

onPython('what a person let go on and then suspended stays suspended too', async () => {
  await apply(ON);
  await startGate();
  await suspended(job, true);
  await gate.stop();
  await client.patch(job, { spec: { suspend: false } });
  announce(OVER);
  await startGate();
  await eventually(async () => expect((await get(job)).metadata.annotations).not.toHaveProperty('recstack/held'));
  await client.patch(job, { spec: { suspend: true } });
  await someLooks();
  expect((await get(job)).spec.suspend).toBe(true);
});

onPython('where runs may finish, one that began before goes on, and one that is new waits', async () => {
  await apply(OVER, { running: 'finish', checkpoints: undefined });
  await startGate();
  await started();
  // As if it had come past the gate before the sale began, and then as if in the middle of it.
  const released = (at: string | null) => client.patch(job, { metadata: { annotations: { 'recstack/released': at } } });
  await released(new Date(Date.now() - 2 * HOUR).toISOString());
  announce(ON);
  await someLooks();
  expect((await get(job)).spec.suspend ?? false).toBe(false);
  await released(null);
  await suspended(job, true);
});

onPython('the gate may do what it does, and no more', async () => {
  await apply(ON, SCHEDULED);
  const asGate = new Client({ ...cluster(), token: await gate.token() });
  await expect(asGate.list('batch/v1', 'Job', NAMESPACE)).resolves.toEqual([]);
  await expect(asGate.list('batch/v1', 'Job', 'default')).rejects.toThrow(/forbidden/);
  await expect(asGate.list('v1', 'Secret', NAMESPACE)).rejects.toThrow(/forbidden/);
  await expect(asGate.delete(job)).rejects.toThrow(/forbidden/);
  await expect(asGate.patch(cronJob, { spec: { suspend: false } })).rejects.toThrow(/forbidden/);
});

onPython('a kind that the cluster does not have keeps no other from its turn, and is told of', async () => {
  await apply(ON);
  gate.write({ ...gate.settings, runs: [{ api: 'none.example.com/v1', resource: 'things' }, gate.settings.runs[0]] });
  await startGate();
  await suspended(job, true);
  expect(gate.log).toMatch(/^things: the API server answers 40[34]: .*: trying again in 0.2 s$/m);
});

onPython('it ends at once when it is told to', async () => {
  await apply(ON);
  const program = await startGate();
  await suspended(job, true);
  expect(await program.terminate(5)).toBe(0);
});

const isBuilt = builtOf(['jobset']).length > 0;
const title = isBuilt ? 'with the real JobSet controller' : 'jobset is not built: npx tsx tools/build.ts --only jobset';
(isBuilt ? describe : describe.skip)(title, () => {
  const workspace = new Workspace();
  let controller: Controller | undefined;
  beforeAll(async () => {
    controller = await startController(client, workspace, 'jobset', {
      namespace: NAMESPACE,
      webhooks: ['mjobset.kb.io', 'vjobset.kb.io', 'mpod.kb.io', 'vpod.kb.io'],
    });
  });
  afterAll(async () => {
    await controller?.stop();
    await workspace.stop();
  });

  onPython(
    'a JobSet is stopped as a whole at closing time, goes on when it opens, and that is no restart',
    async () => {
      await apply(OVER, { engine: 'jobset', nodes: 2 });
      await client.apply(claim);
      const jobSet = { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet', metadata: job.metadata };
      await startGate();
      await eventually(async () => expect(await pods()).toHaveLength(2), { seconds: 60 });
      announce(ON);
      await eventually(async () => expect(await pods()).toEqual([]), { seconds: 60 });
      expect((await get(jobSet)).spec.suspend).toBe(true);
      announce(OVER);
      await eventually(async () => expect(await pods()).toHaveLength(2), { seconds: 60 });
      expect((await client.get<{ status: { restarts?: number } }>(jobSet)).status.restarts ?? 0).toBe(0);
    },
  );
});
