import { z } from 'zod';
import { durationSchema, seconds } from '../core/durations';
import type { PerReplica } from '../core/scaled';
import { must, wholeNumber } from '../core/schema';

const MOST = 1_000_000_000;

/** Kubernetes counts in thousandths. */
export function amountSchema(what: string): z.ZodNumber {
  const error = must(`be a number of ${what}, from 0.001 to ${MOST}`);
  return z.number({ error }).min(0.001, { error }).max(MOST, { error });
}

/** Checks what was measured of a server: `{ rps: 220, concurrency: 8, serviceTime: '30ms' }`. */
export const perReplicaSchema = z.strictObject({
  /** Requests per second that a replica answers within its objective. */
  rps: amountSchema('requests per second'),
  /**
   * Requests that it works on at the same time.
   * @default - not measured
   */
  concurrency: wholeNumber({ min: 1, of: 'requests' }).optional(),
  /**
   * Mean time of work on a request, without any waiting.
   * @default - not measured
   */
  serviceTime: durationSchema.optional(),
  /**
   * Coefficient of variation of that time: its standard deviation by its mean.
   * @default - not measured
   */
  variation: z
    .number({ error: must('be a number, 0 or more') })
    .min(0, { error: must('be a number, 0 or more') })
    .optional(),
  /**
   * From the decision for a replica until it is ready.
   * @default - derived from the model and the runtime
   */
  readyAfter: durationSchema.optional(),
});

/** What was measured of a server, by its replica. @interface */
export type PerReplicaProps = z.input<typeof perReplicaSchema>;

/** The same for whoever replays traffic. */
export function toPerReplica(measured: z.output<typeof perReplicaSchema>): PerReplica {
  const { rps, concurrency, serviceTime, variation } = measured;
  return {
    rps,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(serviceTime === undefined ? {} : { serviceSeconds: seconds(serviceTime) }),
    ...(variation === undefined ? {} : { variation }),
  };
}
