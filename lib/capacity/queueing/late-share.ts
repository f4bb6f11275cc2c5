import { parse } from '../../core/schema';
import { sojournsOf } from './latency';
import { enoughForLeastRequest, positive, type Queue, withQueue } from './queue';

/** Steps of load that are told apart. */
const STEPS = 200;
/** From here on, a queue grows faster than a steady state tells. */
const FULL = 0.99;

const lateSchema = withQueue({ under: positive('seconds') });

/** A queue, of as many replicas as will be ready, and the bound of its objective. @interface */
export interface LateProps extends Omit<Queue, 'replicas'> {
  /** Seconds, waiting included, beyond which a request is late. */
  readonly under: number;
}

/**
 * The share of requests that are late, for a rate in requests per second and a number of replicas that are ready. It is
 * meant to be asked for every tick of a replay: what was computed once for a load, in steps of half a percent, is kept.
 *
 * It is that of the steady state. At 99 % of what the replicas can do and above it is 1: the queue grows for as long as
 * that lasts, so whoever comes waits for all before.
 *
 * @example
 * ```ts
 * const late = lateShare({ serviceTime: 0.02, variation: 0.5, concurrency: 4, under: 0.1 });
 * late(1500, 10); // requests per second on 10 ready replicas
 * ```
 */
export function lateShare(props: LateProps): (rate: number, ready: number) => number {
  const queue = parse(lateSchema, { ...props, replicas: 1 }, 'lateShare');
  const longest = queue.under / queue.serviceTime;
  const leastRequest = queue.balancing === 'leastRequest';
  const known = new Map<number, number>();
  return (rate, ready) => {
    const load = (rate * queue.serviceTime) / (queue.concurrency * ready);
    if (!(load > 0)) return 0;
    if (load >= FULL) return 1;
    const step = Math.max(1, Math.round(load * STEPS));
    // A replica is on its own behind random balancing, and counts as if where least request chooses among too few.
    const alone = queue.balancing === 'random' || (leastRequest && !enoughForLeastRequest(ready, queue.variation));
    const replicas = alone ? 1 : ready;
    const key = replicas * STEPS + step;
    const before = known.get(key);
    if (before !== undefined) return before;
    const share = sojournsOf({ ...queue, replicas }, Math.min(step / STEPS, FULL)).tail(longest);
    known.set(key, share);
    return share;
  };
}
