import { parse } from '../../core/schema';
import { quantileSchema, sojournsOf } from './latency';
import { positive, type Queue, withQueue } from './queue';

/** The highest load that is offered: above, a queue takes so long to settle that its mean is of no use. */
export const HIGHEST_LOAD = 0.95;
/** How near the highest load is found. */
const NEAR = 1 / 1024;

/** What a highest load is asked for. @interface */
export interface LoadLimit extends Queue {
  /** The share of requests that has to be… */
  readonly quantile: number;
  /** …under so many seconds. */
  readonly under: number;
}

const loadLimitSchema = withQueue({ quantile: quantileSchema, under: positive('seconds') });

/**
 * The highest utilisation at which a quantile of the latency stays under a bound: at most 0.95, and 0 where the work alone
 * takes longer.
 *
 * @throws InvalidInput where a number makes no sense
 * @example
 * ```ts
 * const ranker = { serviceTime: 0.02, variation: 0.5, replicas: 16, quantile: 0.99, under: 0.1 };
 * highestLoad(ranker); // 0.44: behind kube-proxy, which chooses at random
 * highestLoad({ ...ranker, balancing: 'leastRequest' }); // 0.88
 * highestLoad({ ...ranker, balancing: 'shared' }); // 0.95
 * ```
 */
export function highestLoad(props: LoadLimit): number {
  const queue = parse(loadLimitSchema, props, 'highestLoad');
  const longest = queue.under / queue.serviceTime;
  const late = (load: number) => sojournsOf(queue, load).tail(longest) > 1 - queue.quantile;
  if (late(NEAR)) return 0;
  if (!late(HIGHEST_LOAD)) return HIGHEST_LOAD;
  let [low, high] = [NEAR, HIGHEST_LOAD];
  while (high - low > NEAR) {
    const middle = (low + high) / 2;
    if (late(middle)) high = middle;
    else low = middle;
  }
  return Math.floor(low / NEAR) * NEAR;
}
