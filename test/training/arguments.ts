import type { Hyperparameters } from '../../lib';

/** Hyperparameters and their arguments, which the scripts of a sweep must write alike. */
export const ARGUMENTS: [what: string, hyperparameters: Hyperparameters, args: string[]][] = [
  ['a whole number', { epochs: 3 }, ['--epochs=3']],
  ['a very small one', { eps: 1e-8 }, ['--eps=1e-8']],
  ['a negative one', { shift: -0.5 }, ['--shift=-0.5']],
  ['a text with a space', { note: 'two words' }, ['--note=two words']],
  ['a text like an option', { note: '--help' }, ['--note=--help']],
  ['an empty text', { note: '' }, ['--note=']],
  ['true', { amp: true }, ['--amp']],
  ['false, which argparse would take for true as a text', { amp: false }, ['--no-amp']],
  ['a list of texts', { features: ['user', 'item'] }, ['--features', 'user', 'item']],
  ['what Kubernetes would expand', { note: '$(HOME)', all: ['$(A)$(B)'] }, ['--note=$$(HOME)', '--all', '$$(A)$$(B)']],
  ['a number below a thousandth of a thousandth', { eps: 1.25e-7 }, ['--eps=1.25e-7']],
  ['a small one', { eps: 0.000012 }, ['--eps=0.000012']],
  ['one with all its digits', { lr: 0.1 + 0.2 }, ['--lr=0.30000000000000004']],
  ['a whole number that was computed', { scale: 64.0, shift: -0 }, ['--scale=64', '--shift=0']],
  ['a large one', { clicks: 1.5e20 }, ['--clicks=150000000000000000000']],
  ['a very large one', { clicks: -1.5e21 }, ['--clicks=-1.5e+21']],
  ['numbers in a list', { layers: [1e-9, 512] }, ['--layers', '1e-9', '512']],
];
