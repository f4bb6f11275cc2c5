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

/** Checks {@link Queue}. */
export const queueSchema = z.strictObject({
  /** Mean time of work on a request, in seconds, without any waiting. */
  serviceTime: positive('seconds'),
  /**
   * Coefficient of variation of that time: its standard deviation by its mean.
   * @default 1
   */
  variation: within(0, 2, 'a standard deviation by its mean', 'what varies more is of several kinds: model each').default(
    1,
  ),
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

/** Replicas of a server under requests that come at random. @interface */
export type Queue = z.input<typeof queueSchema>;

/** A queue with its defaults. */
export type KnownQueue = z.output<typeof queueSchema>;
