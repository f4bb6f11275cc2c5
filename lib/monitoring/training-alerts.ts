import { formatSeconds } from '../core/durations';
import type { ObservedTraining } from '../core/observed';
import { series } from '../core/promql';
import { TRAINING_METRICS } from '../core/training-metrics';
import type { AlertRule, RecordingRule } from './alerts';
import { DCGM_GPU_ACTIVE, DCGM_GPU_UTILIZATION } from './container-metrics';
import { ofTrainingPods, POD_PHASE } from './object-metrics';
import { checkpointAge, pendingSeconds, stallSeconds } from './training-bounds';
import { recordingRules, selectorOfTraining } from './training-rules';
import { runRules } from './training-run-alerts';

/** The share of time below which a GPU does nothing that it was asked for. */
const IDLE = 0.05;

/** The rules about the training of a platform: what is kept of it first, then its alerts. */
export function trainingRules(
  platform: string,
  trainings: readonly ObservedTraining[],
  { hasDcgm }: { readonly hasDcgm: boolean },
): readonly { readonly name: string; readonly rules: readonly (RecordingRule | AlertRule)[] }[] {
  if (trainings.length === 0) return [];
  const labelled = <Rule extends RecordingRule | AlertRule>(rule: Rule, { name }: ObservedTraining): Rule => ({
    ...rule,
    labels: { ...rule.labels, platform, training: name },
  });
  return [
    {
      name: `${platform}-training`,
      rules: trainings.flatMap((training) => [
        ...recordingRules(training).map((rule) => labelled(rule, training)),
        ...alertsAbout(training, hasDcgm).map((rule) => labelled(rule, training)),
      ]),
    },
  ];
}

function alertsAbout(training: ObservedTraining, hasDcgm: boolean): AlertRule[] {
  return [
    ...runRules(training),
    pending(training),
    ...(training.progressPort === undefined ? [] : [stalled(training), silent(training), notANumber(training)]),
    ...(training.progressPort === undefined || training.checkpointSeconds === undefined
      ? []
      : [oldCheckpoint(training, training.checkpointSeconds)]),
    ...(hasDcgm && training.gpusPerNode > 0 ? [idle(training)] : []),
  ];
}

function pending(training: ObservedTraining): AlertRule {
  const { name, namespace } = training;
  const bound = formatSeconds(pendingSeconds(training));
  return {
    alert: 'TrainingPending',
    // Those of a run that waits in its queue have not been made.
    expr: `sum(${series(ofTrainingPods(POD_PHASE, training, 'phase="Pending"'), { namespace })}) > 0`,
    for: bound,
    labels: { severity: 'warning' },
    annotations: {
      summary: `A run of ${name} waits for nodes`,
      description: `{{ $value }} of its pods have not started for ${bound}, while its deadline runs.`,
    },
  };
}

/**
 * The series must be as old as the window, and still be there: a run that begins, goes on in another pod, or has ended is
 * not stalled. A busy GPU proves nothing: one that waits for its peers in NCCL shows 100 %.
 */
function stalled(training: ObservedTraining): AlertRule {
  const step = series(TRAINING_METRICS.step, selectorOfTraining(training));
  const window = formatSeconds(stallSeconds(training));
  return {
    alert: 'TrainingStalled',
    expr: `changes(${step}[${window}]) == 0 and ${step} offset ${window} and ${step}`,
    for: '2m',
    labels: { severity: 'critical' },
    annotations: {
      summary: `${training.name} makes no progress`,
      description: `Pod {{ $labels.pod }} has done no step for ${window}.`,
    },
  };
}

/** By what is scraped, whether or not there is a series yet. */
function silent(training: ObservedTraining): AlertRule {
  const selector = selectorOfTraining(training);
  const bound = formatSeconds(stallSeconds(training));
  return {
    alert: 'TrainingSilent',
    expr: `count(${series({ name: 'up' }, selector)} == 1) unless count(${series(TRAINING_METRICS.step, selector)})`,
    for: bound,
    labels: { severity: 'warning' },
    annotations: {
      summary: `${training.name} runs and tells of no progress`,
      description: `For ${bound} it has run on {{ $value }} nodes without a first step, or its program doesn't write PROGRESS_FILE.`,
    },
  };
}

/** Loss scaling meets one that is infinite now and then; one that stays is the end of a run. */
function notANumber(training: ObservedTraining): AlertRule {
  const loss = series(TRAINING_METRICS.loss, selectorOfTraining(training));
  return {
    alert: 'TrainingLossNotFinite',
    expr: `${loss} != ${loss} or abs(${loss}) == Inf`,
    for: '3m',
    labels: { severity: 'critical' },
    annotations: {
      summary: `The loss of ${training.name} is no number any more`,
      description: 'The loss of pod {{ $labels.pod }} has been {{ $value }} for 3 minutes: what comes after is lost.',
    },
  };
}

/** A run that goes on shows the checkpoint that it began with, until it has had the time to save another. */
function oldCheckpoint(training: ObservedTraining, checkpointSeconds: number): AlertRule {
  const selector = selectorOfTraining(training);
  const age = checkpointAge(checkpointSeconds);
  const checkpoint = series(TRAINING_METRICS.checkpoint, selector);
  const step = series(TRAINING_METRICS.step, selector);
  return {
    alert: 'TrainingCheckpointOld',
    expr: `time() - ${checkpoint} > ${age} and ${step} offset ${formatSeconds(age)}`,
    for: '2m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `${training.name} saves no checkpoints`,
      description: `The last one of pod {{ $labels.pod }} is {{ $value | humanizeDuration }} old; one is due every ${formatSeconds(checkpointSeconds)}.`,
    },
  };
}

/** The share of time in which the GPUs of each pod were busy. */
export function gpuActivity(training: ObservedTraining): string {
  const { namespace } = training;
  const of = (metric: { readonly name: string }, ...more: readonly string[]) =>
    `avg by (pod) (${series(ofTrainingPods(metric, training, ...more), { namespace })})`;
  // Of a part of a GPU (MIG), the second is that of nobody, and only the first, which not all collect, is right.
  return `(${of(DCGM_GPU_ACTIVE)} or ${of(DCGM_GPU_UTILIZATION, 'GPU_I_ID=""')} / 100)`;
}

function idle(training: ObservedTraining): AlertRule {
  const bound = formatSeconds(stallSeconds(training));
  return {
    alert: 'TrainingGpuIdle',
    expr: `${gpuActivity(training)} < ${IDLE}`,
    for: bound,
    labels: { severity: 'warning' },
    annotations: {
      summary: `${training.name} holds GPUs that it doesn't use`,
      description: `For ${bound} the GPUs of pod {{ $labels.pod }} have been busy less than ${100 * IDLE} % of the time.`,
    },
  };
}
