import type { Job } from 'kubernetes-types/batch/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { must, pattern, wholeNumber } from '../../core/schema';
import type { Transform } from '../../core/transform';
import { trainingJobSchema } from '../training-job-props';
import { searchSpaceSchema, strategySchema } from './search-space';

/** The most trials of a sweep: the coordinator may change each by its name. */
const MAX_TRIALS = 1000;

const nameRule = must("be the name of a hyperparameter, of letters, digits, '_' and '-', from a letter on");

/** Checks {@link HyperparameterSweepProps}. */
export const hyperparameterSweepSchema = z.strictObject({
  /**
   * What each trial runs: the props of a TrainingJob that describe one run. Its `hyperparameters` are those that stay as
   * they are. Trials are plain Jobs, whatever else the cluster has.
   */
  trial: trainingJobSchema.pick({
    image: true,
    command: true,
    nodes: true,
    gpusPerNode: true,
    gpuType: true,
    resources: true,
    sharedMemory: true,
    scratch: true,
    data: true,
    network: true,
    env: true,
    hyperparameters: true,
    checkpoints: true,
    preemptionGrace: true,
    retries: true,
    fatalExitCodes: true,
    deadline: true,
    queue: true,
    priority: true,
    priorityClass: true,
  }),
  /**
   * Where each hyperparameter is looked for, by its name.
   * @example { learning_rate: { type: 'logUniform', min: 1e-5, max: 1e-2 }, layers: { type: 'integer', min: 1, max: 4 } }
   */
  search: z
    .record(pattern<string>(/^[A-Za-z][-\w]*$/, nameRule), searchSpaceSchema)
    .refine((search) => Object.keys(search).length > 0, { error: must('have at least one hyperparameter') }),
  /**
   * `grid` tries every combination, `random` any, `adaptive` (a Tree-structured Parzen Estimator) looks where the last
   * trials were good, from the eleventh on.
   * @default 'adaptive'
   * @see https://optuna.readthedocs.io/en/v4.5.0/reference/samplers/index.html
   */
  strategy: strategySchema.default('adaptive'),
  /** What makes one trial better than another, by what its program writes to `PROGRESS_FILE`. */
  objective: z.strictObject({
    /** A name of `metrics`, such as `ndcg`, or `loss`. */
    metric: pattern<string>(/^[A-Za-z_][-.\w]*$/, must("be the name of a figure of quality, like 'ndcg' or 'loss'")),
    /** Which way is better. */
    goal: z.enum(['maximize', 'minimize'], { error: must('be maximize or minimize') }),
  }),
  /**
   * Trials in all.
   * @default - of a grid, as many as it has points; of the others it must be said
   */
  trials: wholeNumber({ min: 1, max: MAX_TRIALS, of: 'trials' }).optional(),
  /**
   * GPUs that its trials may hold at the same time; it runs as many trials at once as fit in. For trials with GPUs.
   * @default - none
   */
  gpuBudget: wholeNumber({ min: 1, of: 'GPUs' }).optional(),
  /**
   * Trials at the same time, for those on CPU.
   * @default 1 - with GPUs, by the budget
   */
  parallel: wholeNumber({ min: 1, max: MAX_TRIALS, of: 'trials' }).optional(),
  /**
   * Where the choice of points begins: the same seed, with the same results of trials, gives the same points.
   * @default 0
   */
  seed: wholeNumber({ min: 0, of: 'a seed' }).default(0),
  /**
   * Stops a trial that is behind: at a step, its best so far is worse than half of the complete ones were there, or it is
   * no longer a number.
   * @default - none: each trial comes to its end
   */
  earlyStopping: z
    .strictObject({
      /** Steps between two comparisons. */
      every: wholeNumber({ min: 1, of: 'steps' }),
      /**
       * Complete trials that there must be before one is stopped.
       * @default 5
       */
      after: wholeNumber({ min: 1, of: 'trials' }).default(5),
    })
    .optional(),
  /**
   * Image with Python and Optuna, to use instead of Optuna's own.
   * @default - optuna/optuna, of an exact release
   */
  image: imageSchema.optional(),
  /** The last word on each emitted object. */
  transform: z
    .strictObject({
      /** The template that trials are made from. */
      trial: z.custom<Transform<Job>>().optional(),
      coordinator: z.custom<Transform<Job>>().optional(),
      /** That of the trials. */
      networkPolicy: z.custom<Transform<NetworkPolicy>>().optional(),
    })
    .default({}),
});

/** Properties of a HyperparameterSweep. @interface */
export type HyperparameterSweepProps = z.input<typeof hyperparameterSweepSchema>;

/** The same, checked and with defaults. */
export type HyperparameterSweepSettings = z.output<typeof hyperparameterSweepSchema>;
