import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { publish } from './cluster';

export type Supervisor = ChildProcessByStdio<Writable, Readable, null>;

declare global {
  /** The process that holds the control plane; jest gives set-up and tear-down one global object. */
  var recstackSupervisor: Supervisor | undefined;
}

/** Starts the control plane of the run, once for all suites. */
export default async function setUp(): Promise<void> {
  const started = Date.now();
  const supervisor = spawn(process.execPath, ['-r', 'tsx/cjs', join(__dirname, 'supervisor.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.recstackSupervisor = supervisor;
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(supervisor.stdout).once('line', resolve);
    supervisor.once('error', reject).once('exit', (code) => {
      reject(new Error(`the control plane did not start (exit code ${code})`));
    });
  });
  publish(JSON.parse(line));
  process.stderr.write(`control plane ready after ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}
