import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { environmentsIn, readEnvironment, readYaml } from '../../lib/stack/environment-file';

const schema = z.strictObject({
  name: z.string(),
  items: z.array(z.strictObject({ count: z.int() })).default([]),
  nested: z.strictObject({ deep: z.strictObject({ value: z.string() }) }).optional(),
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-env-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(content: string | Uint8Array, name = 'dev.yaml'): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The messages of an error, with the folder left out. */
function problems(content: string | Uint8Array): string[] {
  const file = write(content);
  try {
    readYaml(schema, file);
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(`${folder}/`, ''));
  }
  return [];
}

test('an environment has the name of its file, and its defaults filled in', () => {
  expect(readEnvironment(schema, write('name: x\n'))).toEqual({ name: 'dev', data: { name: 'x', items: [] } });
});

test('every problem has the line of its value', () => {
  expect(problems('name: 5\nitems:\n  - count: 1\n  - count: x\nnested:\n  deep:\n    value: [1]\n')).toEqual([
    '[dev.yaml:1] name must be a string, got 5',
    "[dev.yaml:4] items[1].count must be a whole number, got 'x'",
    '[dev.yaml:7] nested.deep.value must be a string, got [1]',
  ]);
});

test('an unknown key has its own line, and a suggestion if one is near', () => {
  expect(problems('name: x\nnested:\n  deep:\n    value: y\n    valu: z\nother: 1\n')).toEqual([
    "[dev.yaml:5] nested.deep.valu is not known: did you mean 'value'? (known: value)",
    '[dev.yaml:6] other is not known (known: name, items, nested)',
  ]);
});

test('a missing value is reported where it should be', () => {
  expect(problems('# a comment\n\nitems: []\nnested:\n  deep: {}\n')).toEqual([
    '[dev.yaml:3] name must be a string, but is missing',
    '[dev.yaml:5] nested.deep.value must be a string, but is missing',
  ]);
});

test.each([
  ['an empty file', '', '[dev.yaml] must hold settings, but is empty'],
  ['a file of comments', '# nothing\n', '[dev.yaml] must hold settings, but is empty'],
  ['a list', '- 1\n', '[dev.yaml:1] must be a map, got [1]'],
  ['a text', 'hello\n', "[dev.yaml:1] must be a map, got 'hello'"],
  [
    'bytes that are no UTF-8',
    Uint8Array.of(0xff, 0xfe, 0x00),
    '[dev.yaml] must be a YAML text in UTF-8, but holds other bytes',
  ],
  ['a NUL character', 'name: \0\n', '[dev.yaml] must be a YAML text in UTF-8, but holds other bytes'],
  [
    'a key that comes twice',
    'name: x\nname: y\n',
    "[dev.yaml:2] must be YAML: Map keys must be unique, but 'name' comes twice",
  ],
  [
    'an alias that leads to itself',
    'items: &a [*a]\n',
    "[dev.yaml:1] must be YAML without endless aliases, but '*a' holds itself",
  ],
  [
    'an alias without an anchor',
    'name: x\nitems: *none\n',
    "[dev.yaml:2] must have an anchor before each alias, but '*none' has none",
  ],
  [
    'aliases that multiply without end',
    `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nname: [${'*b,'.repeat(20)}]\n`,
    '[dev.yaml] must be YAML without endless aliases: Excessive alias count indicates a resource exhaustion attack',
  ],
  [
    'a merge of a number',
    'name: x\n<<: 5\n',
    "[dev.yaml:2] must have a map, or a list of maps, after the merge key '<<'",
  ],
  [
    'a merge of a list of numbers',
    'name: x\n<<: [{}, 5]\n',
    "[dev.yaml:2] must have a map, or a list of maps, after the merge key '<<'",
  ],
  ['a tag that nothing knows', 'items: []\nname: !foo x\n', '[dev.yaml:2] must be YAML: Unresolved tag: !foo'],
  [
    'a key that an object would lose',
    'name: x\n__proto__: 1\n',
    "[dev.yaml:2] must not have the key '__proto__': rename it",
  ],
  [
    'an alias of a list as a key',
    'items: &a []\nname: x\n*a : 1\n',
    '[dev.yaml:3] must have texts as keys, got a list',
  ],
  ['a key of two lines', 'name: x\n"a\\nb": 1\n', "[dev.yaml:2] must have keys of one line, got 'a b'"],
])('%s is refused with one line', (_what, content, message) => {
  expect(problems(content)).toEqual([message]);
});

test('all syntax errors of a file are reported', () => {
  expect(problems('items: [1\nnested: {\n')).toHaveLength(2);
});

test('a file that does not exist is refused with those that do', () => {
  write('name: x', 'staging.yaml');
  write('name: x', 'production.yaml');
  const file = join(folder, 'prodution.yaml');
  expect(() => readEnvironment(schema, file)).toThrow(
    `[${file}] must be an environment file, but does not exist; there are production, staging: did you mean 'production'?`,
  );
});

test.each([
  ['a list', '[a, b]'],
  ['a map', '? { a: 1 }\n'],
  ['bytes', '!!binary aGk='],
])('%s as a key is refused, and Node warns of nothing', (what, key) => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    expect(problems(`name: x\n${key}: 1\n`)).toEqual([`[dev.yaml:2] must have texts as keys, got ${what}`]);
    expect(warn).not.toHaveBeenCalled();
  } finally {
    warn.mockRestore();
  }
});

test('all that is wrong whatever the schema is reported together', () => {
  expect(problems('name: *none\n<<: 5\n__proto__: 1\n')).toHaveLength(3);
});

test('a folder in the place of an environment file, and a file in the place of their folder, are refused', () => {
  const file = join(folder, 'dev.yaml');
  mkdirSync(file);
  expect(() => readEnvironment(schema, file)).toThrow(
    `[${file}] must be a file that can be read, but the system says 'illegal operation on a directory' (EISDIR): mend that`,
  );
  const notes = write('', 'notes');
  expect(() => environmentsIn(notes)).toThrow(
    `[${notes}] must be a folder that can be read, but the system says 'not a directory' (ENOTDIR): mend that`,
  );
});

test('a file that says nothing is as good as none, where it may be missing', () => {
  const whenMissing = { name: 'none', items: [] };
  expect(readYaml(schema, write('# nothing yet\n'), { whenMissing })).toEqual(whenMissing);
  expect(readYaml(schema, join(folder, 'nothing.yaml'), { whenMissing })).toEqual(whenMissing);
});

test('YAML anchors, aliases and merge keys may be used', () => {
  const file = write('name: &x x\nnested:\n  deep: { <<: [&d { value: *x }] }\nitems: []\n');
  expect(readYaml(schema, file)).toEqual({ name: 'x', items: [], nested: { deep: { value: 'x' } } });
  expect(readYaml(schema, write('&k name: x\n'))).toEqual({ name: 'x', items: [] });
});
