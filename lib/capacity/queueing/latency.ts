import { z } from 'zod';
import { must, parse } from '../../core/schema';
import { leastRequest } from './least-request';
import { oneQueue } from './one-queue';
import { type KnownQueue, positive, type Queue, withQueue } from './queue';
import { serviceTimes } from './service-times';
import type { Sojourns } from './sojourns';

const rule = must('be above 0 and below 1');

/** Checks a share of requests, above 0 and below 1. */
export const quantileSchema = z.number({ error: rule }).gt(0, { error: rule, abort: true }).lt(1, { error: rule });

const load = quantileSchema;

/** A queue and how much of what it can do is asked of it. @interface */
export interface LoadedQueue extends Queue {
  /** Utilisation: requests per second × service time / (replicas × concurrency), above 0 and below 1. */
  readonly load: number;
}

/**
 * The time, waiting included, that a share of the requests stays under, in seconds.
 *
 * Within 10 % of a discrete-event simulation at p50 and p99: see `test/capacity/queueing` for the grid. Requests come at
 * random (Poisson), as those of many users do, and each queue is worked off in order.
 *
 * @throws InvalidInput where a number makes no sense
 * @example
 * ```ts
 * latencyQuantile({ serviceTime: 0.02, variation: 0.5, concurrency: 8, load: 0.7, quantile: 0.99 }); // 0.054 s
 * ```
 */
export function latencyQuantile(props: LoadedQueue & { readonly quantile: number }): number {
  const queue = parse(withQueue({ load, quantile: quantileSchema }), props, 'latencyQuantile');
  return queue.serviceTime * sojournsOf(queue, queue.load).quantile(queue.quantile);
}

/** The share of requests that take longer than `longerThan` seconds, waiting included: see {@link latencyQuantile}. */
export function latencyTail(props: LoadedQueue & { readonly longerThan: number }): number {
  const queue = parse(withQueue({ load, longerThan: positive('seconds') }), props, 'latencyTail');
  return sojournsOf(queue, queue.load).tail(queue.longerThan / queue.serviceTime);
}

/** The times that requests take, in means of the service time. */
export function sojournsOf(queue: Omit<KnownQueue, 'serviceTime'>, load: number): Sojourns {
  const { variation, distribution, concurrency, replicas, balancing } = queue;
  const work = serviceTimes(variation, distribution);
  if (balancing === 'shared') return oneQueue(concurrency * replicas, load, work);
  // What is sent at random from a stream that comes at random comes at random.
  if (balancing === 'random' || replicas === 1) return oneQueue(concurrency, load, work);
  return leastRequest(concurrency, load, replicas, work);
}
