import type { Series } from './server-metrics';

/**
 * What a run of training tells of its progress: the convention that alerts and the dashboard ask by. The container
 * `progress` of a TrainingJob serves it from the file that the program writes.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
export const TRAINING_METRICS = {
  /** Steps done. It falls when a run goes on from a checkpoint. */
  step: { name: 'training_step' },
  /** Steps of the whole run. */
  steps: { name: 'training_steps' },
  /** Loss of the last step. */
  loss: { name: 'training_loss' },
  /** Samples trained on. */
  samples: { name: 'training_samples_total' },
  /** Unix time of the last checkpoint. */
  checkpoint: { name: 'training_checkpoint_timestamp_seconds' },
  /** Unix time at which the run last told of itself. */
  progress: { name: 'training_progress_timestamp_seconds' },
  /** Figures of quality, by the label `name`. */
  metric: { name: 'training_metric' },
} as const satisfies Readonly<Record<string, Series>>;
