import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFolder } from '../../lib/synth/write';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recstack-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder that does not exist is made, with its parents', () => {
  replaceFolder(join(folder, 'a', 'b'), new Map([['x.yaml', 'x']]));
  expect(readFileSync(join(folder, 'a', 'b', 'x.yaml'), 'utf8')).toBe('x');
});

test('files that are no longer written disappear, and nothing is left beside the folder', () => {
  replaceFolder(join(folder, 'out'), new Map([['old.yaml', '1']]));
  replaceFolder(join(folder, 'out'), new Map([['new.yaml', '2']]));
  expect(readdirSync(join(folder, 'out'))).toEqual(['new.yaml']);
  expect(readdirSync(folder)).toEqual(['out']);
});

test('when a file cannot be written, the older folder stays as it was', () => {
  replaceFolder(join(folder, 'out'), new Map([['a.yaml', 'older']]));
  const files = new Map([
    ['a.yaml', 'newer'],
    ['no/such/folder.yaml', ''],
  ]);
  expect(() => replaceFolder(join(folder, 'out'), files)).toThrow('ENOENT');
  expect(readFileSync(join(folder, 'out', 'a.yaml'), 'utf8')).toBe('older');
  expect(readdirSync(folder)).toEqual(['out']);
});

test('a folder with other things than manifests is not replaced', () => {
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'main.ts'), '');
  expect(() => replaceFolder(join(folder, 'src'), new Map())).toThrow(
    `[${join(folder, 'src')}] must be a folder of its own, but holds 'main.ts', which synth did not write: choose another`,
  );
  expect(existsSync(join(folder, 'src', 'main.ts'))).toBe(true);
});
