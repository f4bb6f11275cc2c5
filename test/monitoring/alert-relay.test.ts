import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../cluster/harness/ports';
import { hasPython, onPython } from '../python';

const SCRIPT = join(__dirname, '../../lib/monitoring/alert-relay.py');

// A process of Python takes its time to start on a busy machine.
jest.setTimeout(30_000);

interface Said {
  readonly msgtype?: string;
  readonly markdown?: { readonly title?: string; readonly text?: string; readonly content?: string };
  readonly card?: {
    readonly header: { readonly template: string };
    readonly elements: [{ text: { content: string } }];
  };
}

const TYPES = ['dingtalk', 'wecom', 'feishu'] as const;
const LANGUAGES = ['en', 'zh'] as const;

let folder: string;
let robot: Server;
let relay: ChildProcess | undefined;
let relayUrl: string;
let log = '';
let said: { path: string; body: Said; length: number }[];
/** What the robot answers. */
let answer: { status: number; body: string };
let tests = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-relay-'));
  robot = createServer((request, response) => {
    text(request).then((body) => {
      said.push({ path: request.url ?? '', body: JSON.parse(body), length: Buffer.byteLength(body) });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await once(robot.listen(0, '127.0.0.1'), 'listening');
  if (!hasPython) return;
  const port = await freePort();
  const robots = TYPES.flatMap((type) =>
    LANGUAGES.map((language) => [`${type}-${language}`, { type, language, url: join(folder, 'url') }] as const),
  );
  const config = file('relay.json', JSON.stringify({ port, robots: Object.fromEntries(robots) }));
  relay = spawn('python3', ['-B', SCRIPT, config], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [relay.stdout, relay.stderr]) {
    stream?.on('data', (chunk) => {
      log += chunk;
    });
  }
  relayUrl = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await fetch(relayUrl).catch(() => undefined)) return;
    await sleep(50);
  }
  throw new Error(`the relay does not listen: ${log}`);
});

beforeEach(() => {
  said = [];
  answer = { status: 200, body: '{"errcode":0,"code":0}' };
  tests += 1;
  file('url', `${robotUrl()}\n`);
});

