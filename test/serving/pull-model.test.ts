import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LIB = join(__dirname, '../../lib/serving');
const SCRIPT = join(LIB, 'pull-model.sh');
/** What Kubernetes sees of a process that was killed. */
const KILLED = { status: null, signal: 'SIGKILL' };

/** Copies the source, as rclone does, and notes with which arguments it was called. */
const RCLONE = `echo "$@" >> "$CALLS"
cp -R "$SOURCE/." "$3/"`;

let folder: string;
let source: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-pull-'));
  source = join(folder, 'bucket');
  target = join(folder, 'models', 'dlrm');
  mkdirSync(join(folder, 'bin'));
  put({ 'config.pbtxt': 'name: "dlrm"', '1/model.onnx': 'weights' });
  program('rclone', RCLONE);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lays files into the bucket. */
function put(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), content);
  }
}

/** Puts a program before all others of its name. */
function program(name: string, body: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\nset -eu\n${body}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

function environment(env: Record<string, string>): Record<string, string> {
  return {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    SOURCE: source,
    CALLS: join(folder, 'calls'),
    MODEL_SOURCE: 'store:models/dlrm/42',
    MODEL_FOLDER: target,
    MODEL_BYTES: '4096',
    PULL_SECONDS: '738',
    ...env,
  };
}

function pull(env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', env: environment(env) } as const;
  const { status, signal, stdout, stderr } = spawnSync('sh', [SCRIPT], options);
  return { status, signal, stdout, stderr };
}

/** How rclone was called, one line for each time. */
function calls(): string[] {
  return existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n') : [];
}

/** The files of the model that is in place, with their content. */
function inPlace(): Record<string, string> {
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ name, parentPath }) => {
      const path = join(parentPath, name);
      return [path.slice(target.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

/** The checksum by its definition: of the list of `<sha256>  ./<path>`, in the order of their bytes. */
function checksum(files: Record<string, string>): string {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const names = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(`./${a}`), Buffer.from(`./${b}`)));
  return sha256(names.map((name) => `${sha256(files[name] ?? '')}  ./${name}\n`).join(''));
}

/** The command that a documentation gives between backticks, run in the bucket: its first word is the checksum. */
function documented(file: string): string {
  const text = readFileSync(join(LIB, file), 'utf8');
  const [, command] = /`(find \. [^`]+)`/.exec(text) ?? [];
  if (command === undefined) throw new Error(`${file} documents no command`);
  // Inside the comment it stands as a user would type it.
  const output = execFileSync('sh', ['-c', command], {
    cwd: source,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return output.split(' ')[0] ?? '';
}

const FILES = { 'config.pbtxt': 'name: "dlrm"', '1/model.onnx': 'weights' };

test('a model is copied and put in place as a whole, and nothing else is left', () => {
  expect(pull()).toEqual({ status: 0, signal: null, stdout: `the model is in place: ${target}\n`, stderr: '' });
  expect(inPlace()).toEqual(FILES);
  expect(readdirSync(dirname(target))).toEqual(['dlrm']);
});

test('kserve#5611: rclone is told to give up when it is idle or takes too long, and to try again', () => {
  pull();
  expect(calls()).toEqual([
    `copy store:models/dlrm/42 ${target}.incoming --max-duration 738s --contimeout 15s --timeout 60s ` +
      '--retries 3 --low-level-retries 10 --stats 15s --stats-one-line --stats-log-level NOTICE',
  ]);
});

test('a model in a folder below others, as TensorFlow Serving wants it, is put there', () => {
  target = join(folder, 'models', 'dlrm', '42');
  expect(pull().status).toBe(0);
  expect(inPlace()).toEqual(FILES);
  expect(readdirSync(dirname(target))).toEqual(['42']);
});

test('kserve#3256: a container that is started again with the model in place copies nothing', () => {
  pull();
  const again = pull();
  expect(again).toMatchObject({ status: 0, stdout: `the model is in place: ${target}\n` });
  expect(calls()).toHaveLength(1);
});

test('a model with the right checksum is put in place', () => {
  expect(pull({ MODEL_SHA256: checksum(FILES) }).status).toBe(0);
  expect(inPlace()).toEqual(FILES);
});

test('a model with another checksum never appears, what was copied is deleted, and both checksums are told', () => {
  const other = 'f'.repeat(64);
  const result = pull({ MODEL_SHA256: other });
  expect(result.status).toBe(1);
  expect(result.stderr).toBe(
    `checksum of store:models/dlrm/42 is ${checksum(FILES)}, not ${other}: deleting what was copied\n`,
  );
  expect(readdirSync(dirname(target))).toEqual([]);
});

test('after a damaged copy, the next attempt works when the source is whole again', () => {
  const MODEL_SHA256 = checksum(FILES);
  put({ '1/model.onnx': 'damaged' });
  expect(pull({ MODEL_SHA256 }).status).toBe(1);
  put({ '1/model.onnx': 'weights' });
  expect(pull({ MODEL_SHA256 }).status).toBe(0);
  expect(inPlace()).toEqual(FILES);
});

test.each([
  ['a file more', { 'extra.bin': 'x' }],
  ['an empty file more', { 'extra.bin': '' }],
  ['another content of the same length', { '1/model.onnx': 'weightz' }],
])('the checksum notices %s', (_what, files) => {
  put(files);
  expect(pull({ MODEL_SHA256: checksum(FILES) }).status).toBe(1);
});

test('the checksum notices a file that moved', () => {
  put({ '2/model.onnx': 'weights' });
  rmSync(join(source, '1'), { recursive: true });
  expect(pull({ MODEL_SHA256: checksum(FILES) }).status).toBe(1);
});

test('killed in the middle of the copy, it leaves no model, and the next run finishes what was begun', () => {
  program('rclone', `echo "$@" >> "$CALLS"\ncp "$SOURCE/config.pbtxt" "$3/"\nkill -KILL $PPID`);
  expect(pull()).toMatchObject(KILLED);
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(`${target}.incoming`)).toEqual(['config.pbtxt']);

  program('rclone', RCLONE);
  expect(pull({ MODEL_SHA256: checksum(FILES) }).status).toBe(0);
  expect(inPlace()).toEqual(FILES);
  expect(readdirSync(dirname(target))).toEqual(['dlrm']);
});

test('when the checksum can not be computed, no model appears, and the next run works', () => {
  const MODEL_SHA256 = checksum(FILES);
  program('sha256sum', 'kill -KILL $$');
  expect(pull({ MODEL_SHA256 }).status).toBe(1);
  expect(existsSync(target)).toBe(false);
  rmSync(join(folder, 'bin', 'sha256sum'));
  expect(pull({ MODEL_SHA256 }).status).toBe(0);
  expect(inPlace()).toEqual(FILES);
});

test('killed right before the model is put in place, it leaves none, and the next run works', () => {
  program('mv', 'kill -KILL $PPID');
  expect(pull()).toMatchObject(KILLED);
  expect(existsSync(target)).toBe(false);
  rmSync(join(folder, 'bin', 'mv'));
  expect(pull().status).toBe(0);
  expect(inPlace()).toEqual(FILES);
});

test('killed right after the model was put in place, the next run finds it there', () => {
  program('mv', '/bin/mv "$@"\nkill -KILL $PPID');
  expect(pull()).toMatchObject(KILLED);
  expect(inPlace()).toEqual(FILES);
  expect(pull().status).toBe(0);
  expect(calls()).toHaveLength(1);
});

test('when rclone fails, so does the pull, and the next run goes on with what is there', () => {
  program('rclone', `cp "$SOURCE/config.pbtxt" "$3/"\nexit 5`);
  expect(pull().status).toBe(5);
  expect(existsSync(target)).toBe(false);
  program('rclone', `test -f "$3/config.pbtxt"\n${RCLONE}`);
  expect(pull().status).toBe(0);
  expect(inPlace()).toEqual(FILES);
});

test('an object store calls a folder that is missing an empty one: that is an error here', () => {
  program('rclone', 'exit 0');
  expect(pull()).toEqual({ status: 1, signal: null, stdout: '', stderr: 'nothing lies at store:models/dlrm/42\n' });
  expect(existsSync(target)).toBe(false);
});

test('folders without a file in them are no model', () => {
  program('rclone', 'mkdir -p "$3/1/variables"');
  expect(pull()).toMatchObject({ status: 1, stderr: 'nothing lies at store:models/dlrm/42\n' });
  expect(existsSync(target)).toBe(false);
});

test('a source that rclone does not find is its error, and works once it is there', () => {
  program('rclone', 'exit 3');
  expect(pull().status).toBe(3);
  program('rclone', RCLONE);
  expect(pull().status).toBe(0);
});

test('names of files may hold blanks, quotes, letters beyond ASCII and a leading dash', () => {
  const files = {
    'my model.bin': '1',
    'it\'s/a "b"': '2',
    'größe.txt': '3',
    '-n': '4',
    'a  b/ c': '5',
    '$HOME *': '6',
  };
  put(files);
  const all = { ...FILES, ...files };
  expect(pull({ MODEL_SHA256: checksum(all) })).toMatchObject({ status: 0, stderr: '' });
  expect(inPlace()).toEqual(all);
});

test('the order of the checksum is that of bytes, in any locale', () => {
  const files = { B: '1', 'a-b': '2', 'a.b': '3', a_b: '4', 'a/b': '5', 'a b': '6' };
  put(files);
  expect(pull({ MODEL_SHA256: checksum({ ...FILES, ...files }), LC_ALL: 'en_US.UTF-8' }).status).toBe(0);
});

test('a thousand files make one checksum', () => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`shards/${i}`, String(i)]));
  put(files);
  expect(pull({ MODEL_SHA256: checksum({ ...FILES, ...files }) }).status).toBe(0);
});

test("the command in ModelArtifact's documentation prints the checksum that the script accepts", () => {
  put({ 'my model.bin': 'blanks', "it's": 'a quote' });
  const MODEL_SHA256 = documented('model-artifact.ts');
  expect(MODEL_SHA256).toMatch(/^[0-9a-f]{64}$/);
  expect(pull({ MODEL_SHA256 }).status).toBe(0);
});

test('the command at the head of the script prints the checksum that it accepts, for names with blanks, too', () => {
  put({ 'my model.bin': 'blanks' });
  const MODEL_SHA256 = documented('pull-model.sh');
  expect(MODEL_SHA256).toMatch(/^[0-9a-f]{64}$/);
  expect(pull({ MODEL_SHA256 }).status).toBe(0);
});

test('a disk without room for the model is left alone, and both sizes are told', () => {
  program('df', 'echo "Filesystem 1024-blocks Used Available Capacity Mounted on"\necho "/dev/x 9 9 2048 99% /"');
  expect(pull({ MODEL_BYTES: String(3 * 2 ** 20) })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^no room for the model: it needs \d+ MiB more, and 2 MiB are free\n$/),
  });
  expect(calls()).toEqual([]);
});

test('what was copied before needs no room again', () => {
  mkdirSync(`${target}.incoming`, { recursive: true });
  writeFileSync(join(`${target}.incoming`, 'config.pbtxt'), Buffer.alloc(4 * 2 ** 20));
  program('df', 'echo head\necho "/dev/x 9 9 512 99% /"');
  expect(pull({ MODEL_BYTES: String(3 * 2 ** 20) }).status).toBe(0);
});

test('kserve#3256: what was copied is on the disk before the model appears, should the node lose power', () => {
  program('sync', 'echo sync >> "$CALLS"');
  program('mv', 'echo mv >> "$CALLS"\n/bin/mv "$@"');
  expect(pull().status).toBe(0);
  expect(calls().slice(1)).toEqual(['sync', 'mv']);
});

test('a model in place is not read again: that would take a large one minutes at every start', () => {
  pull({ MODEL_SHA256: checksum(FILES) });
  program('sha256sum', 'echo hashed >> "$CALLS"');
  expect(pull({ MODEL_SHA256: checksum(FILES) }).status).toBe(0);
  expect(calls()).toHaveLength(1);
});

describe('in the cache of a node', () => {
  // Pods wait here for seconds.
  jest.setTimeout(30_000);

  const lock = () => join(folder, 'models', '.locks', 'dlrm');

  /** With the programs that they call, each is a group of processes. */
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) end(child);
  });

  function end({ pid }: ChildProcess): void {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  /** Starts a pull and does not wait for it. */
  function start(env: Record<string, string> = {}) {
    const child = spawn('sh', [SCRIPT], { env: environment({ MODEL_LOCK: lock(), ...env }), detached: true });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    const ended = once(child, 'close').then(([status]) => ({ status, output }));
    return { child, ended };
  }

  /** Waits, for at most 10 s, until a file is there. */
  async function appears(file: string): Promise<void> {
    for (let i = 0; i < 500 && !existsSync(file); i++) await sleep(20);
    expect(existsSync(file)).toBe(true);
  }

  test('kserve#3869: two pods of a node that need one model copy it once', async () => {
    program('rclone', `${RCLONE}\ntouch "$CALLS.begun"\nsleep 1`);
    const first = start();
    await appears(join(folder, 'calls.begun'));
    const second = start();
    expect((await first.ended).status).toBe(0);
    expect(await second.ended).toEqual({
      status: 0,
      output: `another pod of this node is copying the model: waiting for it\nthe model is in place: ${target}\n`,
    });
    expect(calls()).toHaveLength(1);
    expect(inPlace()).toEqual(FILES);
  });

  test('a pod that is killed while it copies leaves no lock, and the next one finishes what was begun', async () => {
    program('rclone', 'cp "$SOURCE/config.pbtxt" "$3/"\nkill -KILL $PPID');
    expect(pull({ MODEL_LOCK: lock() })).toMatchObject(KILLED);
    program('rclone', `test -f "$3/config.pbtxt"\n${RCLONE}`);
    expect(pull({ MODEL_LOCK: lock() }).status).toBe(0);
    expect(inPlace()).toEqual(FILES);
  });

  test('a pod does not wait for ever for another one', async () => {
    program('rclone', 'touch "$CALLS.begun"\nsleep 60');
    const first = start();
    await appears(join(folder, 'calls.begun'));
    const { status, stderr } = pull({ MODEL_LOCK: lock(), PULL_SECONDS: '1' });
    expect([status, stderr]).toEqual([1, 'another pod of this node has been copying the model for 1 s: giving up\n']);
    end(first.child);
    await first.ended;
  });

  test('a copy that took long counts as used from its end, when its pod is about to mount it', () => {
    program('rclone', `touch -d 2026-01-01 '${lock()}'\n${RCLONE}`);
    pull({ MODEL_LOCK: lock() });
    expect(statSync(lock()).mtime.getTime()).toBeGreaterThan(new Date('2026-01-02').getTime());
  });

  test('every start marks the model as used, also where it is in place', () => {
    pull({ MODEL_LOCK: lock() });
    const old = new Date('2026-01-01');
    utimesSync(lock(), old, old);
    pull({ MODEL_LOCK: lock() });
    expect(statSync(lock()).mtime.getTime()).toBeGreaterThan(old.getTime());
  });
});

test('a variable that is missing stops it before anything is touched', () => {
  const { status } = spawnSync('sh', [SCRIPT], { env: { PATH: process.env.PATH ?? '', MODEL_FOLDER: target } });
  expect(status).not.toBe(0);
  expect(existsSync(target)).toBe(false);
});
