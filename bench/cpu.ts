import { execFileSync } from 'node:child_process';

/** CPU seconds that a function takes: unlike time on the clock, they don't depend on what else the machine does. */
export function ofFunction(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** CPU seconds that a command takes, with all processes that it starts and waits for. */
export function ofCommand(command: readonly string[]): number {
  // The second line of `times` is about the children of the shell; Node can only tell of itself.
  const script = '"$@" >/dev/null 2>&1 || exit 1; times';
  const [, children = ''] = execFileSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8' }).split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}

/**
 * The median CPU time of several pieces of work, done in turns, so that a slow minute of the machine meets all of them.
 * The first turn warms up and doesn't count.
 */
export function compare<Name extends string, Work>(
  work: Record<Name, Work>,
  { by, turns }: { readonly by: (work: Work) => number; readonly turns: number },
): Record<Name, number> {
  const names = Object.keys(work) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of names) {
      globalThis.gc?.();
      const seconds = by(work[name]);
      if (turn > 0) times[name].push(seconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
