import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface ContainerProps {
  /** A folder of its own, for its root and its log. */
  readonly folder: string;
  readonly hostname: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** Folders and files of this machine, by where they are in the container. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The folder that it starts in, which is one of the mounts. */
  readonly workdir: string;
}

const NAMESPACES = ['--mount', '--uts', '--pid', '--fork'];

/** What this machine lacks to run containers, if anything. */
export function containersNeed(): string | undefined {
  const { status } = spawnSync('unshare', [...NAMESPACES, 'mount', '--bind', '/usr', '/usr'], { timeout: 10_000 });
  return status === 0 ? undefined : 'root, and namespaces';
}

/**
 * A process that sees what a container does: its host name, its mounts on a read-only root, its user, its variables
 * and no others, and itself as the first process. The network is this machine's.
 */
export class Container {
  private readonly log: string;
  private readonly child: ChildProcess;

  constructor(private readonly props: ContainerProps) {
    const { folder, hostname, user, mounts, env, command, workdir } = props;
    const root = join(folder, 'root');
    for (const path of ['usr', 'dev', 'proc', 'tmp']) mkdirSync(join(root, path), { recursive: true });
    for (const path of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${path}`, join(root, path));
    for (const [path, source] of Object.entries(mounts)) makePlace(root, path, source);
    this.log = join(folder, 'log');
    const log = openSync(this.log, 'a');
    const script = join(__dirname, 'container.sh');
    const places = Object.entries(mounts).flatMap(([path, source]) => [source, path]);
    const start = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', workdir, ...command];
    const args = [...NAMESPACES, 'sh', script, root, hostname, `${user.uid}`, `${user.gid}`, ...places, '--', ...start];
    this.child = spawn('/usr/bin/unshare', args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its exit code, as the kubelet has it, once it has ended. */
  async end(): Promise<number> {
    if (!this.ended) await once(this.child, 'exit');
    return this.child.exitCode ?? 137;
  }

  /** Sends its first process a signal; SIGKILL ends all of its processes, as when the machine is lost. */
  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const { pid } = this.child;
    const first = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    if (!this.ended && first > 0) process.kill(first, signal);
    return this.end();
  }

  /** A file that it has written, by the variable that holds its path. */
  fileOf(variable: string): string {
    const { env, mounts } = this.props;
    const path = env[variable] ?? '';
    const [place, source] = Object.entries(mounts).find(([place]) => path.startsWith(`${place}/`)) ?? [];
    if (place === undefined || source === undefined) throw new Error(`${variable} is on no volume: '${path}'`);
    return readFileSync(join(source, path.slice(place.length)), 'utf8');
  }

  /** What it has printed. */
  output(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** Ends it, if it hasn't. */
  async dispose(): Promise<void> {
    if (!this.ended) await this.signal('SIGKILL').catch(() => this.child.kill('SIGKILL'));
  }
}

/** Somewhere to mount to: a file for a file, a folder for a folder; not in those of this machine. */
function makePlace(root: string, path: string, source: string): void {
  if (path.startsWith('/dev/')) return;
  mkdirSync(join(root, dirname(path)), { recursive: true });
  const { status } = spawnSync('test', ['-d', source]);
  if (status === 0) mkdirSync(join(root, path), { recursive: true });
  else closeSync(openSync(join(root, path), 'a'));
  chmodSync(root, 0o755);
}
