import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { footprint } from '../capacity/footprint';
import { isName, nameRule } from '../core/names';
import { formatProblem, InvalidInput, show } from '../core/problem';
import { synth } from '../synth/synth';
import { describeFootprint } from './describe-footprint';
import { loadStack } from './load-stack';
import type { Terminal } from './terminal';

/** `recstack synth`: writes the manifests of an environment. */
export function synthCommand(terminal: Terminal): Command {
  return new Command('synth')
    .description("write an environment's manifests, all or nothing")
    .option('-e, --env <name>', 'the environment: a file in the folder environments beside the stack', 'production')
    .option('-s, --stack <file>', 'the program that exports the stack', 'stacks/main')
    .option('-o, --out <folder>', 'where to write', 'dist')
    .action(({ env, stack, out }: { env: string; stack: string; out: string }) => {
      requireName(env);
      const app = loadStack(stack).build(join(dirname(stack), 'environments', `${env}.yaml`));
      const { files, manifests, warnings } = synth(app, { outdir: join(out, env) });
      for (const { path, objects } of files) terminal.out(`${path}: ${objects} objects\n`);
      const { least, most } = footprint(manifests);
      terminal.out(`at rest ${describeFootprint(least)}\n`);
      terminal.out(`at most ${describeFootprint(most)}\n`);
      for (const warning of warnings) terminal.err(`warning ${formatProblem(warning)}\n`);
    });
}

/** The name becomes a file and a folder; it must not lead elsewhere. */
function requireName(env: string): void {
  if (!isName(env)) throw new InvalidInput([{ where: '--env', text: `must ${nameRule()}, got ${show(env)}` }]);
}
