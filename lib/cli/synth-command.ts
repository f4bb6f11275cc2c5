import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { footprint } from '../capacity/footprint';
import { formatProblem } from '../core/problem';
import { synth } from '../synth/synth';
import { describeFootprint } from './describe-footprint';
import { loadStack } from './load-stack';

/** `recstack synth`: writes the manifests of an environment. */
export function synthCommand(): Command {
  return new Command('synth')
    .description("write an environment's manifests, all or nothing")
    .option('-e, --env <name>', 'the environment: a file in the folder environments beside the stack', 'production')
    .option('-s, --stack <file>', 'the program that exports the stack', 'stacks/main')
    .option('-o, --out <folder>', 'where to write', 'dist')
    .action(({ env, stack, out }: { env: string; stack: string; out: string }) => {
      const app = loadStack(stack).build(join(dirname(stack), 'environments', `${env}.yaml`));
      const { files, manifests, warnings } = synth(app, { outdir: join(out, env) });
      for (const { path, objects } of files) process.stdout.write(`${path}: ${objects} objects\n`);
      const { least, most } = footprint(manifests);
      process.stdout.write(`at rest ${describeFootprint(least)}\n`);
      process.stdout.write(`at most ${describeFootprint(most)}\n`);
      for (const warning of warnings) process.stderr.write(`warning ${formatProblem(warning)}\n`);
    });
}
