/**
 * PyTorch for CPUs as Debian packages it, unpacked into the cache of programs: the wheels of the package index bring
 * gigabytes of CUDA. Nothing of the system is changed, and it needs Debian's own python3 of the same release.
 *
 * As a command, `npx tsx tools/pytorch.ts` fetches it where it is not there yet.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from './cache';

const PACKAGE = 'python3-torch';
const PYTHON = '/usr/bin/python3';
const LIMIT_MS = 10 * 60_000;

/** Where PyTorch lies, and what a process needs to find it. */
export interface Pytorch {
  /** A root file system with what the system's own lacks; its `bin` has a `python`. */
  readonly folder: string;
  /** The folders of shared libraries, as paths inside of `folder`. */
  readonly libraries: readonly string[];
  /** The folder of Python packages, likewise. */
  readonly packages: string;
}

/** What is there, or undefined where it would have to be fetched first. */
export function findPytorch(): Pytorch | undefined {
  const folder = folderOf();
  if (folder === undefined || !existsSync(join(folder, 'complete'))) return undefined;
  const libraries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(usr\/)?lib\/(.*\/)?lib[^/]*\.so\.[^/]*$/.test(path))
    .map((path) => `/${path.slice(0, path.lastIndexOf('/'))}`);
  return {
    folder,
    libraries: [...new Set(libraries)].sort(),
    packages: '/usr/lib/python3/dist-packages',
  };
}

/** Fetches it, unless it is there. @throws Error where this machine can't have it */
export function fetchPytorch(): Pytorch {
  const found = findPytorch();
  if (found !== undefined) return found;
  const folder = folderOf();
  if (folder === undefined) throw new Error(`${PACKAGE} needs Debian's apt and python3`);
  const work = `${folder}.${process.pid}`;
  const debs = join(work, 'debs');
  mkdirSync(debs, { recursive: true });
  try {
    run('apt-get', ['download', ...missingPackages()], debs);
    for (const deb of readdirSync(debs)) run('dpkg', ['-x', deb, '..'], debs);
    rmSync(debs, { recursive: true });
    mendTorchrun(work);
    // As the images of PyTorch call it.
    mkdirSync(join(work, 'bin'), { recursive: true });
    symlinkSync(PYTHON, join(work, 'bin/python'));
    writeFileSync(join(work, 'complete'), '');
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return fetchPytorch();
}

/** By the release of Debian: its packages fit no other. */
function folderOf(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get') || !existsSync(PYTHON)) return undefined;
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return codename === undefined ? undefined : join(cacheRoot(), `${PACKAGE}-${codename}`);
}

/** PyTorch and what it needs, but for what is installed. */
function missingPackages(): string[] {
  const options = ['--print-uris', '--yes', '--no-install-recommends', '-o', 'Debug::NoLocking=1'];
  const uris = run('apt-get', ['install', ...options, PACKAGE]);
  return [...uris.matchAll(/^'\S+' ([^_]+)_/gm)].flatMap(([, name]) => name ?? []);
}

/** PyTorch 1.13 looks for a flag of 0 among those of an enumeration, where Python 3.11 no longer lists it. */
function mendTorchrun(folder: string): void {
  const file = join(folder, 'usr/lib/python3/dist-packages/torch/distributed/elastic/multiprocessing/api.py');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('for s in Std:', 'for s in (Std.NONE, Std.OUT, Std.ERR, Std.ALL):'));
}

function run(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: LIMIT_MS });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed, does it need apt-get update first? ${stderr}`);
  return stdout;
}

if (require.main === module) console.log(`${PACKAGE}\t${fetchPytorch().folder}`);
