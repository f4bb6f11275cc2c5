import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { parse, stringify } from 'yaml';
import { Monitoring, Platform, TrainingCalendar, TrainingJob, type TrainingJobProps } from '../../../lib';
import { type Manifests, synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { Client, type Live } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { freePorts } from '../harness/ports';
import { deleteAll, type Pod } from '../harness/workloads';
import { Workspace } from '../harness/workspace';
import { run } from '../prometheus/tool';
import { applyWithoutPrograms, InClusterProcess, onPython } from './in-cluster';

const NAMESPACE = 'triggers';
const client = new Client(cluster());
const nodes = cpuNodes(2);

function manifests(props: Partial<TrainingJobProps> = {}, { closed = false } = {}): Manifests {
  const app = new App();
  const platform = new Platform(app, NAMESPACE, { cluster: { kubernetes: '1.37' }, production: false });
  new Monitoring(platform, 'monitoring');
  const always = { name: 'sale', every: 'day', start: '00:00', end: '23:59' } as const;
  new TrainingJob(platform, 'dlrm', {
    image: 'registry.example.com/shop/dlrm-trainer:1.0.0',
    command: ['torchrun', 'train.py'],
    resources: { cpu: '1', memory: '1Gi' },
    trainOn: {
      alerts: ['RankerDrift', { name: 'NewClicks', expr: 'time() - clicks_timestamp_seconds < 3600' }],
      cooldown: '3s',
    },
    ...(closed && {
      calendar: new TrainingCalendar(platform, 'sales', {
        timeZone: 'Etc/UTC',
        closed: [always],
        running: 'finish',
      }),
    }),
    ...props,
  });
  return synthesize(app);
}

interface Run extends Live {
  readonly spec: { readonly suspend?: boolean };
}

let written: Manifests;
let trigger: InClusterProcess;
let url: string;
let workspace: Workspace;

async function start(...args: Parameters<typeof manifests>): Promise<void> {
  written = manifests(...args);
  await applyWithoutPrograms(client, written);
  trigger = new InClusterProcess(client, written, NAMESPACE, 'dlrm-trigger');
  const [port = 0] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  const program = await trigger.start({ LISTEN_ADDRESS: '127.0.0.1', PORT: String(port) });
  await program.ready(async () => {
    const { status } = await fetch(`${url}/healthz`);
    if (status !== 200) throw new Error(`it answers ${status}`);
  });
}

beforeEach(async () => {
  workspace = new Workspace();
  await addNodes(client, nodes);
});
afterEach(async () => {
  await workspace.stop();
  await trigger.remove();
  await deleteAll(client, written.all);
  await removeNodes(client, nodes);
});

const runs = () => client.list<Run>('batch/v1', 'Job', NAMESPACE);
const names = async () => (await runs()).map(({ metadata }) => metadata.name).sort();
const podsOf = async (job: string) =>
  (await client.list<Pod>('v1', 'Pod', NAMESPACE)).filter(
    ({ metadata }) => metadata.labels?.['batch.kubernetes.io/job-name'] === job,
  );

/** Lets a run come to its end. */
async function finish(job: string): Promise<void> {
  const [pod] = await eventually(async () => {
    const pods = await podsOf(job);
    expect(pods.map(({ status }) => status.phase)).toEqual(['Running']);
    return pods;
  });
  if (pod === undefined) throw new Error('there is no pod');
  await client.patch(pod, { metadata: { annotations: { 'recstack.test/exit-code': '0' } } });
  const reference = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: job, namespace: NAMESPACE } };
  await eventually(async () =>
    expect((await client.get<{ status: { succeeded?: number } }>(reference)).status.succeeded).toBe(1),
  );
}

interface Firing {
  readonly name?: string;
  readonly fingerprint?: string;
  readonly startsAt?: string;
  readonly status?: 'firing' | 'resolved';
}

/** A message as Alertmanager 0.31 posts it. */
const message = (...firings: Firing[]) => ({
  version: '4',
  groupKey: '{}:{alertname="RankerDrift"}',
  truncatedAlerts: 0,
  receiver: 'trigger',
  status: 'firing',
  alerts: firings.map(
    ({ name = 'RankerDrift', fingerprint = 'a1', startsAt = '2026-11-24T10:00:00.123Z', status = 'firing' }) => ({
      status,
      labels: { alertname: name, severity: 'warning' },
      annotations: {},
      startsAt,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint,
    }),
  ),
});

async function post(body: object | string, path = '/alerts'): Promise<{ status: number; lines: string[] }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: text });
  return { status: answer.status, lines: (await answer.json()) as string[] };
}

