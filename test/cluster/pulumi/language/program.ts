import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { RunRequest } from '@pulumi/pulumi/proto/language_pb';

/** Exit code of a program that has told the user itself what is wrong. */
export const TOLD_THE_USER = 32;

/** Starts a Node program the way the engine asks for it: Pulumi's own runner, told where the engine listens. */
export function startProgram(request: RunRequest, engine: string, env: NodeJS.ProcessEnv): ChildProcess {
  const info = request.getInfo();
  const options = info?.getOptions()?.toJavaScript() ?? {};
  const runner = require.resolve('@pulumi/pulumi/cmd/run');
  const args = [
    `--monitor=${request.getMonitorAddress()}`,
    `--engine=${engine}`,
    `--organization=${request.getOrganization()}`,
    `--project=${request.getProject()}`,
    `--stack=${request.getStack()}`,
    `--root-directory=${info?.getRootDirectory()}`,
    `--pwd=${info?.getProgramDirectory()}`,
    `--parallel=${request.getParallel()}`,
    ...(request.getDryrun() ? ['--dry-run'] : []),
  ];
  return spawn(process.execPath, [runner, ...args, info?.getEntryPoint() ?? '.'], {
    cwd: info?.getProgramDirectory(),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: 'true',
      ...(typeof options.tsconfig === 'string' && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
    },
  });
}

/** Passes on what a program prints, line by line, and returns its exit code when it has ended. */
export async function follow(program: ChildProcess, log: (line: string, isError: boolean) => void): Promise<number> {
  const { stdout, stderr } = program;
  if (stdout === null || stderr === null) throw new Error('a program is started with pipes');
  createInterface(stdout).on('line', (line) => log(line, false));
  createInterface(stderr).on('line', (line) => log(line, true));
  const [code] = await once(program, 'close');
  return code ?? 1;
}
