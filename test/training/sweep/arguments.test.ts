import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { hyperparameterArgs } from '../../../lib/training/hyperparameters';
import { ARGUMENTS } from '../arguments';

const SCRIPTS = join(__dirname, '../../../lib/training/sweep');
// Shown as skipped where there is no Python: in the cluster it comes with the image.
const has = spawnSync('python3', ['--version']).status === 0;
const onPython = has ? test : test.skip;

/** What the coordinator makes of several sets of hyperparameters, which it has as JSON. */
function argumentsOf(input: string): string[][] {
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from hyperparameters import arguments
print(json.dumps([arguments(one) for one in json.load(sys.stdin)]))
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', program, SCRIPTS], { input, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

onPython('a trial has the arguments that a TrainingJob would have', () => {
  const written = argumentsOf(JSON.stringify(ARGUMENTS.map(([, hyperparameters]) => hyperparameters)));
  expect(written).toEqual(ARGUMENTS.map(([, , args]) => args));
});

onPython('any number is written alike', () => {
  const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 500);
  const sets = [...numbers, 1e-6, 1e-7, 1e20, 1e21, 5e-324, 1.7976931348623157e308].map((x) => ({ x }));
  expect(argumentsOf(JSON.stringify(sets))).toEqual(sets.map(hyperparameterArgs));
});

onPython('a whole number that was found among real ones is written without a fraction', () => {
  expect(argumentsOf('[{ "x": 64.0 }, { "x": -0.0 }, { "x": 1e20 }]')).toEqual([
    ['--x=64'],
    ['--x=0'],
    ['--x=100000000000000000000'],
  ]);
});
