/**
 * Compiles the library, with the scripts that it puts into clusters and pages beside the code that reads them. Takes the folder,
 * and options of the compiler after it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const [out = join(root, 'build'), ...options] = process.argv.slice(2);

rmSync(out, { recursive: true, force: true });
const tsc = require.resolve('typescript/bin/tsc');
const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', out, ...options];
execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });
cpSync(join(root, 'lib'), out, {
  recursive: true,
  filter: (path) => /\.(sh|py|js|css)$/.test(path) || statSync(path).isDirectory(),
});