onPython('one firing starts one run, however often it is told, and none beside it or in the cool-down', async () => {
  await start();
  expect(await post(message({}))).toEqual({
    status: 200,
    lines: [expect.stringMatching(/^RankerDrift has started dlrm-[0-9a-f]{10}$/)],
  });
  const [first = ''] = await names();
  expect(await post(message({}))).toEqual({ status: 200, lines: ['RankerDrift has started its run before'] });
  expect((await post(message({ fingerprint: 'b2' }))).lines).toEqual([`RankerDrift starts no run: ${first} is on`]);
  expect(await names()).toEqual([first]);
  await finish(first);
  expect((await post(message({ fingerprint: 'b2' }))).lines[0]).toMatch(/^RankerDrift starts no run before 20/);
  // The alert still fires when the cool-down is over; the first firing has had its run.
  await eventually(async () =>
    expect((await post(message({ fingerprint: 'b2' }))).lines[0]).toMatch(/^RankerDrift has started dlrm-/),
  );
  expect((await post(message({}))).lines).toEqual(['RankerDrift has started its run before']);
  expect(await names()).toHaveLength(2);
});

onPython('a run is what the schedule would have made, and has its own pods', async () => {
  await start({ nodes: 2 });
  await post(message({}));
  const [made] = await runs();
  const { spec } = written.get('CronJob', 'dlrm') as unknown as { spec: { jobTemplate: { spec: object } } };
  expect(made?.spec).toMatchObject(spec.jobTemplate.spec);
  expect(made?.metadata).toMatchObject({
    annotations: {
      'cronjob.kubernetes.io/instantiate': 'alert',
      'recstack/alert': 'RankerDrift a1 2026-11-24T10:00:00.123Z',
    },
    ownerReferences: [{ kind: 'CronJob', name: 'dlrm', controller: true }],
  });
  await eventually(async () => expect(await podsOf(made?.metadata.name ?? '')).toHaveLength(2));
});

onPython('what came of a firing is remembered when its run is gone, and when the trigger starts anew', async () => {
  await start();
  await post(message({}));
  for (const run of await runs()) await client.delete(run);
  await eventually(async () => expect(await runs()).toEqual([]));
  expect((await post(message({}))).lines).toEqual(['RankerDrift has started its run before']);
});

onPython('a start that was cut off before it was remembered is no second one', async () => {
  await start();
  await post(message({}));
  const cronJob = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'dlrm', namespace: NAMESPACE } };
  const forget = { 'recstack/handled-alerts': null, 'recstack/last-alert-run': null };
  await client.patch(cronJob, { metadata: { annotations: forget } });
  expect((await post(message({}))).lines).toEqual(['RankerDrift has started its run before']);
  const { annotations } = (await client.get<Live>(cronJob)).metadata;
  expect(annotations).toHaveProperty('recstack/handled-alerts', (await names())[0]?.replace('dlrm-', ''));
});

onPython('applying again keeps what was done', async () => {
  await start();
  await post(message({}));
  await applyWithoutPrograms(client, written);
  expect((await post(message({}))).lines).toEqual(['RankerDrift has started its run before']);
});

onPython("a schedule's due run waits for the end of one that an alert has started", async () => {
  await start({ schedule: '* * * * *' });
  await post(message({}));
  const [first = ''] = await names();
  const cronJob = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'dlrm', namespace: NAMESPACE } };
  const active = () =>
    client
      .get<{ status: { active?: { name: string }[] } }>(cronJob)
      .then(({ status }) => status.active?.map(({ name }) => name));
  expect(await active()).toEqual([first]);
  const due = { status: { lastScheduleTime: new Date(Date.now() - 600_000).toISOString() } };
  await client.patch(cronJob, due, 'status');
  // The controller's own words.
  await eventually(async () => {
    const events = await client.list<{ reason: string }>('v1', 'Event', NAMESPACE);
    expect(events.map(({ reason }) => reason)).toContain('JobAlreadyActive');
  });
  expect(await names()).toEqual([first]);
  await finish(first);
  await eventually(async () => expect(await names()).toHaveLength(2), { seconds: 75 });
});

onPython('while the calendar is closed, the run is made and waits', async () => {
  await start({}, { closed: true });
  await post(message({}));
  const [made] = await runs();
  expect(made?.spec.suspend).toBe(true);
  expect(made?.metadata).toMatchObject({
    labels: { 'recstack/calendar': 'sales' },
    annotations: { 'recstack/held': 'sales' },
  });
});

