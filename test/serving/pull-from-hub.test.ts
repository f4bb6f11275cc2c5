import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPython } from '../python';

const LIB = join(__dirname, '../../lib/serving');
const SCRIPT = join(LIB, 'pull-from-hub.py');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const SOURCE = `hf://org/model@${COMMIT}`;

/** Large files lie elsewhere, as the hub keeps them. */
const LARGE = Buffer.alloc(300_000, 'weights ');
const FILES: Record<string, Buffer> = {
  'config.json': Buffer.from('{}'),
  'empty.txt': Buffer.alloc(0),
  'a folder/größe.bin': Buffer.from('1'),
  'model.safetensors': LARGE,
};
const isLarge = (name: string) => name.endsWith('.safetensors');
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** What the tree of a commit says of a file. */
function entry(name: string) {
  const data = FILES[name] ?? Buffer.alloc(0);
  const oid = createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
  const lfs = isLarge(name) ? { lfs: { oid: sha256(data), size: data.length, pointerSize: 134 } } : {};
  return { type: 'file', oid, size: data.length, path: name, ...lfs };
}

interface Asked {
  readonly path: string;
  readonly token?: string;
  readonly range?: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

// A process of Python takes its time to start on a busy machine.
jest.setTimeout(30_000);

let folder: string;
let target: string;
let hub: Server;
let store: Server;
let hubUrl: string;
let asked: { hub: Asked[]; store: Asked[] };
/** What the next requests are answered with, by the beginning of their paths, instead of what is right. */
let instead: [string, Answer][];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-hub-'));
  target = join(folder, 'model');
  mkdirSync(target);
  asked = { hub: [], store: [] };
  instead = [];
  store = await listen(asked.store, (request, response) => {
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    response.writeHead(from === undefined ? 200 : 206).end(LARGE.subarray(Number(from ?? 0)));
  });
  const storeUrl = urlOf(store);
  hub = await listen(asked.hub, (request, response) => {
    const url = new URL(request.url ?? '', 'http://hub');
    const path = decodeURIComponent(url.pathname);
    if (path === `/api/models/org/model/tree/${COMMIT}`) {
      const names = Object.keys(FILES);
      const second = url.searchParams.get('cursor') === '2';
      const next = `${urlOf(hub)}${url.pathname}?recursive=true&cursor=2`;
      if (!second) response.setHeader('Link', `<${next}>; rel="next"`);
      const directory = { type: 'directory', oid: 'x', size: 0, path: 'a folder' };
      response.end(JSON.stringify(second ? names.slice(2).map(entry) : [directory, ...names.slice(0, 2).map(entry)]));
      return;
    }
    const name = path.slice(`/org/model/resolve/${COMMIT}/`.length);
    if (FILES[name] === undefined) response.writeHead(404).end();
    else if (isLarge(name)) response.writeHead(302, { location: `${storeUrl}/lfs/${sha256(LARGE)}` }).end();
    else response.end(FILES[name]);
  });
  hubUrl = urlOf(hub);
});
afterEach(async () => {
  for (const server of [hub, store]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

async function listen(log: Asked[], answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    const { authorization: token, range } = request.headers;
    const path = decodeURIComponent(request.url ?? '');
    log.push({ path, ...(token === undefined ? {} : { token }), ...(range === undefined ? {} : { range }) });
    const at = instead.findIndex(([start]) => path.startsWith(start));
    const [found] = at < 0 ? [] : instead.splice(at, 1);
    if (found === undefined) answer(request, response);
    else found[1](request, response, () => answer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function run(command: string[], env: Record<string, string>) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH ?? '',
      HF_ENDPOINT: hubUrl,
      PULL_SECONDS: '20',
      IDLE_SECONDS: '0.5',
      PAUSE_SECONDS: '0.05',
      ...env,
    },
    timeout: 25_000,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

const pull = (env: Record<string, string> = {}) => run(['python3', SCRIPT, SOURCE, target], env);

// Checksums, since Jest takes a second to compare large files byte by byte.
const WHOLE = Object.fromEntries(Object.entries(FILES).map(([name, data]) => [name, sha256(data)]));
const contents = () =>
  Object.fromEntries(Object.keys(FILES).map((name) => [name, existsSync(join(target, name)) && read(name)]));
const read = (name: string) => sha256(readFileSync(join(target, name)));

onPython('all files of a commit are copied, over all pages of the list, and nothing else', async () => {
  expect(await pull()).toEqual({ status: 0, stderr: '' });
  expect(contents()).toEqual(WHOLE);
});

onPython('the token goes to the hub alone, and not to the store that it points to', async () => {
  expect((await pull({ HF_TOKEN: 'hf_secret' })).status).toBe(0);
  expect(new Set(asked.hub.map(({ token }) => token))).toEqual(new Set(['Bearer hf_secret']));
  expect(asked.store.map(({ token }) => token)).toEqual([undefined]);
});

onPython('without a token, none is sent', async () => {
  await pull();
  expect(new Set(asked.hub.map(({ token }) => token))).toEqual(new Set([undefined]));
});

onPython('what is there already is compared and not copied again', async () => {
  await pull();
  asked.store.length = 0;
  expect((await pull()).status).toBe(0);
  expect(asked.store).toEqual([]);
});

onPython('kserve#3256: a copy that was cut off by a reboot goes on where it ended', async () => {
  writeFileSync(join(target, 'model.safetensors'), LARGE.subarray(0, 100_000));
  expect(await pull()).toEqual({ status: 0, stderr: '' });
  expect(asked.store.map(({ range }) => range)).toEqual(['bytes=100000-']);
  expect(read('model.safetensors')).toBe(sha256(LARGE));
});

onPython('a connection that breaks in the middle is made anew, for the rest', async () => {
  instead.push([
    '/lfs',
    (_request, response) => {
      response.writeHead(200, { 'content-length': LARGE.length });
      response.write(LARGE.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 200));
    },
  ]);
  const { status, stderr } = await pull();
  expect(status).toBe(0);
  expect(stderr).toMatch(/^model\.safetensors: .*: trying again in 0\.05 s\n$/);
  expect(asked.store.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-']);
  expect(read('model.safetensors')).toBe(sha256(LARGE));
});

onPython('kserve#5611: a download that stalls is given up and tried again', async () => {
  instead.push([
    '/lfs',
    (_request, response) => {
      response.writeHead(200, { 'content-length': LARGE.length });
      response.write(LARGE.subarray(0, 50_000));
    },
  ]);
  const { status, stderr } = await pull();
  expect([status, stderr]).toEqual([0, 'model.safetensors: timed out: trying again in 0.05 s\n']);
  expect(read('model.safetensors')).toBe(sha256(LARGE));
});

onPython('kserve#5611: an attempt ends when its time is over, and what is there is kept', async () => {
  const stall: Answer = (_request, response) => {
    response.writeHead(200, { 'content-length': LARGE.length });
    response.write(LARGE.subarray(0, 50_000));
  };
  instead.push(...Array.from({ length: 9 }, (): [string, Answer] => ['/lfs', stall]));
  const { status, stderr } = await pull({ PULL_SECONDS: '1' });
  expect(status).toBe(1);
  expect(stderr).toContain('giving up, the time for one attempt is over\n');
  expect(existsSync(join(target, 'model.safetensors'))).toBe(true);
});

onPython('a hub that is busy is asked again', async () => {
  instead.push(['/api', (_request, response) => response.writeHead(503).end()]);
  instead.push(['/org', (_request, response) => response.writeHead(429).end()]);
  expect((await pull()).status).toBe(0);
  expect(contents()).toEqual(WHOLE);
});

onPython.each([401, 403, 404])('%d is final, and says what to look at', async (code) => {
  instead.push(['/api', (_request, response) => response.writeHead(code).end()]);
  expect(await pull()).toEqual({
    status: 1,
    stderr: `the hub answers ${code} to ${hubUrl}/api/models/org/model/tree/${COMMIT}?recursive=true: is there such a commit, and may the token (store.token) read it?\n`,
  });
});

onPython.each(['/lfs', `/org/model/resolve/${COMMIT}/config.json`])(
  'a file that is damaged on its way is copied once more: %s',
  async (path) => {
    const size = path === '/lfs' ? LARGE.length : 2;
    instead.push([path, (_request, response) => response.end(Buffer.alloc(size, 'x'))]);
    const { status, stderr } = await pull();
    expect(status).toBe(0);
    expect(stderr).toMatch(/: checksum is [0-9a-f]+, not [0-9a-f]+: trying again in 0\.05 s\n$/);
    expect(contents()).toEqual(WHOLE);
  },
);

onPython('what was there and is damaged is copied anew', async () => {
  writeFileSync(join(target, 'model.safetensors'), Buffer.alloc(LARGE.length, 'x'));
  expect((await pull()).status).toBe(0);
  expect(read('model.safetensors')).toBe(sha256(LARGE));
});

onPython('a store that can not go on in the middle sends the file from its beginning', async () => {
  writeFileSync(join(target, 'model.safetensors'), LARGE.subarray(0, 100_000));
  instead.push(['/lfs', (_request, response) => response.end(LARGE)]);
  expect((await pull()).status).toBe(0);
  expect(read('model.safetensors')).toBe(sha256(LARGE));
});

onPython('a file that is refused ends the pull at once, whatever else is under way', async () => {
  instead.push([`/org/model/resolve/${COMMIT}/config.json`, (_request, response) => response.writeHead(404).end()]);
  instead.push(['/lfs', (_request, response) => response.writeHead(200).flushHeaders()]);
  const { status, stderr } = await pull({ IDLE_SECONDS: '8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^the hub answers 404 to \S+config\.json: .*\n$/);
});

onPython.each(['../outside', '/outside', 'a/../../outside'])(
  'a file that would lie outside is refused: %s',
  async (path) => {
    instead.push(['/api', (_request, response) => response.end(JSON.stringify([{ ...entry('config.json'), path }]))]);
    expect(await pull()).toEqual({ status: 1, stderr: `the hub names a file that is outside of the model: ${path}\n` });
  },
);

onPython('pull-model.sh puts a model of the hub in place as it does all others', async () => {
  const place = join(folder, 'models', 'llm');
  const env = { MODEL_SOURCE: SOURCE, MODEL_FOLDER: place, MODEL_BYTES: '400000' };
  expect(await run(['sh', join(LIB, 'pull-model.sh')], env)).toEqual({ status: 0, stderr: '' });
  expect(sha256(readFileSync(join(place, 'model.safetensors')))).toBe(sha256(LARGE));
  expect(existsSync(`${place}.incoming`)).toBe(false);
});
