import type { StoreEngine } from '../engine';
import { type RespProps, resp } from './resp';

/**
 * Redis: one instance, with its data on a volume or as a cache. What is said of {@link valkey} holds for it, too.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 * @example
 * ```ts
 * redis({ version: '8.2.1', use: 'cache', data: '4Gi' });
 * ```
 */
export function redis(props: RespProps): StoreEngine<'features'> {
  return resp('redis', 'redis', props);
}
