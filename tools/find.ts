import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from './cache';
import { release } from './gomod';
import { type OnPath, PROGRAMS, type Program, type ProgramName } from './programs';

export interface Found {
  readonly path: string;
  readonly from: 'KUBEBUILDER_ASSETS' | 'cache' | 'PATH';
}

/** Looks for a program where it may already be, best place first, and builds nothing. */
export async function find(name: ProgramName): Promise<Found | undefined> {
  const program: Program = PROGRAMS[name];
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (program.kubebuilder && assets) {
    // Whoever sets it has chosen a version, often an older one on purpose: that one is taken without a question.
    const path = resolve(assets, name);
    if (await isExecutable(path)) return { path, from: 'KUBEBUILDER_ASSETS' };
  }
  const cached = await cachePath(name);
  if (cached !== undefined && (await isExecutable(cached))) return { path: cached, from: 'cache' };
  if (program.onPath === undefined) return undefined;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = resolve(folder, name);
    if (folder === '' || !(await isExecutable(path))) continue;
    if (await agrees(path, program.onPath, release(name))) return { path, from: 'PATH' };
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether the version that a program prints is as close to ours as it has to be. */
async function agrees(path: string, { version, same }: OnPath, ours: string): Promise<boolean> {
  try {
    const { stdout, stderr } = await promisify(execFile)(path, version, { timeout: 10_000 });
    const theirs = /\bv?(\d+)\.(\d+)\.\d+/.exec(stdout || stderr);
    const [major, minor] = ours.split('.');
    return theirs?.[1] === major && (same === 'major' || theirs?.[2] === minor);
  } catch {
    return false; // It doesn't start here (a version manager's shim, another architecture): then it is of no use.
  }
}
