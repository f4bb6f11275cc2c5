import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './process';

/** Programs that belong together, with a temporary folder for their data and logs. Whoever makes one must stop it. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'recstack-cluster-'));
  private readonly running: Program[] = [];

  /** Starts a program of this path in the folder. */
  start(name: string, path: string, args: readonly string[]): Program {
    const program = new Program(path, { args, log: join(this.folder, `${name}.log`), cwd: this.folder });
    this.running.push(program);
    return program;
  }

  /** Ends the programs, the last first, so that none waits for one that is gone, and removes the folder. */
  async stop(): Promise<void> {
    for (const program of [...this.running].reverse()) await program.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
