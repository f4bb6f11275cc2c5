import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../lib/cli/run';

/** What the program writes, and its exit code. */
export function recstack(...args: string[]): { code: number; out: string; err: string } {
  const written = { out: '', err: '' };
  const code = run(args, {
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
