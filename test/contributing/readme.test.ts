import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/* What the README says that `npm run synth` prints. Its code is tested in test/packaging, in a user's project. */

const ROOT = join(__dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** A command behind `$ npm run synth`, and the lines after it. */
const examples = [...readme.matchAll(/^\$ npm run synth(?: -- (?<args>.*))?\n(?<output>(?:(?![$`]).*\n)+)/gm)].map(
  ({ groups: { args = '', output = '' } = {} }) => [args, output] as const,
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-readme-'));
  for (const name of ['lib', 'stacks', 'node_modules']) symlinkSync(join(ROOT, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it shows production and dev', () => {
  expect(examples.map(([args]) => args)).toEqual(['', '--env dev']);
});

test.each(examples)('npm run synth %s prints what it shows, up to the dots', (args, output) => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `${scripts.synth} ${args}`], { cwd: folder, encoding: 'utf8' });
  const [shown = '', more] = output.split('…\n');
  const printed = stdout + stderr;
  expect(more === undefined ? printed : printed.slice(0, shown.length)).toBe(shown);
});
