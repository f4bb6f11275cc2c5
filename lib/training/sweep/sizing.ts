import type { Derivation } from '../../core/derivation';
import { formatSeconds, seconds } from '../../core/durations';
import type { GpuHours } from '../../core/gpu-hours';
import { gpuHoursOfRun } from '../cost';
import { DEFAULT_DEADLINE } from '../survival';
import { sizeOf, spaceProblems } from './search-space';
import type { HyperparameterSweepSettings } from './sweep-props';

/** What starting a trial takes beyond its own deadline, with the pauses of the coordinator. */
const SLACK_SECONDS = 600;

/** How many trials there are, how many of them at once, and how long all of it may take. */
export interface Sizing {
  readonly trials: number;
  readonly parallel: number;
  /** Undefined for trials that wait in a queue, which may take any time. */
  readonly deadlineSeconds: number | undefined;
  /** What all trials may take of GPUs, where they have any. */
  readonly gpuHours: GpuHours | undefined;
  readonly derivations: readonly Derivation[];
}

/** The points of a grid; without end where a space has none. */
function gridSize({ search }: HyperparameterSweepSettings): number {
  return Object.values(search).reduce((size, space) => size * sizeOf(space), 1);
}

/** The numbers of a sweep; what can't be is told by {@link sweepProblems}. */
export function sizingOf(settings: HyperparameterSweepSettings): Sizing {
  const { trial, gpuBudget = 0, parallel: given = 1, strategy } = settings;
  const { nodes, gpusPerNode, gpuType, deadline = DEFAULT_DEADLINE, queue } = trial;
  const gpus = nodes * gpusPerNode;
  const trials = settings.trials ?? (strategy === 'grid' ? gridSize(settings) : 1);
  const parallel = gpus === 0 ? given : Math.floor(gpuBudget / gpus);
  const each = Math.ceil(seconds(deadline));
  const rounds = Math.ceil(trials / parallel);
  const total = rounds * (each + SLACK_SECONDS);
  const derivations: Derivation[] = [];
  let gpuHours: GpuHours | undefined;
  if (gpus > 0) {
    const perRun = trials * gpuHoursOfRun({ nodes, gpusPerNode, duration: deadline });
    gpuHours = { gpuType, perRun, isBound: true };
    derivations.push(
      {
        what: 'trials at the same time',
        value: String(parallel),
        formula: `${gpuBudget} gpuBudget / (${nodes} nodes × ${gpusPerNode} gpusPerNode), rounded down`,
      },
      {
        what: 'GPU-hours of all trials, at most',
        value: String(Math.ceil(perRun)),
        formula: `${trials} trials × ${nodes} nodes × ${gpusPerNode} gpusPerNode × ${each} s deadline / 3600`,
      },
    );
  }
  if (queue === undefined) {
    derivations.push({
      what: 'activeDeadlineSeconds',
      value: formatSeconds(total),
      formula: `${rounds} rounds × (${each} s deadline + ${SLACK_SECONDS} s start)`,
    });
  }
  return { trials, parallel, deadlineSeconds: queue === undefined ? total : undefined, gpuHours, derivations };
}

/** What can't work, as the rest of the sentence after the sweep's path. */
export function sweepProblems(settings: HyperparameterSweepSettings): string[] {
  const { search, trial } = settings;
  const problems: string[] = [];
  for (const [name, space] of Object.entries(search)) {
    problems.push(...spaceProblems(space).map((problem) => `search.${name}.${problem}`));
    if (trial.hyperparameters !== undefined && name in trial.hyperparameters) {
      problems.push(`search.${name} must not be in trial.hyperparameters too, which are fixed: leave one out`);
    }
  }
  return [...problems, ...trialsProblems(settings), ...budgetProblems(settings)];
}

function trialsProblems(settings: HyperparameterSweepSettings): string[] {
  const { trials, strategy, search } = settings;
  if (strategy !== 'grid') {
    return trials === undefined ? [`trials must be said with the strategy '${strategy}', but is missing`] : [];
  }
  const endless = Object.entries(search).filter(([, space]) => sizeOf(space) === Number.POSITIVE_INFINITY);
  if (endless.length > 0) {
    return endless.map(
      ([name, { type }]) =>
        `search.${name}.type must be choice or integer in a grid, got '${type}': name its values or take another strategy`,
    );
  }
  const size = gridSize(settings);
  if (trials !== undefined && trials !== size) {
    return [`trials must be left out with a grid, which has ${size} points, got ${trials}: take random to try fewer`];
  }
  if (size > 1000) return [`search must have at most 1000 points as a grid, got ${size}: take random to try fewer`];
  return [];
}

function budgetProblems({ trial, gpuBudget, parallel }: HyperparameterSweepSettings): string[] {
  const gpus = trial.nodes * trial.gpusPerNode;
  if (gpus === 0) {
    if (gpuBudget === undefined) return [];
    return [`gpuBudget must be left out for trials without GPUs, got ${gpuBudget}: set parallel`];
  }
  const problems: string[] = [];
  if (parallel !== undefined) {
    problems.push(`parallel must be left out for trials with GPUs, got ${parallel}: gpuBudget decides it`);
  }
  const given = gpuBudget === undefined ? 'but is missing' : `got ${gpuBudget}`;
  if (gpuBudget === undefined || gpuBudget < gpus) {
    problems.push(`gpuBudget must be enough for one trial, ${trial.nodes} × ${trial.gpusPerNode} GPUs, ${given}`);
  }
  return problems;
}
