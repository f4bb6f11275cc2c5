import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/* What the README says that `npm run synth` and `npm run plan` print. Its code is tested in test/packaging, in a user's project. */

const ROOT = join(__dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** A script behind `$ npm run`, its arguments, and the lines after it. */
const examples = [
  ...readme.matchAll(/^\$ npm run (?<script>synth|plan)(?: -- (?<args>.*))?\n(?<output>(?:(?![$`]).*\n)+)/gm),
].map(({ groups: { script = '', args = '', output = '' } = {} }) => [script, args, output] as const);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-readme-'));
  for (const name of ['lib', 'stacks', 'node_modules']) symlinkSync(join(ROOT, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it shows the synth of production and dev, and the plan of production', () => {
  expect(examples.map(([script, args]) => [script, args])).toEqual([
    ['synth', ''],
    ['synth', '--env dev'],
    ['plan', ''],
  ]);
});

test.each(examples)('npm run %s %s prints what it shows, up to the dots', (script, args, output) => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `${scripts[script]} ${args}`], { cwd: folder, encoding: 'utf8' });
  const [shown = '', more] = output.split('…\n');
  const printed = stdout + stderr;
  expect(more === undefined ? printed : printed.slice(0, shown.length)).toBe(shown);
});
