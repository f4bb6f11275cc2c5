import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import { type LocalDateTime, Platform } from '../../../lib';
import { type PeaksProps, peaksSchema } from '../../../lib/autoscaling/peaks';
import { emitPeakJobs } from '../../../lib/autoscaling/peaks-jobs';
import { parse } from '../../../lib/core/schema';
import { type Manifests, synthesize } from '../../../lib/testing';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { deleteAll } from '../harness/workloads';
import { applyWithoutPrograms, InClusterProcess, onPython } from '../training/in-cluster';

const NAMESPACE = 'peaks';
const client = new Client(cluster());

const HOUR = 3_600_000;
const local = (instant: number) => new Date(instant).toISOString().slice(0, 16) as LocalDateTime;
const ON = { start: local(Date.now() - HOUR), end: local(Date.now() + 2 * HOUR) };
const OVER = { start: local(Date.now() - HOUR), end: local(Date.now() - HOUR / 2) };
const AHEAD = { start: local(Date.now() + HOUR), end: local(Date.now() + 2 * HOUR) };

interface Hpa extends Live {
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number };
}

const hpa = (name: string) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 6,
    maxReplicas: 60,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
  },
});
const ranker = hpa('ranker');

function manifests(events: PeaksProps['events']): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  emitPeakJobs(platform, parse(peaksSchema, { timeZone: 'Etc/UTC', events }, NAMESPACE), {
    readySeconds: 120,
    ordinary: 6,
    most: 60,
    autoscaler: { kind: 'HorizontalPodAutoscaler', name: 'ranker' },
  });
  return synthesize(app);
}

let written: Manifests;
let script: InClusterProcess;

async function apply(...events: PeaksProps['events']): Promise<void> {
  written = manifests(events);
  await applyWithoutPrograms(client, written);
  await client.apply(ranker);
  script = new InClusterProcess(client, written, NAMESPACE, 'ranker-peaks');
}

/** Puts the events of other manifests in the place of those that the script reads. */
function announce(...events: PeaksProps['events']): void {
  const { data } = manifests(events).get('ConfigMap', 'ranker-peaks') as unknown as { data: Record<string, string> };
  script.write(JSON.parse(data['settings.json'] ?? ''));
}

const minimum = async () => (await client.get<Hpa>(ranker)).spec.minReplicas;
const becomes = (count: number) => eventually(async () => expect(await minimum()).toBe(count));
/** A run that goes on, and one that looks once. */
const start = () => script.start({ FOR_SECONDS: '60', EVERY_SECONDS: '0.2' });
async function lookOnce(): Promise<number | null> {
  const program = await script.start({ FOR_SECONDS: '0' });
  await eventually(() => expect(program.ended).toBe(true), { seconds: 30 });
  return program.terminate(0);
}

afterEach(async () => {
  await script.remove();
  await deleteAll(client, [...written.all, ranker, hpa('other')]);
});

onPython('the minimum is raised from the lead of a peak on, and lowered when it is over', async () => {
  const sale = { name: 'sale', ...AHEAD, multiple: 5 };
  await apply({ ...sale, lead: '30m' });
  await start();
  await sleep(1_000);
  expect(await minimum()).toBe(6);
  announce({ ...sale, lead: '90m' });
  await becomes(30);
  announce({ ...sale, ...OVER });
  await becomes(6);
  expect(script.log).toBe('ranker: from 6 to 30 for sale\nranker: from 30 to 6 for ordinary days\n');
});

onPython('each run makes good what was missed, or applied in the middle of a peak', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(30);
  await client.apply(ranker);
  expect(await minimum()).toBe(6);
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(30);
  // The run at its end was missed, and the next one finds it over.
  announce({ name: 'sale', ...OVER, multiple: 5 });
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(6);
});

onPython('a run that finds all as it should be changes nothing', async () => {
  await apply({ name: 'sale', ...OVER, multiple: 5 });
  expect(await lookOnce()).toBe(0);
  expect(script.log).toBe('the minimum is 6\n');
});

onPython('after a peak, whoever has applied the autoscaler may apply another minimum, with no conflict', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  expect(await lookOnce()).toBe(0);
  announce({ name: 'sale', ...OVER, multiple: 5 });
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(6);
  await client.apply({ ...ranker, spec: { ...ranker.spec, minReplicas: 7 } });
  expect(await minimum()).toBe(7);
});

onPython('of several peaks, the one with the most replicas counts', async () => {
  await apply(
    { name: 'sale', ...ON, multiple: 5 },
    { name: 'evening', ...ON, end: local(Date.now() + HOUR), replicas: 9 },
  );
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(30);
});

onPython('a maximum that somebody has lowered is not passed, and that is told', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  await client.patch(ranker, { spec: { maxReplicas: 20 } });
  expect(await lookOnce()).toBe(0);
  expect(await minimum()).toBe(20);
  expect(script.log).toBe('ranker: from 6 to 20 for sale, not 30: its maximum is in the way\nthe minimum is 20\n');
});

onPython('the script may read and change its own autoscaler, and nothing else', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  await client.apply(hpa('other'));
  const asScript = new Client({ ...cluster(), token: await script.token() });
  await expect(asScript.get(ranker)).resolves.toMatchObject({ kind: 'HorizontalPodAutoscaler' });
  await expect(asScript.get(hpa('other'))).rejects.toThrow(/forbidden/);
  await expect(asScript.patch(hpa('other'), { spec: { minReplicas: 7 } })).rejects.toThrow(/forbidden/);
  await expect(asScript.delete(ranker)).rejects.toThrow(/forbidden/);
  await expect(asScript.list('autoscaling/v2', 'HorizontalPodAutoscaler', NAMESPACE)).rejects.toThrow(/forbidden/);
  await expect(asScript.list('v1', 'Secret', NAMESPACE)).rejects.toThrow(/forbidden/);
});

onPython('a run that can not do its work fails, and says why', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  await client.delete(ranker);
  expect(await lookOnce()).toBe(1);
  expect(script.log).toMatch(/^the API server answers 404: .*"ranker" not found: trying again in 15 s$/m);
});

onPython('it ends at once when it is told to', async () => {
  await apply({ name: 'sale', ...ON, multiple: 5 });
  const program = await start();
  await becomes(30);
  expect(await program.terminate(5)).toBe(0);
});
