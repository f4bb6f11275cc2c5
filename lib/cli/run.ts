import { Command, CommanderError } from 'commander';
import { describeError } from './describe-error';
import { planCommand } from './plan-command';
import { synthCommand } from './synth-command';
import type { Terminal } from './terminal';
import { version } from './version';

/** Runs `recstack` with its arguments and returns the exit code. */
export function run(args: readonly string[], terminal: Terminal): number {
  const program = new Command('recstack')
    .description('Kubernetes platforms for recommendation and search models')
    .version(version)
    .addCommand(synthCommand(terminal))
    .addCommand(planCommand(terminal));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  }
  try {
    program.parse(args, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said what is wrong with the arguments; asking for help ends with 0.
    if (error instanceof CommanderError) return error.exitCode;
    terminal.err(`${describeError(error)}\n`);
    return 1;
  }
}
