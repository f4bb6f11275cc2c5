import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { release } from './gomod';
import { PROGRAMS, type Program, type ProgramName } from './programs';

/**
 * What a build must not take over from the user's shell: flags and a workspace would change the binary behind the
 * cache's back, and a C library would tie it to this machine. (An empty GOFLAGS would fall back to `go env -w`.)
 */
export const buildEnvironment = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' } as const;

/** The arguments of `go build` that decide the binary. */
export function buildArguments(name: ProgramName): string[] {
  const program: Program = PROGRAMS[name];
  const stamps = Object.entries(program.stamp?.(release(name)) ?? {}).map(([key, value]) => `-X ${key}=${value}`);
  return [
    '-mod=readonly',
    '-trimpath',
    // Nobody runs a debugger on these: leaving the tables out saves about an eighth of the time and of Go's build cache.
    '-gcflags=all=-dwarf=false',
    `-ldflags=${['-s', '-w', ...stamps].join(' ')}`,
    `-tags=${program.tags?.join(',') ?? ''}`,
    program.package,
  ];
}

/** What else decides the binary: the machine's Go and what it builds for. Undefined where there is no Go. */
export function goEnvironment(): Promise<string | undefined> {
  asked ??= askGo();
  return asked;
}

let asked: Promise<string | undefined> | undefined;

async function askGo(): Promise<string | undefined> {
  const variables = ['GOVERSION', 'GOOS', 'GOARCH', 'GOAMD64', 'GOARM64', 'GOEXPERIMENT'];
  const options = { cwd: __dirname, env: { ...process.env, ...buildEnvironment } };
  try {
    return (await promisify(execFile)('go', ['env', '-json', ...variables], options)).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
