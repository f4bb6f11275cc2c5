import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine } from './engine';

const REPOSITORY = resolve(__dirname, '..', '..', '..');
const MAX_OUTPUT = 64 * 1024 * 1024;
const COMMAND_MS = 120_000;

/** Runs the command line as a person does, and returns what it prints. */
export function pulumi({ folder, env }: Engine, cwd: string, ...args: string[]): Promise<string> {
  const all = [...args, '--non-interactive', '--color=never'];
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: MAX_OUTPUT, timeout: COMMAND_MS };
  return new Promise((done, fail) => {
    execFile(join(folder, 'bin', 'pulumi'), all, options, (error, stdout, stderr) => {
      if (error) fail(new Error(`pulumi ${args.join(' ')} failed:\n${stdout}${stderr}`));
      else done(stdout);
    });
  });
}

/**
 * The repository's Pulumi project in a folder where Pulumi may write: it notes each stack's salt in `Pulumi.<stack>.yaml`.
 */
export function projectFolder({ folder }: Engine): string {
  const project = join(folder, 'project');
  mkdirSync(project);
  for (const name of readdirSync(REPOSITORY)) {
    const [from, to] = [join(REPOSITORY, name), join(project, name)];
    if (/^Pulumi\..*yaml$/.test(name)) copyFileSync(from, to);
    else symlinkSync(from, to);
  }
  return project;
}
