import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { MonitoringProps } from '../../../lib';
import { locateAll } from '../../../tools/build';
import { fileOf, monitored } from '../../monitoring/fixtures';
import { hasPython, onPython } from '../../python';
import { platform } from '../../serving/fixtures';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { applyAll, declared, deleteAll, type Pod } from '../harness/workloads';
import { KEYS, MailServer, Messengers } from './messengers';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';

const NAME = 'monitoring-alertmanager';

jest.setTimeout(60_000);

const folder = new TemporaryFolder();
const messengers = new Messengers();
const mail = new MailServer();
const programs: Program[] = [];
let alertmanager: string;
let amtool: string;
let configFile: string;

/** One of each, with what they asked for. */
const notify = (smarthost: `${string}:${number}`): NonNullable<MonitoringProps['notify']> => ({
  slack: { to: { type: 'slack', url: { name: 'slack', key: 'url' } } },
  dingtalk: {
    to: {
      type: 'dingtalk',
      url: { name: 'dingtalk', key: 'url' },
      secret: { name: 'dingtalk', key: 'secret' },
      language: 'zh',
    },
    severities: ['critical', 'warning', 'info'],
  },
  wecom: { to: { type: 'wecom', url: { name: 'wecom', key: 'url' } }, about: 'servers' },
  feishu: {
    to: { type: 'feishu', url: { name: 'feishu', key: 'url' }, secret: { name: 'feishu', key: 'secret' } },
    about: 'training',
    severities: ['critical', 'info'],
  },
  mail: {
    to: {
      type: 'email',
      to: ['a@example.com', 'b@example.com'],
      from: 'shop@example.com',
      smarthost,
      username: 'shop',
      password: { name: 'mail', key: 'password' },
    },
  },
  pager: { to: { type: 'pagerduty', routingKey: { name: 'pager', key: 'key' } }, severities: ['critical'] },
  hook: { to: { type: 'webhook', url: { name: 'hook', key: 'url' }, token: { name: 'hook', key: 'token' } } },
});

