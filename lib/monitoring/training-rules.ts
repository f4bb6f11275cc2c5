import { formatSeconds } from '../core/durations';
import type { ObservedTraining } from '../core/observed';
import { type Selector, series } from '../core/promql';
import { TRAINING_METRICS } from '../core/training-metrics';
import type { RecordingRule } from './alerts';
import { ofTrainingPods, POD_PHASE, POD_REQUESTS } from './object-metrics';
import { stallSeconds } from './training-bounds';

/** What is kept of each training, with the labels `platform` and `training`. Named by level:metric:operation. */
export const TRAINING_RECORDS = {
  /** GPUs that its running pods hold. */
  gpus: 'training:gpus_held:sum',
  /** GPU-hours that it has held GPUs in the hour before. */
  gpuHoursInHour: 'training:gpu_hours_used:sum1h',
  /** GPU-hours that it has held GPUs in the day before. */
  gpuHoursInDay: 'training:gpu_hours_used:sum1d',
  /** Steps done in a second. */
  stepRate: 'training:steps_per_second:deriv',
  /** Samples in a second. */
  sampleRate: 'training:samples_per_second:deriv',
  /** Seconds until the last step, if it goes on as it does. */
  remaining: 'training:remaining_seconds:estimate',
} as const;

/** The time series of a training's progress, by the labels that Prometheus gives them. */
export function selectorOfTraining({ namespace, name }: ObservedTraining): Selector {
  return { namespace, job: name };
}

/** What is kept of a training. */
export function recordingRules(training: ObservedTraining): RecordingRule[] {
  return [...usage(training), ...pace(training)];
}

/**
 * GPU-hours used are those for which its pods held GPUs, busy or not: that is what nobody else could have and what is
 * paid for. How busy they were is dcgm-exporter's to say. Requests are told of pods that have ended as well, so that only
 * those that run count; the sum has a value for each minute, and none while nothing ran.
 */
function usage(training: ObservedTraining): RecordingRule[] {
  if (training.gpusPerNode === 0) return [];
  const { namespace, container } = training;
  const requested = ofTrainingPods(
    POD_REQUESTS,
    training,
    `container="${container}"`,
    // kube-state-metrics writes the names of resources with `_` for all that may not stand in a label's name.
    'resource="nvidia_com_gpu"',
  );
  const running = ofTrainingPods(POD_PHASE, training, 'phase="Running"');
  const held = `max by (namespace, pod) (${series(requested, { namespace })}) * max by (namespace, pod) (${series(running, { namespace })})`;
  const hours = (window: string) => `sum_over_time(${ofTraining(TRAINING_RECORDS.gpus, training)}[${window}:1m]) / 60`;
  return [
    record(TRAINING_RECORDS.gpus, `sum(${held} > 0)`),
    record(TRAINING_RECORDS.gpuHoursInHour, `sum(${hours('1h')})`),
    record(TRAINING_RECORDS.gpuHoursInDay, `sum(${hours('1d')})`),
  ];
}

/**
 * Steps, and samples, fall when a run goes on from a checkpoint within its pod, for which `rate` would take all of them
 * as new; the slope of a line through the points is off for one window only. Of the pods that tell of the same run the
 * fastest counts.
 */
function pace(training: ObservedTraining): RecordingRule[] {
  if (training.progressPort === undefined) return [];
  const { step, steps, samples } = TRAINING_METRICS;
  const selector = selectorOfTraining(training);
  // A step may take long; samples are counted anyway.
  const window = formatSeconds(stallSeconds(training));
  const slope = (metric: { readonly name: string }, over: string) =>
    // Only of pods that are there: the window still holds what an earlier one has told.
    `max(clamp_min(deriv(${series(metric, selector)}[${over}]), 0) and ${series(metric, selector)})`;
  const left = `max(${series(steps, selector)} - ${series(step, selector)})`;
  return [
    record(TRAINING_RECORDS.stepRate, slope(step, window)),
    record(TRAINING_RECORDS.sampleRate, slope(samples, '10m')),
    record(TRAINING_RECORDS.remaining, `${left} / (${slope(step, window)} > 0)`),
  ];
}

function record(name: string, expr: string): RecordingRule {
  return { record: name, expr, labels: {} };
}

/** A record of one training. */
export function ofTraining(name: string, { name: training }: ObservedTraining): string {
  return series({ name }, { training });
}
