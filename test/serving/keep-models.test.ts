import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../lib/serving/keep-models.sh');
const DAY = 86_400;

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-keep-'));
  cache = join(folder, 'shop', 'cache');
  mkdirSync(join(cache, '.locks'), { recursive: true });
  writeFileSync(join(folder, 'wanted'), '');
  writeFileSync(join(folder, 'mounts'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a model of 1 MiB into the cache, last used some days ago. */
function cached(model: string, daysAgo: number, suffix = ''): void {
  mkdirSync(join(cache, `${model}${suffix}`), { recursive: true });
  writeFileSync(join(cache, `${model}${suffix}`, 'weights'), Buffer.alloc(2 ** 20));
  writeFileSync(join(cache, '.locks', model), '');
  const then = Date.now() / 1000 - daysAgo * DAY;
  utimesSync(join(cache, '.locks', model), then, then);
}

const wanted = (...models: string[]) => writeFileSync(join(folder, 'wanted'), `${models.join('\n')}\n`);

/** Writes a mount of a model as the kubelet makes it, into the form of /proc/1/mountinfo. */
function mounted(model: string): void {
  const at = '/var/lib/kubelet/pods/1d1c/volume-subpaths/shop-cache/server/0';
  const line = `412 28 259:1 /var/lib/recstack/shop/cache/${model} ${at} rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw\n`;
  writeFileSync(join(folder, 'mounts'), line);
}

function keep(env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('sh', [SCRIPT], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      CACHE_FOLDER: cache,
      CACHE_KIB: String(2 ** 20),
      KEEP_SECONDS: String(7 * DAY),
      WANTED_FILE: join(folder, 'wanted'),
      MOUNTS_FILE: join(folder, 'mounts'),
      ...env,
    },
  });
  return { status, stdout, stderr };
}

const left = () => readdirSync(cache).filter((name) => name !== '.locks');

/** Room for two models of 1 MiB, and for what the file system itself takes. */
const TWO = { CACHE_KIB: String(2 * 1024 + 512) };

test('a model that nobody has used for long is deleted, and others stay', () => {
  cached('old', 8);
  cached('new', 6);
  expect(keep()).toEqual({ status: 0, stdout: 'deleted: old\n', stderr: '' });
  expect(left()).toEqual(['new']);
});

test('a wanted model stays, however long ago its pods were started', () => {
  cached('dlrm-42', 20);
  wanted('dlrm-42');
  expect(keep().stdout).toBe('');
  expect(left()).toEqual(['dlrm-42']);
});

test('a model counts as used until it leaves the list, so that a rollout and a rollback find it', () => {
  cached('dlrm-42', 20);
  wanted('dlrm-42');
  keep();
  wanted('dlrm-43');
  keep();
  expect(left()).toEqual(['dlrm-42']);
  expect(Date.now() - statSync(join(cache, '.locks', 'dlrm-42')).mtimeMs).toBeLessThan(60_000);
});

test('a model that a pod has mounted stays, wanted or not', () => {
  cached('dlrm-42', 20);
  mounted('dlrm-42');
  keep({ CACHE_KIB: '1' });
  expect(left()).toEqual(['dlrm-42']);
});

test('a mount or a wish for a model whose name begins alike protects nothing', () => {
  cached('dlrm-4', 8);
  mounted('dlrm-42');
  wanted('dlrm-42');
  keep();
  expect(left()).toEqual([]);
});

test('above its size, the models that were idle for longest go first, and no more than needed', () => {
  cached('oldest', 5);
  cached('newest', 1);
  cached('older', 3);
  expect(keep(TWO).stdout).toBe('deleted: oldest\n');
  expect(left().sort()).toEqual(['newest', 'older']);
});

test('above its size, a model that was used within the hour stays: its pod may be about to mount it', () => {
  for (const model of ['a', 'b', 'c']) cached(model, 0.01);
  expect(keep(TWO)).toEqual({
    status: 0,
    stdout: '',
    stderr: 'the cache holds 3 MiB, more than it may, and all of it is in use\n',
  });
  expect(left()).toHaveLength(3);
});

test('however short models are kept, one that was used within the hour stays: its pod may be about to mount it', () => {
  cached('just-copied', 0.01);
  cached('idle', 0.1);
  keep({ KEEP_SECONDS: '60' });
  expect(left()).toEqual(['just-copied']);
});

test('half a copy that nobody goes on with is deleted, and one that is wanted stays to be continued', () => {
  cached('given-up', 8, '.incoming');
  cached('dlrm-43', 8, '.incoming');
  wanted('dlrm-43');
  keep();
  expect(left()).toEqual(['dlrm-43.incoming']);
});

test('a model that is being copied is left alone', () => {
  cached('dlrm-42', 8, '.incoming');
  const held = `exec 9>>"${join(cache, '.locks', 'dlrm-42')}"; flock -n 9; exec sh "${SCRIPT}" 8>&9 9>&-`;
  const { status } = spawnSync('sh', ['-c', held], {
    env: {
      PATH: process.env.PATH ?? '',
      CACHE_FOLDER: cache,
      CACHE_KIB: '1',
      KEEP_SECONDS: '1',
      WANTED_FILE: join(folder, 'wanted'),
      MOUNTS_FILE: join(folder, 'mounts'),
    },
  });
  expect(status).toBe(0);
  expect(left()).toEqual(['dlrm-42.incoming']);
});

test('what a round that was killed has left is finished, also for a model that was copied anew', () => {
  cached('dlrm-42', 0, '.deleting');
  cached('dlrm-42', 0);
  wanted('dlrm-42');
  keep();
  expect(left()).toEqual(['dlrm-42']);
});

test('what is no model of the cache is never touched', () => {
  mkdirSync(join(cache, 'lost+found'));
  cached('old', 8);
  keep({ CACHE_KIB: '1' });
  expect(left()).toEqual(['lost+found']);
});

test.each(['wanted', 'mounts'])('without %s, nothing is deleted', (file) => {
  cached('old', 8);
  rmSync(join(folder, file));
  expect(keep({ CACHE_KIB: '1' })).toEqual({
    status: 1,
    stdout: '',
    stderr: `can't read ${join(folder, 'wanted')} and ${join(folder, 'mounts')}: deleting nothing\n`,
  });
  expect(left()).toEqual(['old']);
});

test('a cache that no pod has used yet is fine', () => {
  rmSync(join(cache, '.locks'), { recursive: true });
  expect(keep()).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(existsSync(cache)).toBe(true);
});

test('an empty cache is fine', () => {
  expect(keep()).toEqual({ status: 0, stdout: '', stderr: '' });
});
