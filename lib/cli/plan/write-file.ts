import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tellingFileTrouble } from '../../core/file-trouble';

/**
 * Writes a file, all or nothing: it is written beside its place and put there by rename.
 *
 * @throws InvalidInput when the file system refuses
 */
export function writeFile(file: string, content: string): void {
  tellingFileTrouble(file, 'be a file that can be written', 'mend that or choose another', () => {
    mkdirSync(dirname(file), { recursive: true });
    const workspace = mkdtempSync(join(dirname(file), `.${basename(file)}-`));
    try {
      writeFileSync(join(workspace, 'new'), content);
      renameSync(join(workspace, 'new'), file);
    } finally {
      rmSync(workspace, { recursive: true, force: true });
    }
  });
}
