/** Compiles the library, with the scripts that it puts into clusters beside the code that reads them. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const out = process.argv[2] ?? join(root, 'build');

rmSync(out, { recursive: true, force: true });
const tsc = require.resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', out], { stdio: 'inherit' });
cpSync(join(root, 'lib'), out, {
  recursive: true,
  filter: (path) => /\.(sh|py)$/.test(path) || statSync(path).isDirectory(),
});