beforeAll(async () => {
  const [port, relayPort] = await freePorts(2);
  await messengers.start();
  const smarthost = (await mail.start()) as `${string}:${number}`;
  const manifests = monitored({
    alertmanager: { deadManSwitch: { url: { name: 'dead-man', key: 'url' } } },
    notify: notify(smarthost),
  });
  const { alertmanager: program, amtool: tool } = await locateAll(['alertmanager', 'amtool']);
  amtool = tool;
  alertmanager = `http://127.0.0.1:${port}`;
  for (const name of ['slack', 'dingtalk', 'wecom', 'feishu', 'hook', 'dead-man']) {
    // Secrets are often made by echo, with a line break.
    writeSecret(name, 'url', `${messengers.url(name)}\n`);
  }
  writeSecret('dingtalk', 'secret', KEYS.dingtalk);
  writeSecret('feishu', 'secret', KEYS.feishu);
  writeSecret('mail', 'password', 'password of mail');
  writeSecret('pager', 'key', 'key of pager');
  writeSecret('hook', 'token', 'token of hook');

  configFile = folder.write('alertmanager.yaml', inPlace(fileOf(manifests, NAME, 'alertmanager.yaml'), relayPort ?? 0));
  const args = [
    `--config.file=${configFile}`,
    `--storage.path=${folder.join('data')}`,
    '--cluster.listen-address=',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const server = new Program(program, { args, log: folder.join('alertmanager.log') });
  programs.push(server);
  await server.ready(async () => {
    if (!(await fetch(`${alertmanager}/-/ready`)).ok) throw new Error('Alertmanager is not ready');
  });
  if (!hasPython) return;
  const script = folder.write('alert-relay.py', fileOf(manifests, NAME, 'alert-relay.py'));
  const relay = fileOf(manifests, NAME, 'relay.json').replaceAll('/etc/relay-secrets', folder.path);
  const config = folder.write('relay.json', JSON.stringify({ ...JSON.parse(relay), port: relayPort }));
  programs.push(new Program('python3', { args: ['-B', script, config], log: folder.join('relay.log') }));
});

afterAll(async () => {
  for (const program of programs) await program.stop();
  await messengers.stop();
  await mail.stop();
  folder.remove();
});

function writeSecret(name: string, key: string, value: string): void {
  mkdirSync(folder.join(name), { recursive: true });
  writeFileSync(join(folder.join(name), key), value, { mode: 0o600 });
}

/** The configuration with its files and addresses on this machine, and with messages that leave at once. */
function inPlace(config: string, relayPort: number): string {
  const moved = config
    .replaceAll('/etc/alertmanager-secrets', folder.path)
    .replaceAll('http://127.0.0.1:9095/', `http://127.0.0.1:${relayPort}/`)
    .replaceAll(/group_wait: \w+/g, 'group_wait: 100ms')
    .replaceAll(/group_interval: \w+/g, 'group_interval: 1s');
  const { receivers, ...rest } = parse(moved) as { receivers: Record<string, object[]>[] };
  const local = ({ email_configs, pagerduty_configs, ...receiver }: Record<string, object[]>) => ({
    ...receiver,
    ...(email_configs && { email_configs: email_configs.map((to) => ({ ...to, require_tls: false })) }),
    ...(pagerduty_configs && {
      pagerduty_configs: pagerduty_configs.map((to) => ({ ...to, url: messengers.url('pager') })),
    }),
  });
  return stringify({ ...rest, receivers: receivers.map(local) });
}

async function raise(labels: Record<string, string>, resolved = false): Promise<void> {
  const alert = {
    labels: { platform: 'shop', ...labels },
    annotations: {
      summary: `${labels.alertname} of ${labels.server ?? labels.training}`,
      description: 'Exit code 137, "out of memory" <@all>.',
      runbook_url: 'https://docs.example.com/runbook',
    },
    ...(resolved ? { endsAt: new Date().toISOString() } : {}),
  };
  const response = await fetch(`${alertmanager}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  expect(response.status).toBe(200);
}

/** The messages to one about an alert, once there is one. */
async function told(name: string, alertname: string): Promise<unknown[]> {
  return eventually(
    () => {
      const bodies = messengers
        .to(name)
        .map(({ body }) => body)
        .filter((body) => JSON.stringify(body).includes(alertname));
      if (bodies.length === 0) throw new Error(`${name} has not been told of ${alertname}`);
      return bodies;
    },
    { seconds: 30, every: 0.1 },
  );
}

test('amtool accepts the configuration', async () => {
  const { code, output } = await run(amtool, ['check-config', configFile]);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
});

test.each([
  ['the watchdog', ['severity=none'], 'default/dead-man-switch'],
  ['a critical alert of a server', ['severity=critical', 'server=ranker'], 'slack,dingtalk,wecom,mail,pager,hook'],
  ['a warning of a server', ['severity=warning', 'server=ranker'], 'slack,dingtalk,wecom,mail,hook'],
  ['a critical alert of a training', ['severity=critical', 'training=t'], 'slack,dingtalk,feishu,mail,pager,hook'],
  ['a warning of a training', ['severity=warning', 'training=t'], 'slack,dingtalk,mail,hook'],
  ['an event of a training', ['severity=info', 'training=t'], 'dingtalk/events,feishu/events,nobody'],
  ['a severity that recstack does not know', ['severity=page'], 'slack,dingtalk,mail,hook'],
  ['an alert without a severity', ['alertname=Foreign'], 'slack,dingtalk,mail,hook'],
])('%s goes to those who asked for it', async (_, labels, receivers) => {
  const args = ['config', 'routes', 'test', `--config.file=${configFile}`, 'platform=shop', ...labels];
  expect((await run(amtool, args)).output.trim()).toBe(receivers);
});

test('Slack, mail, PagerDuty and a webhook get a critical alert', async () => {
  await raise({ alertname: 'TrainingFailed', severity: 'critical', training: 'dlrm' });
  expect(await told('slack', 'TrainingFailed')).toEqual([
    expect.objectContaining({
      attachments: [
        expect.objectContaining({
          title: '[FIRING] TrainingFailed dlrm shop',
          title_link: 'https://docs.example.com/runbook',
          text: expect.stringContaining('*TrainingFailed of dlrm*\nExit code 137'),
        }),
      ],
    }),
  ]);
  expect(await told('pager', 'TrainingFailed')).toEqual([
    expect.objectContaining({
      routing_key: 'key of pager',
      event_action: 'trigger',
      payload: expect.objectContaining({
        summary: '[FIRING] TrainingFailed dlrm shop',
        severity: 'critical',
        component: 'dlrm',
        group: 'shop',
      }),
    }),
  ]);
  expect(await told('hook', 'TrainingFailed')).toEqual([expect.objectContaining({ status: 'firing' })]);
  expect(messengers.to('hook').at(0)?.authorization).toBe('Bearer token of hook');
  const letters = await eventually(
    () => {
      if (mail.received.length === 0) throw new Error('no mail has come');
      return mail.received;
    },
    { seconds: 30, every: 0.1 },
  );
  expect(letters).toEqual([
    {
      login: '|shop|password of mail',
      to: ['a@example.com', 'b@example.com'],
      data: expect.stringContaining('Subject: [FIRING] TrainingFailed dlrm shop'),
    },
  ]);
});

onPython('robots get it in their own form, signed, and in their language', async () => {
  await raise({ alertname: 'ModelServerDown', severity: 'critical', server: 'ranker' });
  await raise({ alertname: 'TrainingFailed', severity: 'critical', training: 'dlrm' });
  expect(await told('dingtalk', 'ModelServerDown')).toEqual([
    {
      msgtype: 'markdown',
      markdown: {
        title: '[告警] ModelServerDown · ranker · shop',
        text: expect.stringMatching(
          /^### \[告警] ModelServerDown · ranker · shop\n\n\*\*ModelServerDown of ranker\*\*\n\nExit code 137, "out of memory" < @all>\.\n\n级别: critical · 开始时间: [-\d]+ [:\d]+ UTC\n\n\[处理手册]\(https:\/\/docs\.example\.com\/runbook\)$/,
        ),
      },
    },
  ]);
  expect(await told('wecom', 'ModelServerDown')).toEqual([
    { msgtype: 'markdown', markdown: { content: expect.stringContaining('### [FIRING] ModelServerDown · ranker') } },
  ]);
  expect(await told('feishu', 'TrainingFailed')).toEqual([
    {
      msg_type: 'interactive',
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: expect.any(String),
      card: {
        config: { wide_screen_mode: true },
        header: { title: { tag: 'plain_text', content: '[FIRING] TrainingFailed · dlrm · shop' }, template: 'red' },
        elements: [
          { tag: 'div', text: { tag: 'lark_md', content: expect.stringContaining('**TrainingFailed of dlrm**') } },
        ],
      },
    },
  ]);
});

onPython('a robot that refuses with 200 is asked again, until it takes the message', async () => {
  messengers.refusing.set('feishu', 2);
  await raise({ alertname: 'TrainingStarted', severity: 'info', training: 'refused' });
  expect(await told('feishu', 'TrainingStarted')).toHaveLength(1);
  expect(messengers.refused.get('feishu')).toBe(2);
});

onPython('an event is told to those who asked, and its end to nobody', async () => {
  const labels = { alertname: 'TrainingSucceeded', severity: 'info', training: 'dlrm' };
  await raise(labels);
  expect(await told('dingtalk', 'TrainingSucceeded')).toMatchObject([
    { markdown: { title: '[通知] TrainingSucceeded · dlrm · shop' } },
  ]);
  await raise(labels, true);
  const other = { ...labels, alertname: 'TrainingFailed', severity: 'critical', training: 'later' };
  await raise(other);
  await told('dingtalk', 'later');
  await raise(other, true);
  await eventually(async () => expect(await told('dingtalk', 'later')).toHaveLength(2), { seconds: 30, every: 0.1 });
  expect(await told('dingtalk', 'TrainingSucceeded')).toHaveLength(1);
  expect(messengers.to('slack').filter(({ body }) => JSON.stringify(body).includes('TrainingSucceeded'))).toEqual([]);
});

test("the watchdog reaches the dead man's switch, and nobody else", async () => {
  await raise({ alertname: 'Watchdog', severity: 'none' });
  expect(await told('dead-man', 'Watchdog')).toHaveLength(1);
  expect(
    messengers.received.filter(({ to, body }) => to !== 'dead-man' && JSON.stringify(body).includes('Watchdog')),
  ).toEqual([]);
});

test('a Secret that changes is used for the next message', async () => {
  writeSecret('slack', 'url', messengers.url('slack-of-later'));
  await raise({ alertname: 'ModelServerSlow', severity: 'warning', server: 'tower' });
  expect(await told('slack-of-later', 'ModelServerSlow')).toHaveLength(1);
});

test('Alertmanager and its relay are admitted as they are, in a restricted namespace, and a second apply changes nothing', async () => {
  const client = new Client(cluster());
  const namespace = 'notify-admission';
  const { all } = monitored({ notify: notify('smtp.example.com:587') }, platform({ namespace }));
  try {
    const answers = [];
    for (const manifest of all) answers.push(await client.apply(manifest));
    expect(answers.flatMap(({ warnings }) => warnings)).toEqual([]);
    // The controller's pod has passed Pod Security.
    await eventually(async () => {
      const pods = await client.list<Pod>('v1', 'Pod', namespace);
      expect(pods.map(({ metadata }) => metadata.name)).toContain(`${NAME}-0`);
    });
    const before = await Promise.all(all.map((manifest) => client.get(manifest)));
    await applyAll(client, all);
    const after = await Promise.all(all.map((manifest) => client.get(manifest)));
    expect(after.map(declared)).toEqual(before.map(declared));
  } finally {
    await deleteAll(client, all);
  }
});
