import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../harness/ports';
import type { Program } from '../harness/process';
import { Workspace } from '../harness/workspace';

/** The container `progress` of a pod as a process: its own program, but for the file, the port and the log. */
export class ProgressSidecar {
  private constructor(
    private readonly workspace: Workspace,
    private readonly program: Program,
    readonly port: number,
  ) {}

  /** Starts what is in the pod's command, and waits until it answers. */
  static async start(python: string, command: readonly string[]): Promise<ProgressSidecar> {
    const workspace = new Workspace();
    const port = await freePort();
    // As the kubelet does.
    writeFileSync(join(workspace.folder, LOG), '');
    const places = [join(workspace.folder, FILE), String(port), join(workspace.folder, LOG)];
    const args = [...command.slice(1, -places.length), ...places];
    const program = workspace.start('progress', python, args);
    try {
      await program.ready(() => fetch(`http://127.0.0.1:${port}/metrics`));
    } catch (error) {
      await workspace.stop();
      throw error;
    }
    return new ProgressSidecar(workspace, program, port);
  }

  /** Writes the file as the trainer should: whole, or not at all. */
  write(progress: string): void {
    const file = join(this.workspace.folder, FILE);
    writeFileSync(`${file}.new`, progress);
    renameSync(`${file}.new`, file);
  }

  /** Ends it as the kubelet does once the trainer has ended: its termination message. */
  async end(): Promise<string> {
    await this.program.terminate(5);
    return readFileSync(join(this.workspace.folder, LOG), 'utf8');
  }

  dispose(): Promise<void> {
    return this.workspace.stop();
  }
}

const FILE = 'progress.json';
const LOG = 'termination-log';
