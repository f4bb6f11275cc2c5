import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildArguments, buildEnvironment, goEnvironment } from './go';
import { moduleFolder, release } from './gomod';
import { PROGRAMS, type Program, type ProgramName } from './programs';

/** Outside the checkout, so that every clone and every CI run on the machine shares one. */
export function cacheRoot(): string {
  const { RECSTACK_TOOLS, XDG_CACHE_HOME } = process.env;
  if (RECSTACK_TOOLS) return resolve(RECSTACK_TOOLS);
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'recstack', 'tools');
}

/**
 * Where a program lies once it is built. The hash covers all that decides the binary, so what is there is right.
 * Undefined on a machine without Go, where nothing can be built.
 */
export async function cachePath(name: ProgramName): Promise<string | undefined> {
  const go = await goEnvironment();
  if (go === undefined) return undefined;
  const program: Program = PROGRAMS[name];
  const folder = moduleFolder(program.module);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([buildArguments(name), buildEnvironment, go]));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(folder, file)));
  return join(cacheRoot(), `${name}-${release(name)}-${hash.digest('hex').slice(0, 12)}`, name);
}
