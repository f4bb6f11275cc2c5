import { z } from 'zod';
import { bytesSchema, cpuSchema } from '../core/quantities';
import { instance, oneOf, wholeNumber } from '../core/schema';
import { GPU_TYPES } from '../platform/gpus';
import { QueueCohort } from './queue-cohort';
import { shareSchema } from './quota';
import { topologySchema } from './topology';

/** How urgent a run is beside the others of its queue. */
export const PRIORITIES = ['low', 'normal', 'high'] as const;
/** The name of one. @useDeclaredType */
export type Priority = (typeof PRIORITIES)[number];

/** Checks {@link TrainingQueueProps}. */
export const trainingQueueSchema = z.strictObject({
  /**
   * GPUs that may be in use at the same time.
   * @default - none: for runs on CPU
   */
  gpus: z
    .strictObject({
      /** How many; in a cohort also none, for runs that live on what others leave. */
      count: wholeNumber({ min: 0, of: 'GPUs' }),
      /** Their type: a queue counts one, since GPUs of another are no substitute. */
      type: oneOf(GPU_TYPES),
    })
    .optional(),
  /** CPU that may be set aside at the same time. */
  cpu: cpuSchema,
  /** Memory that may be set aside at the same time. */
  memory: bytesSchema,
  /**
   * The cohort with whose other queues it shares: what it doesn't use they may have until it needs it, and what they
   * don't use it may have until they do.
   * @default - none
   */
  cohort: instance<QueueCohort>(QueueCohort.isQueueCohort, 'be a QueueCohort').optional(),
  /**
   * The most that it borrows from its cohort.
   * @default - whatever the others don't use
   */
  borrowingLimit: shareSchema.optional(),
  /**
   * The most that it lends to its cohort; the rest stays free for whoever comes.
   * @default - whatever it doesn't use
   */
  lendingLimit: shareSchema.optional(),
  /**
   * Where the nodes lie in the network, so that runs can ask to be near together; of a queue in a cohort, the cohort
   * knows. Kueue never lets it be changed: a new one takes a queue of another id.
   * @default - not known
   */
  topology: topologySchema.optional(),
});

/** Properties of a TrainingQueue. @interface */
export type TrainingQueueProps = z.input<typeof trainingQueueSchema>;

/** The same, checked. */
export type TrainingQueueSettings = z.output<typeof trainingQueueSchema>;
