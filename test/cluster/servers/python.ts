import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from '../../../lib/core/hash';
import { cacheRoot } from '../../../tools/cache';

/** Packages in an environment of their own, or why they can't be had here. */
export type Packages = Installed | { readonly missing: string };

interface Installed {
  /** Folder of the programs, to be put on PATH. */
  readonly bin: string;
  /** Folder of the packages. */
  readonly site: string;
  /** Of Python, as `3.11`. */
  readonly version: string;
}

/** Bounds the download and installation of some hundred megabytes. */
const INSTALL_MS = 10 * 60_000;

/**
 * Installs packages of exact versions, once, into the cache of programs that tests run. Without a Python that can, it
 * says what is missing: nothing else needs Python, so that its absence is no error.
 */
export function pythonPackages(requirements: readonly string[]): Packages {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: 'Linux on x86-64' };
  const version = run('python3', ['-c', 'import sys, ensurepip, venv; print(*sys.version_info[:2], sep=".")']);
  if (version === undefined) return { missing: 'python3 with venv and pip' };
  if (!/^3\.1[0-2]$/.test(version)) return { missing: `Python 3.10 to 3.12 (python3 is ${version})` };
  const folder = join(cacheRoot(), `python-${version}-${hash(requirements.join())}`);
  const complete = join(folder, 'complete');
  const installed = { bin: join(folder, 'bin'), site: join(folder, `lib/python${version}/site-packages`), version };
  if (existsSync(complete)) return installed;
  process.stderr.write(`installing ${requirements.join(', ')} into ${folder}\n`);
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  const log = run(join(folder, 'bin/pip'), ['install', '--disable-pip-version-check', ...requirements]);
  if (log === undefined) return { missing: `a package index that has ${requirements.join(', ')}` };
  writeFileSync(complete, log);
  return installed;
}

/** The output of a program, or undefined when it isn't there or fails. */
function run(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_MS });
  return status === 0 ? stdout.trim() : undefined;
}
