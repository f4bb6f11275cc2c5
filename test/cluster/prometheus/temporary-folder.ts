import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is there from the first use on, so that a file whose tests are all filtered out leaves none. */
export class TemporaryFolder {
  private folder: string | undefined;

  get path(): string {
    this.folder ??= mkdtempSync(join(tmpdir(), 'recstack-prometheus-'));
    return this.folder;
  }

  join(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and gives its path. */
  write(name: string, content: string): string {
    const file = this.join(name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  remove(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }
}
