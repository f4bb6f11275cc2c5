import { ModelServer, type Platform, RecommendationFunnel, type RecommendationFunnelProps, Slo } from '../../../lib';
import type { FunnelConfig } from '../../../lib/serving/funnel';
import type { Manifests } from '../../../lib/testing';
import { model, own, platform } from '../fixtures';

/** A server on port 8080, without metrics, that promises p99 within some milliseconds if it promises anything. */
export function server(shop: Platform, name: string, promisedMs?: number): ModelServer {
  return new ModelServer(shop, name, {
    model: model({ name, version: '7', uri: `pvc://models/${name}`, sha256: '0'.repeat(64) }),
    runtime: own(),
    ...(promisedMs === undefined ? {} : { slo: Slo.latency({ under: `${promisedMs}ms`, objective: '99%' }) }),
  });
}

type Stages = RecommendationFunnelProps['stages'];

/** The container of the API. */
export const API = {
  image: 'registry.example.com/shop/home-api:1.4.2',
  port: 8080,
  probes: { ready: '/ready', live: '/live' },
} as const satisfies RecommendationFunnelProps['api'];

/** Retrieval of 500 in 30 ms, and ranking down to 50 in 60 ms, with calls of 200 candidates. */
export function stages(shop: Platform): Stages & { readonly ranking: NonNullable<Stages['ranking']> } {
  return {
    retrieval: {
      deadline: '30ms',
      candidates: 500,
      sources: [{ server: server(shop, 'retrieval') }],
      fallback: { popularItems: { file: '/data/popular.json' } },
    },
    ranking: {
      deadline: '60ms',
      candidates: 50,
      sources: [{ server: server(shop, 'ranker'), batch: 200 }],
      fallback: 'previous-order',
    },
  };
}

/** A funnel called home: 150 ms, {@link stages} unless others are given. */
export function funnel(
  props: Partial<RecommendationFunnelProps> = {},
  shop: Platform = platform(),
): RecommendationFunnel {
  return new RecommendationFunnel(shop, 'home', {
    api: API,
    deadline: '150ms',
    ...props,
    stages: props.stages ?? stages(shop),
  });
}

/** What the API is told. */
export function configOf(manifests: Manifests): FunnelConfig {
  const { data } = manifests.get('ConfigMap', 'home');
  return JSON.parse((data as Record<string, string>)['funnel.json'] ?? '');
}
