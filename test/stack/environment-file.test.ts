import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readEnvironment, readYaml } from '../../lib/stack/environment-file';

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
    '[dev.yaml] must be YAML without endless aliases: Converting circular structure to JSON',
  ],
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

test('YAML merge keys and anchors may be used', () => {
  const file = write('name: x\nnested:\n  deep: &d { value: a }\nitems: []\n');
  expect(readYaml(schema, file)).toEqual({ name: 'x', items: [], nested: { deep: { value: 'a' } } });
});
