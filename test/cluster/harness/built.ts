import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ProgramName } from '../../../tools/build';

/** Those of some programs that need no build. Jest must know before the first test, so that the question can't wait. */
export function builtOf<Name extends ProgramName>(candidates: readonly Name[]): Name[] {
  const script = join(__dirname, '..', '..', '..', 'tools', 'build.ts');
  const args = ['-r', 'tsx/cjs', script, '--list', ...candidates];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return candidates.filter((name) => new RegExp(`^${name} .*: /`, 'm').test(stdout));
}
