import type { Container } from 'kubernetes-types/core/v1';
import { formatSeconds, seconds } from '../core/durations';
import { type Engine, lacksOf } from './engines/capabilities';
import { DEFAULT_DEADLINE } from './survival';
import type { TrainingJobSettings } from './training-job-props';

/** Between two looks at the file; three in a row must find it too old, so that one on a busy node costs nothing. */
const PERIOD_SECONDS = 20;
const LOOKS = 3;

/**
 * What a stalled program is left to end: it has nothing to save, and waits for the `preStop` of a run that must leave its
 * node otherwise. torchrun passes the signal on and mostly ends with 1.
 */
const GRACE_SECONDS = 10;

/** With what a program ends that is stopped so: torchrun's own code, the signal's, and that of a kill. */
const STOPPED = [1, 143, 137];

/**
 * Has the kubelet stop the program when it makes no progress any more. Only the first rank writes the file, which the
 * probe of the others knows by their index. The time until the first step is waited for before the first look, and not
 * by a startup probe: with one, the pod would not be ready before, which Kueue takes for a run that doesn't start.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
export function stallProbe({
  stalledAfter,
  firstProgressWithin = stalledAfter,
}: TrainingJobSettings): Pick<Container, 'livenessProbe'> {
  if (stalledAfter === undefined || firstProgressWithin === undefined) return {};
  return {
    livenessProbe: {
      exec: { command: ['sh', '-c', stallCommand(Math.ceil(seconds(stalledAfter)))] },
      initialDelaySeconds: Math.ceil(seconds(firstProgressWithin)),
      periodSeconds: PERIOD_SECONDS,
      timeoutSeconds: 10,
      failureThreshold: LOOKS,
      successThreshold: 1,
      terminationGracePeriodSeconds: GRACE_SECONDS,
    },
  };
}

/** Fails where the first rank's file is missing or older than so many seconds. */
export function stallCommand(limit: number): string {
  const age = '$(($(date +%s) - $(stat -c %Y "$PROGRESS_FILE" || echo 0)))';
  return `[ "\${JOB_COMPLETION_INDEX:-0}" != 0 ] || [ ${age} -lt ${limit} ]`;
}

/** What would keep a stalled run from being healed. */
export function stallProblems(settings: TrainingJobSettings): string[] {
  const { stalledAfter, firstProgressWithin, deadline = DEFAULT_DEADLINE, fatalExitCodes, retries } = settings;
  if (stalledAfter === undefined) {
    if (firstProgressWithin === undefined) return [];
    return [`firstProgressWithin must come with stalledAfter, got '${firstProgressWithin}' and none: set it, too`];
  }
  const problems: string[] = [];
  if (!settings.progress && settings.env.PROGRESS_FILE === undefined) {
    problems.push(
      `progress must be true with stalledAfter, got false and '${stalledAfter}': there is no file to judge by, and every run would be stopped; leave stalledAfter out, or name a file of the program's own in env.PROGRESS_FILE`,
    );
  }
  if (seconds(stalledAfter) < LOOKS * PERIOD_SECONDS) {
    problems.push(
      `stalledAfter must be at least '${formatSeconds(LOOKS * PERIOD_SECONDS)}', got '${stalledAfter}': it takes ${LOOKS} looks at the file, ${PERIOD_SECONDS} s apart`,
    );
  }
  for (const prop of ['stalledAfter', 'firstProgressWithin'] as const) {
    const wait = settings[prop];
    if (wait === undefined || seconds(wait) < seconds(deadline)) continue;
    problems.push(`${prop} must be shorter than the deadline, '${deadline}', got '${wait}': that would end it before`);
  }
  const fatal = fatalExitCodes.filter((code) => STOPPED.includes(code));
  if (fatal.length > 0) {
    problems.push(
      `fatalExitCodes must be without ${STOPPED.join(', ')} with stalledAfter, got ${fatal.join(', ')}: a stalled program that is stopped ends so, and would not be started again`,
    );
  }
  if (retries === 0) {
    problems.push('retries must be 1 or more with stalledAfter, got 0: what is stopped would not be started again');
  }
  return problems;
}

/** What a stall costs with an engine that repairs a group around its first node. */
export function stallWarnings(settings: TrainingJobSettings, engine: Engine): string[] {
  const { stalledAfter, nodes, retries } = settings;
  if (stalledAfter === undefined || engine !== 'job' || nodes === 1) return [];
  const isShort = retries < nodes;
  // A JobSet heals it at the cost of one retry, where it can hold what is asked; otherwise there are only retries.
  const canBeJobSet = lacksOf('jobset', settings).length === 0;
  if (!canBeJobSet && !isShort) return [];
  const each = isShort ? `, which may be more than the ${retries} retries` : '';
  const todo = canBeJobSet ? "take the engine 'jobset'" : `raise retries to ${nodes} or more`;
  return [
    `stalledAfter stops the first node, by which the others meet: with the engine 'job' each of the ${nodes} may then fail and cost a retry${each}; ${todo}`,
  ];
}
