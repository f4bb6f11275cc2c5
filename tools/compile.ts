import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { buildArguments, buildEnvironment } from './go';
import { moduleFolder } from './gomod';
import { PROGRAMS, type ProgramName } from './programs';
import type { Progress } from './progress';

const LINES_OF_AN_ERROR = 40;

/** Builds a program with Go into the file `output`, and tells how far it is. */
export async function compile(name: ProgramName, output: string, progress: Progress): Promise<void> {
  const folder = moduleFolder(PROGRAMS[name].module);
  const args = buildArguments(name);

  let downloads = 0;
  progress.update('reading the packages');
  const list = ['list', '-deps', '-f', '{{if .Stale}}{{.ImportPath}}{{end}}', ...args];
  const stale = await go(list, folder, (line) => {
    if (line.startsWith('go: downloading')) progress.update(`${++downloads} modules downloaded, ${line.slice(4)}`);
  });

  // `go build -v` names each package as its turn comes, and only those that Go's own cache doesn't hold. The last one is
  // the program itself, and nearly all of its time goes into linking.
  const total = stale.split('\n').filter((line) => line !== '').length;
  let done = 0;
  const main = PROGRAMS[name].package;
  await go(['build', '-v', '-o', output, ...args], folder, (line) => {
    if (!isPackage(line)) return;
    done++;
    progress.update(line === main ? 'linking' : `package ${done} of ${total}, ${line}`);
  });
}

/** Runs go in a module's folder, gives its output, and on failure throws what the compiler said last. */
async function go(args: readonly string[], cwd: string, onLine: (line: string) => void): Promise<string> {
  const child = spawn('go', args, {
    cwd,
    env: { ...process.env, ...buildEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const said: string[] = [];
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  createInterface(child.stderr).on('line', (line) => {
    onLine(line);
    if (!isPackage(line)) said.push(line);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    if (code === 0) return output;
    const tail = said.slice(-LINES_OF_AN_ERROR).join('\n');
    throw new Error(`go ${args[0]} failed:\n${tail}\nTo repeat it by hand:\n  ${byHand(args, cwd)}`);
  } finally {
    process.off('exit', kill);
  }
}

/** An import path alone on a line is progress, all else that Go writes to stderr is news. */
function isPackage(line: string): boolean {
  return /^[\w.~/-]+$/.test(line);
}

function byHand(args: readonly string[], cwd: string): string {
  const quote = (word: string) => (/^[\w./=,:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  const environment = Object.entries(buildEnvironment).map(([key, value]) => `${key}=${value}`);
  return `cd ${quote(cwd)} && ${[...environment, 'go', ...args].map(quote).join(' ')}`;
}
