import { z } from 'zod';
import { bytesSchema, cpuSchema } from '../core/quantities';
import { oneOf, wholeNumber } from '../core/schema';
import { GPU_TYPES } from '../platform/gpus';

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
      /** How many. */
      count: wholeNumber({ min: 1, of: 'GPUs' }),
      /** Their type: a queue counts one, since GPUs of another are no substitute. */
      type: oneOf(GPU_TYPES),
    })
    .optional(),
  /** CPU that may be set aside at the same time. */
  cpu: cpuSchema,
  /** Memory that may be set aside at the same time. */
  memory: bytesSchema,
});

/** Properties of a TrainingQueue. @interface */
export type TrainingQueueProps = z.input<typeof trainingQueueSchema>;
