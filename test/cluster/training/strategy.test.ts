import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pythonPackages } from '../servers/python';

const SCRIPTS = join(__dirname, '../../../lib/training/sweep');
const packages = pythonPackages(['optuna==4.5.0']);
const onOptuna = 'missing' in packages ? test.skip : test;

interface Trial {
  readonly state: 'complete' | 'running' | 'failed';
  /** Values by their checks; null for NaN. */
  readonly progress: Readonly<Record<number, number | null>>;
}

/** Whether the last trial is stopped, beside those before it. */
function isHopeless(
  trials: readonly Trial[],
  sweep: { readonly goal?: string; readonly after?: number } = {},
): boolean {
  if ('missing' in packages) throw new Error(`there is no ${packages.missing}`);
  const program = `
import json, math, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import strategy
sweep, trials = json.load(sys.stdin)
for number, trial in enumerate(trials):
    progress = {int(check): math.nan if value is None else value for check, value in trial["progress"].items()}
    value = progress[max(progress)] if trial["state"] == "complete" else None
    trial.update(number=number, point={"dropout": 0.1}, progress=progress, value=value)
print(json.dumps(bool(strategy.is_hopeless(sweep, trials, len(trials) - 1))))
`;
  const { goal = 'maximize', after = 2 } = sweep;
  const order = {
    objective: { metric: 'ndcg', goal },
    search: { dropout: { type: 'uniform', min: 0, max: 0.5 } },
    earlyStopping: { every: 10, after },
  };
  const { stdout, stderr } = spawnSync(`${packages.bin}/python`, ['-c', program, SCRIPTS], {
    input: JSON.stringify([order, trials]),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const complete = (...values: number[]): Trial => ({
  state: 'complete',
  progress: Object.fromEntries(values.map((value, i) => [i + 1, value])),
});
const GOOD = [0.2, 0.4, 0.6].map((value) => complete(value, 2 * value));
const running = (progress: Trial['progress']): Trial => ({ state: 'running', progress });

onOptuna.each([
  ['worse than half of the complete ones were at the same step', running({ 1: 0.39 }), true],
  ['as good as half of them were', running({ 1: 0.41 }), false],
  ['compared at its last step, and not at an earlier one', running({ 1: 0.1, 2: 0.81 }), false],
  ['ahead at first, and behind at its last step', running({ 1: 0.5, 2: 0.79 }), true],
  ['down again from a value that would do, which is the one that counts', running({ 1: 0.9, 2: 0.1 }), false],
  ['further than any complete one was asked', running({ 3: 0.1 }), false],
  ['no longer a number', running({ 1: 0.9, 2: null }), true],
])('whether a trial is stopped that is: %s', (_what, trial, expected) => {
  expect(isHopeless([...GOOD, trial])).toBe(expected);
});

onOptuna('where less is better, the trial with more is stopped', () => {
  expect(isHopeless([...GOOD, running({ 1: 0.41 })], { goal: 'minimize' })).toBe(true);
  expect(isHopeless([...GOOD, running({ 1: 0.39 })], { goal: 'minimize' })).toBe(false);
});

onOptuna('only complete trials count, and before there are enough none is stopped, but for what is no number', () => {
  const others = [complete(0.9), running({ 1: 0.9 }), { ...complete(0.9), state: 'failed' as const }];
  expect(isHopeless([...others, running({ 1: 0.1 })])).toBe(false);
  expect(isHopeless([...others, complete(0.8), running({ 1: 0.1 })])).toBe(true);
  expect(isHopeless([...others, running({ 1: null })])).toBe(true);
});
