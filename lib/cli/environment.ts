import { dirname, join } from 'node:path';
import type { App } from 'cdk8s';
import { Command } from 'commander';
import { isName, nameRule } from '../core/names';
import { InvalidInput, show } from '../core/problem';
import { loadStack } from './load-stack';

/** Which environment of which stack a command is about. */
export interface Choice {
  readonly env: string;
  readonly stack: string;
}

/** A command about an environment, with the options that choose it. */
export function environmentCommand(name: string): Command {
  return new Command(name)
    .option('-e, --env <name>', 'the environment: a file in the folder environments beside the stack', 'production')
    .option('-s, --stack <file>', 'the program that exports the stack', 'stacks/main');
}

/**
 * The tree of an environment.
 *
 * @throws InvalidInput with everything that is wrong with the choice or the environment
 */
export function buildEnvironment({ env, stack }: Choice): App {
  // The name becomes a file and a folder; it must not lead elsewhere.
  if (!isName(env)) throw new InvalidInput([{ where: '--env', text: `must ${nameRule()}, got ${show(env)}` }]);
  return loadStack(stack).build(join(dirname(stack), 'environments', `${env}.yaml`));
}
