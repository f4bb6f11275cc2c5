import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cachePath, cacheRoot } from './cache';
import { compile } from './compile';
import { find } from './find';
import { release } from './gomod';
import { lock } from './lock';
import { type NameIn, type ProgramName, programsOf, type Tier } from './programs';
import { Progress } from './progress';

/** The absolute path of a program, which is built if it is nowhere yet. */
export async function locate(name: ProgramName): Promise<string> {
  return (await find(name))?.path ?? (await build(name));
}

/** The absolute paths of several programs, or of a whole tier. */
export async function locateAll<T extends Tier>(wanted: T): Promise<Record<NameIn<T>, string>>;
export async function locateAll<Name extends ProgramName>(wanted: readonly Name[]): Promise<Record<Name, string>>;
export async function locateAll(wanted: Tier | readonly ProgramName[]): Promise<Partial<Record<ProgramName, string>>> {
  const paths: Partial<Record<ProgramName, string>> = {};
  // One after the other: a single build keeps all cores busy.
  for (const name of typeof wanted === 'string' ? programsOf(wanted) : wanted) paths[name] = await locate(name);
  return paths;
}

async function build(name: ProgramName): Promise<string> {
  const path = await cachePath(name);
  if (path === undefined) throw new Error(`${name} is not on this machine, and there is no Go on PATH to build it`);
  await mkdir(dirname(path), { recursive: true });
  const turn = await waitForTurn(name);
  try {
    // Whoever had the turn before may have built this very program.
    const found = await find(name);
    if (found !== undefined) return found.path;
    await compileInto(path, name);
    return path;
  } finally {
    await turn.release();
  }
}

/** One lock for the whole cache, so that two processes neither build the same program nor compete for the cores. */
async function waitForTurn(name: ProgramName) {
  let progress: Progress | undefined;
  const turn = await lock(join(cacheRoot(), 'build.lock'), name, ({ pid, purpose }) => {
    progress ??= new Progress(`${name}: waiting for its turn`);
    progress.update(`process ${pid} builds ${purpose}`);
  });
  progress?.end('done');
  return turn;
}

/** The program gets its name only when it is whole: what an interrupted build leaves is never taken for it. */
async function compileInto(path: string, name: ProgramName): Promise<void> {
  const partial = `${path}.partial`;
  const progress = new Progress(`${name} ${release(name)}`);
  try {
    await rm(partial, { force: true });
    await compile(name, partial, progress);
    await rename(partial, path);
    const { size } = await stat(path);
    progress.end(`built, ${Math.round(size / 1e6)} MB`);
  } catch (error) {
    progress.end('failed');
    throw error;
  }
}