onPython('what is no alert of its own starts nothing', async () => {
  await start();
  const wrong = (reason: string) => [expect.stringContaining(`not a message of Alertmanager's: ${reason}`)];
  const cases: [string, object | string, string, number, unknown[]][] = [
    ['an alert that is over', message({ status: 'resolved' }), '/alerts', 200, []],
    ['an alert that nobody asked about', message({ name: 'Other' }), '/alerts', 200, []],
    ['no alerts', message(), '/alerts', 200, []],
    ['another path', message({}), '/', 404, []],
    ['no JSON', '{', '/alerts', 400, wrong('JSONDecodeError')],
    ['another JSON', [1], '/alerts', 400, wrong('TypeError')],
    ['an alert without a name', { alerts: [{ status: 'firing', labels: {} }] }, '/alerts', 400, wrong('KeyError')],
    ['too much', 'x'.repeat(2 ** 20 + 1), '/alerts', 413, []],
  ];
  for (const [what, body, path, status, lines] of cases) {
    expect({ what, ...(await post(body, path)) }).toEqual({ what, status, lines });
  }
  expect(await runs()).toEqual([]);
});

onPython('without the API server it says so, and Alertmanager comes again', async () => {
  await start();
  await client.delete({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'dlrm-trigger', namespace: NAMESPACE },
  });
  await eventually(async () =>
    expect(await post(message({}))).toEqual({
      status: 503,
      lines: [expect.stringMatching(/^the API server answers 403: cronjobs.batch "dlrm" is forbidden/)],
    }),
  );
});

onPython('the trigger may do what it does, and no more', async () => {
  await start({ schedule: '0 2 * * *' });
  const asTrigger = new Client({ ...cluster(), token: await trigger.token() });
  const of = (kind: string, name: string) => ({
    apiVersion: 'batch/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
  });
  await expect(asTrigger.get(of('CronJob', 'dlrm'))).resolves.toBeDefined();
  await expect(asTrigger.get(of('CronJob', 'other'))).rejects.toThrow(/forbidden/);
  await expect(asTrigger.delete(of('CronJob', 'dlrm'))).rejects.toThrow(/forbidden/);
  await expect(asTrigger.delete(of('Job', 'other'))).rejects.toThrow(/forbidden/);
  await expect(asTrigger.list('v1', 'Secret', NAMESPACE)).rejects.toThrow(/forbidden/);
});

onPython('promtool finds nothing to say about the rules of alerts that a trigger brings along', async () => {
  await start();
  const { data } = written.get('ConfigMap', 'monitoring-prometheus') as unknown as { data: Record<string, string> };
  expect(data['rules.yaml']).toContain('alert: NewClicks\n');
  const file = join(workspace.folder, 'rules.yaml');
  writeFileSync(file, data['rules.yaml'] ?? '');
  const checked = await run(await locate('promtool'), ['check', 'rules', '--lint=all', '--lint-fatal', file]);
  expect(checked).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
});

onPython(
  'the real Alertmanager, with the configuration that is emitted, starts a run by an alert that fires',
  async () => {
    await start();
    const { data } = written.get('ConfigMap', 'monitoring-alertmanager') as unknown as { data: Record<string, string> };
    const config: { receivers: { webhook_configs?: { url: string }[] }[] } = parse(data['alertmanager.yaml'] ?? '');
    for (const webhook of config.receivers.flatMap(({ webhook_configs = [] }) => webhook_configs)) {
      expect(webhook.url).toBe('http://dlrm-trigger.triggers.svc:8080/alerts');
      webhook.url = `${url}/alerts`;
    }
    const file = join(workspace.folder, 'alertmanager.yaml');
    writeFileSync(file, stringify(config));
    const checked = await run(await locate('amtool'), ['check-config', file]);
    expect(checked).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
    const [port = 0] = await freePorts(1);
    const alertmanager = workspace.start('alertmanager', await locate('alertmanager'), [
      `--config.file=${file}`,
      `--storage.path=${join(workspace.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    const api = `http://127.0.0.1:${port}`;
    await alertmanager.ready(async () => {
      if (!(await fetch(`${api}/-/ready`)).ok) throw new Error('not ready');
    });
    const fire = (labels: object) =>
      fetch(`${api}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels, annotations: {} }]),
      });
    // Of the same name, but about another training: not ours.
    await fire({ alertname: 'NewClicks', training: 'other', platform: 'triggers', severity: 'info' });
    await fire({ alertname: 'NewClicks', training: 'dlrm', platform: 'triggers', severity: 'info' });
    const [made] = await eventually(async () => {
      const all = await runs();
      expect(all).toHaveLength(1);
      return all;
    });
    expect(made?.metadata.annotations).toMatchObject({
      'recstack/alert': expect.stringMatching(/^NewClicks [0-9a-f]{16} 20/),
    });
    expect(trigger.log).toMatch(/^NewClicks has started dlrm-[0-9a-f]{10}\n$/);
  },
);