afterAll(async () => {
  if (relay?.exitCode === null && relay.signalCode === null) {
    relay.kill('SIGKILL');
    await once(relay, 'exit');
  }
  robot.closeAllConnections();
  await new Promise((resolve) => robot.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Another one in each test, so that none is slowed down by those before it. */
const robotUrl = () => `http://127.0.0.1:${(robot.address() as AddressInfo).port}/send?key=token-${tests}`;
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const alert = (props: {
  status?: string;
  severity?: string;
  summary?: string;
  description?: string;
  link?: string;
}) => ({
  status: props.status ?? 'firing',
  labels: { alertname: 'TrainingFailed', severity: props.severity ?? 'critical', training: 'dlrm' },
  annotations: {
    summary: props.summary ?? 'dlrm failed',
    ...(props.description === undefined ? {} : { description: props.description }),
    ...(props.link === undefined ? {} : { runbook_url: props.link }),
  },
  startsAt: '2026-11-11T08:00:00.123Z',
});

async function post(name: string, alerts: object[]): Promise<{ status: number; text: string }> {
  const labels = { alertname: 'TrainingFailed', training: 'dlrm' };
  const body = JSON.stringify({ alerts, groupLabels: labels, commonLabels: labels, truncatedAlerts: 0 });
  const response = await fetch(`${relayUrl}/${name}`, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
}

const textOf = ({ body }: { body: Said } = { body: {} }): string =>
  body.markdown?.text ?? body.markdown?.content ?? body.card?.elements[0].text.content ?? '';

describe('what is not delivered is answered with a 5xx, so that Alertmanager tries again', () => {
  onPython.each([
    [
      'a code in the body of a 200',
      200,
      '{"errcode":310000,"errmsg":"sign not match"}',
      502,
      'the robot refuses: 310000 sign not match',
    ],
    [
      'the code of Feishu',
      200,
      '{"code":19021,"msg":"sign match fail"}',
      502,
      'the robot refuses: 19021 sign match fail',
    ],
    ['a page of a proxy', 200, '<html>', 502, 'the robot answers no JSON object'],
    ['JSON of something else', 200, '{}', 502, 'the robot refuses: None'],
    ['a list', 200, '[]', 502, 'the robot answers no JSON object'],
    ['a server error', 500, '', 502, 'the robot answers 500'],
    ['a wrong address', 404, '', 502, 'the robot answers 404'],
  ])('%s', async (_, status, body, expected, why) => {
    answer = { status, body };
    expect(await post('dingtalk-en', [alert({})])).toEqual({ status: expected, text: why });
    expect(said).toHaveLength(1);
  });

  onPython('a robot that is not reached', async () => {
    file('url', `http://127.0.0.1:${await freePort()}/`);
    expect(await post('wecom-en', [alert({})])).toEqual({ status: 502, text: 'no answer of the robot: URLError' });
  });

  onPython.each([
    ['a Secret that is not there yet', undefined, 'No such file or directory'],
    ['a Secret with something else', 'the token alone', 'holds no URL'],
  ])('%s', async (_, content, why) => {
    rmSync(join(folder, 'url'));
    if (content !== undefined) file('url', content);
    expect(await post('wecom-en', [alert({})])).toEqual({ status: 500, text: expect.stringContaining(why) });
  });
});

onPython('no more than 20 messages a minute: the robot would close itself for longer', async () => {
  const answers = [];
  for (let index = 0; index < 22; index++) answers.push((await post('dingtalk-en', [alert({})])).status);
  expect(answers).toEqual([...Array(20).fill(200), 503, 503]);
  expect(said).toHaveLength(20);
});

describe.each([
  ['wecom', 4096],
  ['dingtalk', 20_000],
  ['feishu', 20_000],
] as const)('%s', (type, limit) => {
  onPython('a flood of alerts fits into one message, which says how many are not in it', async () => {
    const wide = '训练失败"\n'.repeat(100);
    const link = `https://docs.example.com/${'x'.repeat(270)}`;
    const flood = Array.from({ length: 100 }, () => alert({ summary: wide, description: wide, link }));
    expect((await post(`${type}-zh`, flood)).status).toBe(200);
    const message = said[0];
    const shown = textOf(message).split('级别').length - 1;
    expect(shown).toBeGreaterThan(0);
    expect(textOf(message)).toMatch(new RegExp(`\n\n… 另有 ${100 - shown} 条$`));
    expect(type === 'wecom' ? Buffer.byteLength(textOf(message)) : message?.length).toBeLessThanOrEqual(limit);
  });
});

onPython('what fires comes before what is resolved', async () => {
  await post('wecom-en', [alert({ status: 'resolved', summary: 'gone' }), alert({ summary: 'here' })]);
  expect(textOf(said[0])).toMatch(/^### \[FIRING] .*\n\n\*\*here\*\*[\s\S]*\*\*RESOLVED: gone\*\*/);
});

onPython.each([
  ['red', [alert({}), alert({ severity: 'warning' })]],
  ['orange', [alert({ severity: 'warning' })]],
  ['blue', [alert({ severity: 'info' })]],
  ['green', [alert({ status: 'resolved' })]],
])('a card is %s for what it tells', async (colour, alerts) => {
  await post('feishu-en', alerts);
  expect(said[0]?.body.card?.header.template).toBe(colour);
});

onPython.each(['<@all>', '<at id=all></at>', '<font color="info">'])(
  'the text of an alert calls nobody by %s',
  async (tag) => {
    await post('wecom-en', [alert({ description: `from a log: ${tag}` })]);
    expect(textOf(said[0])).toContain('from a log: < ');
    expect(textOf(said[0])).not.toContain(tag);
  },
);

onPython('a link is a link only if it is one', async () => {
  await post('wecom-en', [alert({ link: 'javascript:alert(1)' }), alert({ link: 'https://docs.example.com/a)b' })]);
  expect(textOf(said[0])).not.toMatch(/\]\(/);
});

onPython('neither addresses nor their tokens are logged', async () => {
  await post('dingtalk-en', [alert({})]);
  answer = { status: 403, body: '' };
  await post('dingtalk-en', [alert({})]);
  file('url', 'https://not a url?key=token');
  await post('dingtalk-en', [alert({})]);
  file('url', 'http://[?key=token');
  expect((await post('dingtalk-en', [alert({})])).status).toBe(502);
  for (let attempt = 0; attempt < 100 && !log.includes('no answer of the robot'); attempt++) await sleep(20);
  expect(log).toContain('dingtalk-en: delivered 1');
  expect(log).toContain('dingtalk-en: the robot answers 403');
  expect(log).not.toContain('token');
});

onPython('a robot that is not known is an error that no retry mends', async () => {
  expect((await post('other', [alert({})])).status).toBe(404);
});

onPython(
  'it ends when it is told to: as first process of a container it would be killed only after 30 seconds',
  async () => {
    relay?.kill('SIGTERM');
    expect(await once(relay as ChildProcess, 'exit')).toEqual([0, null]);
  },
);
