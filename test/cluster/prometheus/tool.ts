import { execFile } from 'node:child_process';

export interface Outcome {
  readonly code: number;
  /** What it wrote, to both of its outputs. */
  readonly output: string;
}

/** Runs a program until it ends; one that takes more than 30 s is ended. */
export function run(path: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}
