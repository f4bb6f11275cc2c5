import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tellingFileTrouble } from '../core/file-trouble';
import { InvalidInput } from '../core/problem';

/**
 * Names the files that synth wrote, one a line: nothing else tells them from those that a person put there.
 * kubectl and Argo CD take just `.yaml`, `.yml` and `.json` of a folder.
 */
const RECORD = '.recstack-files';

/**
 * Replaces a folder by one that holds `files` and a record of them, all or nothing: they are written beside it and
 * swapped in by rename. Whatever goes wrong, the older folder stays as it was.
 *
 * @param folder the folder to replace; its parents are made where missing
 * @param files content by file name
 * @throws InvalidInput when the folder holds what this did not write, and when the file system refuses
 */
export function replaceFolder(folder: string, files: ReadonlyMap<string, string>): void {
  tellingFileTrouble(folder, 'be a folder that can be written', 'mend that or choose another', () => {
    refuseForeign(folder);
    mkdirSync(dirname(folder), { recursive: true });
    // In the same folder as the target, so that rename stays within one file system and is atomic.
    const workspace = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
    try {
      const fresh = join(workspace, 'new');
      mkdirSync(fresh);
      for (const [name, content] of files) writeFileSync(join(fresh, name), content);
      writeFileSync(join(fresh, RECORD), [...files.keys(), ''].join('\n'));
      swap(folder, fresh, join(workspace, 'old'));
    } finally {
      rmSync(workspace, { recursive: true, force: true });
    }
  });
}

function refuseForeign(folder: string): void {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) {
    const kind = status.isSymbolicLink() ? 'a link' : 'a file';
    throw new InvalidInput([
      { where: folder, text: `must be a folder, but is ${kind}: take it away or choose another` },
    ]);
  }
  const entries = readdirSync(folder, { withFileTypes: true });
  const record = entries.find(({ name }) => name === RECORD);
  const ours = new Set(record?.isFile() ? [RECORD, ...readFileSync(join(folder, RECORD), 'utf8').split('\n')] : []);
  const foreign = entries.find((entry) => !entry.isFile() || !ours.has(entry.name));
  if (foreign !== undefined) {
    const text =
      `must be a folder of its own, but holds '${foreign.name}', which synth did not write: ` +
      'choose another, or take that away';
    throw new InvalidInput([{ where: folder, text }]);
  }
}

function swap(folder: string, fresh: string, old: string): void {
  const replaces = existsSync(folder);
  if (replaces) renameSync(folder, old);
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (replaces) renameSync(old, folder);
    throw error;
  }
}
