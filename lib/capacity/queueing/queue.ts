import { z } from 'zod';
import { must, oneOf, wholeNumber } from '../../core/schema';

/** A number in a range, the greatest and the least included. */
export function within(min: number, max: number, what: string, hint?: string): z.ZodType<number, number> {
  const error = must(`be ${what}, from ${min} to ${max}`, hint);
  return z.number({ error }).min(min, { error, abort: true }).max(max, { error });
}

/** A number above 0 and not infinite. */
export function positive(unit: string): z.ZodType<number, number> {
  const error = must(`be a number of ${unit} above 0`);
  return z.number({ error }).positive({ error });
}

const fields = z.strictObject({
  /** Mean time of work on a request, in seconds, without any waiting. */
  serviceTime: positive('seconds'),
  /**
   * Coefficient of variation of that time: its standard deviation by its mean.
   * @default 1
   */
  variation: within(
    0,
    2,
    'a standard deviation by its mean',
    'what varies more is of several kinds: model each',
  ).default(1),
  /**
   * Spread of that time: see {@link Distribution}.
   * @default 'gamma'
   */
  distribution: oneOf(['gamma', 'lognormal']).default('gamma'),
  /**
   * Requests that a replica works on at the same time, each as fast as if it were alone.
   * @default 1
   */
  concurrency: wholeNumber({ min: 1, max: 256, of: 'requests at a time' }).default(1),
  /**
   * Replicas that share the load evenly.
   * @default 1
   */
  replicas: wholeNumber({ min: 1, of: 'replicas' }).default(1),
  /**
   * Who gets a request: see {@link Balancing}.
   * @default 'random'
   */
  balancing: oneOf(['random', 'leastRequest', 'shared']).default('random'),
});

/** Replicas under requests that come at random. @interface */
export type Queue = z.input<typeof fields>;

/** A queue with its defaults. */
export type KnownQueue = z.output<typeof fields>;

/** The fewest replicas with least request, and the fewest where times vary more than exponential ones. */
const FEWEST = { any: 4, varied: 16 };
/** The greatest variation that was simulated with the tail of the lognormal. */
const MOST_LOGNORMAL = 1.5;

/** Whether least request holds for so few replicas; they are few enough to be all full at once. */
export function enoughForLeastRequest(replicas: number, variation: number): boolean {
  return replicas === 1 || replicas >= (variation > 1 ? FEWEST.varied : FEWEST.any);
}

/** A schema of a queue and more: what was held against a simulation is taken, and the rest refused. */
export function withQueue<S extends z.ZodRawShape>(more: S) {
  return fields.extend(more).superRefine((value, context) => {
    const { replicas, variation, distribution, balancing } = value as unknown as KnownQueue;
    if (balancing === 'leastRequest' && !enoughForLeastRequest(replicas, variation)) {
      const message =
        `must be 1, ${FEWEST.any} or more with leastRequest, and ${FEWEST.varied} or more with a variation above 1, ` +
        `got ${replicas}: take random, which is never better`;
      context.addIssue({ code: 'custom', path: ['replicas'], message });
    }
    if (distribution === 'lognormal' && variation > MOST_LOGNORMAL) {
      const message = `must be at most ${MOST_LOGNORMAL} with lognormal, got ${variation}: take gamma`;
      context.addIssue({ code: 'custom', path: ['variation'], message });
    }
  });
}

/** Checks {@link Queue}. */
export const queueSchema = withQueue({});

/**
 * How requests are spread over replicas.
 *
 * - `random`: any replica, busy or not, as kube-proxy does: each has a queue of its own.
 * - `leastRequest`: the less busy of two that are picked at random, as Envoy's and gRPC's least request do. It holds where
 *   one balancer sees all requests: of several, each knows just its own.
 * - `shared`: one queue, of which a replica takes the next request when it has room, as behind a message queue or Ray
 *   Serve's and Triton's own schedulers inside one pod.
 */
export type Balancing = 'random' | 'leastRequest' | 'shared';
