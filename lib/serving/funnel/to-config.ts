import type { Callee } from '../../core/callee';
import { VectorIndex } from '../stores/vector-index';
import { modelOf } from './callees';
import type { FunnelConfig } from './config';

import { milliseconds, type PlannedStage } from './plan';

/**
 * The header by which Envoy tells a server how long the caller will wait, so that proxies and servers that know it need
 * no setting. gRPC has `grpc-timeout` by itself.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-expected-rq-timeout-ms
 */
export const BUDGET_HEADER = 'x-envoy-expected-rq-timeout-ms';

/** Where a request's histogram should tell apart, as shares of the deadline; above it, how late it was. */
const REQUEST_SHARES = [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 5];

/** The same for stages, which share one set of buckets: fewer for each. */
const STAGE_SHARES = [0.25, 0.5, 0.75, 1, 1.5];

/** The configuration of a funnel's API. */
export function toConfig(
  funnel: string,
  deadlineMs: number,
  stages: readonly PlannedStage[],
  calls: Readonly<Record<string, Callee>>,
): FunnelConfig {
  return {
    $schema: './funnel.schema.json',
    version: 1,
    funnel,
    deadlineMs,
    // Timed-out requests that are sent again keep the server busy that was late already (kserve#3149, #4218, #1663).
    retries: 0,
    budgetHeader: BUDGET_HEADER,
    stages: stages.map((stage) => ({
      name: stage.name,
      deadlineMs: stage.deadlineMs,
      candidates: stage.candidatesOut,
      sources: stage.sources.map(({ server, address, path, deadlineMs: own, candidates, calls: count }) => ({
        name: server.name,
        address,
        path,
        deadlineMs: own,
        candidates,
        calls: count,
        model: modelOf(server),
        collection: VectorIndex.isVectorIndex(server) ? server.collection : undefined,
      })),
      fallback: fallbackOf(stage),
    })),
    calls: Object.fromEntries(Object.entries(calls).map(([name, callee]) => [name, { ...callee.addresses }])),
    buckets: {
      request: buckets(REQUEST_SHARES, [deadlineMs]),
      stage: buckets(
        STAGE_SHARES,
        stages.map((stage) => stage.deadlineMs),
      ),
    },
  };
}

function fallbackOf({ fallback, store }: PlannedStage): FunnelConfig['stages'][number]['fallback'] {
  if (typeof fallback === 'string') return { type: fallback };
  if ('staleCache' in fallback) return { type: 'stale-cache', maxAgeMs: milliseconds(fallback.staleCache.maxAge) };
  if ('file' in fallback.popularItems) return { type: 'popular-items', file: fallback.popularItems.file };
  const { key } = fallback.popularItems;
  return {
    type: 'popular-items-of-store',
    address: store?.address ?? '',
    key,
    deadlineMs: store?.deadlineMs ?? milliseconds(fallback.popularItems.deadline),
  };
}

/** In seconds, with three digits: each deadline is among them. */
function buckets(shares: readonly number[], deadlinesMs: readonly number[]): number[] {
  const all = deadlinesMs.flatMap((ms) => shares.map((share) => Number(((ms * share) / 1000).toPrecision(3))));
  const exact = deadlinesMs.map((ms) => Number((ms / 1000).toPrecision(12)));
  return [...new Set([...all, ...exact])].sort((a, b) => a - b);
}
