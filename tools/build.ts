/**
 * The programs of programs.ts, taken from where they are or built once into a cache outside the checkout.
 *
 * @example
 * const { etcd, 'kube-apiserver': apiserver } = await locateAll('core');
 * const kueue = await locate('kueue');                      // an absolute path
 * const k6 = await find('k6');                              // undefined where it would have to be built first
 *
 * As a command: npx tsx tools/build.ts --help
 */
import { parseArgs } from 'node:util';
import { find } from './find';
import { release } from './gomod';
import { locate } from './locate';
import { isProgramName, PROGRAM_NAMES, PROGRAMS, type ProgramName, programsOf } from './programs';
import { duration } from './progress';

export { find } from './find';
export { locate, locateAll } from './locate';
export type { ProgramName, Tier } from './programs';

const HELP = `Builds the programs that the tests run, where they are not there yet.

  npx tsx tools/build.ts                       the core tier
  npx tsx tools/build.ts --tier engines
  npx tsx tools/build.ts --only k6 kueue

  --list              show each program and where it is, build nothing
  --budget MINUTES    start no new build after that time; what was skipped is listed and is no error

Prints "NAME<tab>PATH" per program. The cache is $RECSTACK_TOOLS or ~/.cache/recstack/tools.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tier: { type: 'string' },
      only: { type: 'string', multiple: true },
      list: { type: 'boolean' },
      budget: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(HELP);
  const only = [...(values.only ?? []), ...positionals];
  if (values.list) return list(choose(values.tier, only, PROGRAM_NAMES));
  await buildAll(choose(values.tier, only, programsOf('core')), minutes(values.budget));
}

function choose(tier: string | undefined, only: readonly string[], otherwise: ProgramName[]): ProgramName[] {
  if (tier !== undefined && only.length > 0) throw new Error('--tier and --only exclude each other');
  if (tier === 'core' || tier === 'engines') return programsOf(tier);
  if (tier !== undefined) throw new Error(`there is no tier '${tier}', only core and engines`);
  for (const name of only) {
    if (!isProgramName(name)) throw new Error(`there is no program '${name}', only ${PROGRAM_NAMES.join(', ')}`);
  }
  return only.length > 0 ? only.filter(isProgramName) : otherwise;
}

function minutes(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new Error(`--budget must be a number of minutes, got '${text}'`);
  return value;
}

async function list(names: readonly ProgramName[]): Promise<void> {
  for (const name of names) {
    const found = await find(name);
    const where = found === undefined ? 'not built' : `${found.from}: ${found.path}`;
    console.log(`${name.padEnd(24)}${release(name).padEnd(9)}${PROGRAMS[name].tier.padEnd(9)}${where}`);
  }
}

async function buildAll(names: readonly ProgramName[], budget: number): Promise<void> {
  const start = Date.now();
  const skipped: ProgramName[] = [];
  const failed: ProgramName[] = [];
  for (const name of names) {
    const late = Date.now() - start >= budget * 60_000;
    try {
      // One that fails doesn't keep the others from being built.
      const path = late ? (await find(name))?.path : await locate(name);
      if (path === undefined) skipped.push(name);
      else console.log(`${name}\t${path}`);
    } catch (error) {
      failed.push(name);
      console.error(error instanceof Error ? error.message : error);
    }
  }
  console.error(`${names.length - skipped.length - failed.length} of ${names.length} programs in ${duration(start)}`);
  if (skipped.length > 0) console.error(`skipped, the budget of ${budget} minutes is spent: ${skipped.join(', ')}`);
  if (failed.length > 0) throw new Error(`failed: ${failed.join(', ')}`);
}

if (require.main === module) {
  // Exits by process.exit, so that the go process goes too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
