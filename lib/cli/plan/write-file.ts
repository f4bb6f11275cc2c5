import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tellingFileTrouble } from '../../core/file-trouble';

/**
 * Writes files, all or none: each is written beside its place, and only then are they put there by rename.
 *
 * @throws InvalidInput when the file system refuses
 */
export function writeFiles(files: readonly { readonly file: string; readonly content: string }[]): void {
  const workspaces: string[] = [];
  try {
    const staged = files.map(({ file, content }) => {
      const from = telling(file, () => {
        mkdirSync(dirname(file), { recursive: true });
        const workspace = mkdtempSync(join(dirname(file), `.${basename(file)}-`));
        workspaces.push(workspace);
        writeFileSync(join(workspace, 'new'), content);
        // A rename onto a folder would fail after others have been put in place.
        if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) renameSync(join(workspace, 'new'), file);
        return join(workspace, 'new');
      });
      return { from, file };
    });
    for (const { from, file } of staged) telling(file, () => renameSync(from, file));
  } finally {
    for (const workspace of workspaces) rmSync(workspace, { recursive: true, force: true });
  }
}

function telling<T>(file: string, action: () => T): T {
  return tellingFileTrouble(file, 'be a file that can be written', 'mend that or choose another', action);
}
