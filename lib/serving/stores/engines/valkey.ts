import type { StoreEngine } from '../engine';
import { type RespProps, resp } from './resp';

/**
 * Valkey: one instance, with its data on a volume or as a cache.
 *
 * It is not highly available: while its pod starts anew, which takes as long as its data needs to load, nobody reads
 * features. Replicas without a failover would lose writes in silence and are not offered: for high availability, take one
 * that somebody runs for you, by `external(…)`, or let the funnel fall back.
 *
 * The kernel should be told to overcommit memory (`vm.overcommit_memory=1`), which no restricted pod can do by itself.
 *
 * @see https://valkey.io/topics/persistence/
 * @example
 * ```ts
 * valkey({ version: '8.1.4', use: 'store', data: '8Gi', password: { name: 'features', key: 'password' } });
 * ```
 */
export function valkey(props: RespProps): StoreEngine<'features'> {
  return resp('valkey', 'valkey/valkey', props);
}
