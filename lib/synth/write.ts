import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidInput } from '../core/problem';

/**
 * Replaces a folder by one that holds exactly `files`, all or nothing: they are written beside it and swapped
 * in by rename. Whatever goes wrong, the older folder stays as it was.
 *
 * @param folder the folder to replace; its parents are made where missing
 * @param files content by file name
 * @throws InvalidInput when the folder holds anything but YAML files: it is then not ours to replace
 */
export function replaceFolder(folder: string, files: ReadonlyMap<string, string>): void {
  refuseForeign(folder);
  mkdirSync(dirname(folder), { recursive: true });
  // In the same folder as the target, so that rename stays within one file system and is atomic.
  const workspace = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    const fresh = join(workspace, 'new');
    mkdirSync(fresh);
    for (const [name, content] of files) writeFileSync(join(fresh, name), content);
    swap(folder, fresh, join(workspace, 'old'));
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

function refuseForeign(folder: string): void {
  if (!existsSync(folder)) return;
  const foreign = readdirSync(folder).find((name) => !name.endsWith('.yaml'));
  if (foreign !== undefined) {
    const text = `must be a folder of its own, but holds '${foreign}', which synth did not write: choose another`;
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
