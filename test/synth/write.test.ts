import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
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
  expect(readdirSync(join(folder, 'out'))).toEqual(['.recstack-files', 'new.yaml']);
  expect(readdirSync(folder)).toEqual(['out']);
});

test('when a file cannot be written, the older folder stays as it was', () => {
  replaceFolder(join(folder, 'out'), new Map([['a.yaml', 'older']]));
  const files = new Map([
    ['a.yaml', 'newer'],
    ['no/such/folder.yaml', ''],
  ]);
  expect(() => replaceFolder(join(folder, 'out'), files)).toThrow(
    `[${join(folder, 'out')}] must be a folder that can be written, but the system says 'no such file or directory' (ENOENT): mend that or choose another`,
  );
  expect(readFileSync(join(folder, 'out', 'a.yaml'), 'utf8')).toBe('older');
  expect(readdirSync(folder)).toEqual(['out']);
});

/** What `replaceFolder` says of a folder. */
function refusal(target: string): string {
  try {
    replaceFolder(target, new Map([['shop.yaml', 'newer']]));
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, '');
  }
  return '';
}

/** Makes what a person might have put into the folder, beside the output of an older run. */
const FOREIGN: readonly [what: string, name: string, make: (path: string) => void][] = [
  ['a source file', 'main.ts', (path) => writeFileSync(path, '')],
  ['a manifest written by hand', 'kustomization.yaml', (path) => writeFileSync(path, 'resources: [shop.yaml]\n')],
  ['a folder that is named like a manifest', 'sub.yaml', (path) => mkdirSync(path)],
  ['a link', 'link.yaml', (path) => symlinkSync('shop.yaml', path)],
];

test.each(FOREIGN)('a folder that also holds %s is not replaced', (_what, name, make) => {
  const out = join(folder, 'out');
  replaceFolder(out, new Map([['shop.yaml', 'older']]));
  make(join(out, name));
  expect(refusal(out)).toBe(
    `[out] must be a folder of its own, but holds '${name}', which synth did not write: choose another, or take that away`,
  );
  expect(readdirSync(out).sort()).toEqual(['.recstack-files', name, 'shop.yaml'].sort());
  expect(readFileSync(join(out, 'shop.yaml'), 'utf8')).toBe('older');
});

test('a folder in the place of a file that synth wrote is not replaced', () => {
  const out = join(folder, 'out');
  replaceFolder(out, new Map([['shop.yaml', 'older']]));
  unlinkSync(join(out, 'shop.yaml'));
  mkdirSync(join(out, 'shop.yaml'));
  expect(refusal(out)).toContain("holds 'shop.yaml', which synth did not write");
});

test('manifests of a folder without a record are not replaced, but an empty folder is', () => {
  mkdirSync(join(folder, 'out'));
  expect(refusal(join(folder, 'out'))).toBe('');
  unlinkSync(join(folder, 'out', '.recstack-files'));
  expect(refusal(join(folder, 'out'))).toContain("holds 'shop.yaml', which synth did not write");
});

test.each([
  ['a file', 'a file', (path: string) => writeFileSync(path, '')],
  ['a link to a folder', 'a link', (path: string) => symlinkSync('.', path)],
  ['a link to nothing', 'a link', (path: string) => symlinkSync('nothing', path)],
])('%s is not replaced', (_what, kind, make) => {
  const out = join(folder, 'out');
  make(out);
  const before = lstatSync(out).ino;
  expect(refusal(out)).toBe(`[out] must be a folder, but is ${kind}: take it away or choose another`);
  expect(lstatSync(out).ino).toBe(before);
  expect(readdirSync(folder)).toEqual(['out']);
});

test.each([
  ['a file', 'not a directory', 'ENOTDIR', (path: string) => writeFileSync(path, '')],
  ['a link to nothing', 'no such file or directory', 'ENOENT', (path: string) => symlinkSync('nothing', path)],
])('a folder that would be in %s is refused with what the system says', (_what, meaning, code, make) => {
  make(join(folder, 'dist'));
  expect(refusal(join(folder, 'dist', 'dev'))).toBe(
    `[dist/dev] must be a folder that can be written, but the system says '${meaning}' (${code}): mend that or choose another`,
  );
  expect(readdirSync(folder)).toEqual(['dist']);
});
