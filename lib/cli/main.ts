#!/usr/bin/env node
import { Command } from 'commander';
import { exitWith } from './exit-with';
import { synthCommand } from './synth-command';
import { version } from './version';

const program = new Command('recstack')
  .description('Kubernetes platforms for recommendation and search models')
  .version(version)
  .addCommand(synthCommand())
  .showHelpAfterError();

try {
  program.parse();
} catch (error) {
  exitWith(error);
}
