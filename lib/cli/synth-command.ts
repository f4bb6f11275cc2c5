import { join } from 'node:path';
import type { Command } from 'commander';
import { synth } from '../synth/synth';
import { buildEnvironment, type Choice, environmentCommand } from './environment';
import { report } from './report';
import type { Terminal } from './terminal';

/** `recstack synth`: writes the manifests of an environment. */
export function synthCommand(terminal: Terminal): Command {
  return environmentCommand('synth')
    .description("write an environment's manifests, all or nothing")
    .option('-o, --out <folder>', 'where to write', 'dist')
    .action((options: Choice & { out: string }) => {
      const result = synth(buildEnvironment(options), { outdir: join(options.out, options.env) });
      for (const { path, objects } of result.files) terminal.out(`${path}: ${objects} objects\n`);
      report(result, terminal);
    });
}
