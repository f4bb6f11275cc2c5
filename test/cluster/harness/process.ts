import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually';

const LINES_OF_A_LOG = 15;

export interface ProgramOptions {
  readonly args: readonly string[];
  /** Where its output goes. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A program that runs beside the tests. Whoever starts it must stop it, in `afterAll`. */
export class Program {
  private readonly child: ChildProcess;
  private readonly name: string;
  private failure: Error | undefined;

  constructor(
    path: string,
    private readonly options: ProgramOptions,
  ) {
    this.name = basename(path);
    const log = openSync(options.log, 'a');
    this.child = spawn(path, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log],
    });
    this.child.once('error', (error) => {
      this.failure = error;
    });
    closeSync(log);
  }

  /** Waits until `check` no longer throws; fails at once when the program has ended. */
  async ready(check: () => unknown, seconds = 30): Promise<void> {
    const watched = async () => {
      if (this.ended) return;
      await check();
    };
    await eventually(watched, { seconds, every: 0.1 }).catch((error: unknown) => {
      throw new Error(`${this.name} was not ready after ${seconds} s: ${error}\n${this.tail()}`);
    });
    if (this.ended) throw new Error(`${this.name} has ended: ${this.failure ?? this.child.exitCode}\n${this.tail()}`);
  }

  /** Ends it, by force if it does not within 5 s. */
  async stop(): Promise<void> {
    await this.terminate(5);
  }

  /** Tells it to end: its exit code, or null where it had to be killed after so many seconds. */
  async terminate(seconds: number): Promise<number | null> {
    if (this.ended) return this.child.exitCode;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = sleep(seconds * 1000, 'late', { ref: false });
    if ((await Promise.race([exit, late])) === 'late') this.child.kill('SIGKILL');
    await exit;
    return this.child.exitCode;
  }

  get ended(): boolean {
    return this.failure !== undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The last lines of its output. */
  tail(): string {
    return readFileSync(this.options.log, 'utf8').trimEnd().split('\n').slice(-LINES_OF_A_LOG).join('\n');
  }
}
