import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/*
 * Does what CONTRIBUTING says about adding a model server, in a copy of the library, with the code that stands there:
 * a block marked `file=` is a file, one marked `line-of=` is a line to add.
 */

const ROOT = join(__dirname, '..', '..');
const BLOCK = /^(?<fence>`{3,})ts (?<mark>file|line-of)=(?<path>\S+)\n(?<code>.*?)^\k<fence>$/gms;

const blocks = [...readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(BLOCK)].map(
  ({ groups: { mark, path = '', code = '' } = {} }) => ({ mark, path, code }),
);
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'recstack-contributing-'));
  for (const path of [
    'lib',
    'test/serving/fixtures.ts',
    'tsconfig.json',
    'jest.config.js',
    'biome.json',
    'package.json',
  ]) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const { mark, path, code } of blocks) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), mark === 'file' ? code : withLine(readFileSync(join(copy, path), 'utf8'), code));
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** In its place among lines that are ordered by the file that they export from. */
function withLine(text: string, line: string): string {
  const file = (export_: string) => export_.slice(export_.indexOf(' from '));
  const lines = [...text.trimEnd().split('\n'), line.trimEnd()];
  return `${lines.sort((a, b) => (file(a) < file(b) ? -1 : 1)).join('\n')}\n`;
}

function run(program: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join(copy, 'node_modules', '.bin', program), args, {
    cwd: copy,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

test('it takes one file, one line in an index and one test', () => {
  expect(blocks.map(({ mark, path }) => [mark, path])).toEqual([
    ['file', 'lib/serving/runtimes/mlserver.ts'],
    ['line-of', 'lib/serving/runtimes/index.ts'],
    ['file', 'test/serving/runtimes/mlserver.test.ts'],
  ]);
  expect(blocks[1]?.code.trim().split('\n')).toHaveLength(1);
});

test('the types are right', () => {
  const { config } = ts.readConfigFile(join(copy, 'tsconfig.json'), ts.sys.readFile);
  const files = blocks.map(({ path }) => join(copy, path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, copy);
  const program = ts.createProgram(files, { ...options, typeRoots: [join(copy, 'node_modules', '@types')] });
  // The rest of the library is checked elsewhere.
  const found = files.flatMap((path) => {
    const file = program.getSourceFile(path);
    expect(file).toBeDefined();
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  expect(ts.formatDiagnostics(found, ts.createCompilerHost(options))).toBe('');
}, 60_000);

test('the linter has nothing to say', () => {
  const files = blocks.map(({ path }) => path);
  const { status, output } = run('biome', 'check', '--vcs-enabled=false', '--error-on-warnings', ...files);
  expect({ status, output }).toMatchObject({
    status: 0,
    output: expect.stringMatching(/^Checked 3 files .* No fixes applied/),
  });
});

test('its tests pass', () => {
  const { status, output } = run('jest', '--rootDir', copy, '--ci');
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('6 passed, 6 total') });
}, 60_000);
