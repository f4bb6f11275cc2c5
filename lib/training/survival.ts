import type { PodSpec } from 'kubernetes-types/core/v1';
import { holdsPlaceholder } from '../core/deferred';
import type { Derivation } from '../core/derivation';
import { formatSeconds, seconds } from '../core/durations';
import { type Engine, lackOf } from './engines/capabilities';
import type { TrainingJobSettings } from './training-job-props';

/** The longest that a run takes, unless a deadline is given. */
export const DEFAULT_DEADLINE = '24h';

/** How long a finished run is kept, unless a time is given. */
export const DEFAULT_KEEP_FINISHED = '24h';

/** The time that the program has to end once it is told to: Kubernetes' own default. */
const EXIT_SECONDS = 30;

/**
 * What lets a pod that must go live on for as long as a checkpoint takes to come: the program runs on unchanged, and is
 * told to end afterwards.
 */
export function graceOf({ preemptionGrace }: TrainingJobSettings): {
  readonly pod: Pick<PodSpec, 'terminationGracePeriodSeconds'>;
  readonly container: { readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } } };
  readonly derivations: readonly Derivation[];
} {
  if (preemptionGrace === undefined) return { pod: {}, container: {}, derivations: [] };
  const sleep = Math.ceil(seconds(preemptionGrace));
  const grace = sleep + EXIT_SECONDS;
  const formula = `${sleep} s preemptionGrace + ${EXIT_SECONDS} s exit`;
  return {
    pod: { terminationGracePeriodSeconds: grace },
    container: { lifecycle: { preStop: { sleep: { seconds: sleep } } } },
    derivations: [{ what: 'terminationGracePeriodSeconds', value: `${grace}s`, formula }],
  };
}

/** What would lose the work of a run that is interrupted. */
export function survivalProblems(settings: TrainingJobSettings): string[] {
  const { checkpoints, deadline = DEFAULT_DEADLINE, preemptionGrace } = settings;
  const problems = folderProblems(settings);
  if (checkpoints !== undefined && seconds(checkpoints.every) >= seconds(deadline)) {
    problems.push(
      `checkpoints.every must be shorter than the deadline, '${deadline}', got '${checkpoints.every}': the run would end before it saves`,
    );
  }
  if (preemptionGrace === undefined) return problems;
  if (checkpoints === undefined) {
    problems.push(
      `preemptionGrace must come with checkpoints, got '${preemptionGrace}' and none: nothing would be saved in it`,
    );
  } else if (seconds(checkpoints.every) >= seconds(preemptionGrace)) {
    problems.push(
      `checkpoints.every must be shorter than preemptionGrace, '${preemptionGrace}', got '${checkpoints.every}': a run that is stopped would not come to its next checkpoint`,
    );
  }
  return problems;
}

/** What costs more work than it needs to. */
export function survivalWarnings(settings: TrainingJobSettings, engine: Engine): string[] {
  return [...checkpointWarnings(settings, engine), ...exitCodeWarnings(settings)];
}

/**
 * torchrun raises what its processes end with as an error of its own, with which Python ends with 1.
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/distributed/elastic/multiprocessing/errors/__init__.py
 */
function exitCodeWarnings({ command, fatalExitCodes }: TrainingJobSettings): string[] {
  const lost = fatalExitCodes.filter((code) => code !== 1);
  if (!/(^|\/)torchrun$/.test(command[0] ?? '') || lost.length === 0) return [];
  return [
    `fatalExitCodes never come out of torchrun, which ends with 1 whatever its processes end with, got ${lost.join(', ')}: start it from a program that passes them on`,
  ];
}

function checkpointWarnings(settings: TrainingJobSettings, engine: Engine): string[] {
  const { checkpoints, nodes, queue, preemptionGrace } = settings;
  if (checkpoints === undefined) {
    if (nodes === 1 && queue === undefined) return [];
    return ['checkpoints are missing: whatever interrupts the run starts it from the beginning'];
  }
  if (queue === undefined || preemptionGrace !== undefined) return [];
  // Nothing can be done about it there but to save more often.
  if (lackOf(engine, 'preemptionGrace', settings) !== undefined) return [];
  return [
    `preemptionGrace is missing: a run that is stopped for another loses up to ${formatSeconds(seconds(checkpoints.every))} of work on each of its nodes`,
  ];
}

/** The variables take the place of the defaults, and must not lead back to what is gone with the pod. */
function folderProblems({ env, checkpoints }: TrainingJobSettings): string[] {
  const { CHECKPOINT_FOLDER: folder, CHECKPOINT_EVERY_SECONDS: every } = env;
  const problems: string[] = [];
  // Stores that are no folders outlive the pod by themselves.
  const isLocal = folder !== undefined && !holdsPlaceholder(folder) && !/^\w+:\/\//.test(folder);
  if (isLocal && (checkpoints === undefined || !/^\/checkpoints(\/|$)/.test(folder) || folder.includes('..'))) {
    const todo = checkpoints === undefined ? 'set checkpoints.claim' : 'name a folder in /checkpoints';
    problems.push(`env.CHECKPOINT_FOLDER must outlive the pod, got '${folder}', which is gone with it: ${todo}`);
  }
  if (checkpoints !== undefined && every !== undefined && !(Number(every) <= seconds(checkpoints.every))) {
    problems.push(
      `env.CHECKPOINT_EVERY_SECONDS must be at most checkpoints.every, '${checkpoints.every}', got '${every}': set that instead`,
    );
  }
  return problems;
}
