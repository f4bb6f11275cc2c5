import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../lib/cli/run';
import type { Terminal } from '../../lib/cli/terminal';

interface Written {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What the program writes, and its exit code. */
export function recstack(...args: string[]): Written {
  return recstackOn({}, ...args);
}

/** The same on a screen. */
export function recstackOn(screen: Pick<Terminal, 'columns' | 'progress'>, ...args: string[]): Written {
  const written = { out: '', err: '' };
  const code = run(args, {
    ...screen,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  return { code, ...written };
}

export const REPOSITORY = join(__dirname, '..', '..');

/** Lets each test of a file run in a folder of its own, with the shop as the stack `main` and its environments. */
export function inOwnFolder(): { readonly folder: string } {
  const own = { folder: '' };
  let cwd: string;
  beforeEach(() => {
    cwd = process.cwd();
    own.folder = mkdtempSync(join(tmpdir(), 'recstack-cli-'));
    mkdirSync(join(own.folder, 'environments'));
    writeFileSync(join(own.folder, 'main.ts'), `export { default } from '${REPOSITORY}/stacks/shop';\n`);
    cpSync(join(REPOSITORY, 'stacks/environments'), join(own.folder, 'environments'), { recursive: true });
    process.chdir(own.folder);
  });
  afterEach(() => {
    process.chdir(cwd);
    rmSync(own.folder, { recursive: true, force: true });
  });
  return own;
}
