/** CPU seconds that a function takes: unlike time on the clock, they don't depend on what else the machine does. */
export function cpuSeconds(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/**
 * The median CPU time of several pieces of work, run in turns, so that a slow minute of the machine meets all of them.
 * The first turn warms up and doesn't count.
 */
export function compare<Name extends string>(work: Record<Name, () => unknown>, turns: number): Record<Name, number> {
  const names = Object.keys(work) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = 0; turn <= turns; turn++) {
    for (const name of names) {
      globalThis.gc?.();
      const seconds = cpuSeconds(work[name]);
      if (turn > 0) times[name].push(seconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
