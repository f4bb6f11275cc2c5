import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1';
import {
  FeatureStore,
  type FeatureStoreProps,
  type Platform,
  qdrant,
  VectorIndex,
  type VectorIndexProps,
  valkey,
} from '../../../lib';
import type { Manifests } from '../../../lib/testing';
import { containerOf, platform, specOf } from '../fixtures';

export const password = { name: 'features', key: 'password' };

/** A store called features: 8 GiB in Valkey, with a password. */
export function features(props: Partial<FeatureStoreProps> = {}, shop: Platform = platform()): FeatureStore {
  const engine = valkey({ version: '8.1.4', use: 'store', data: '8Gi', password });
  return new FeatureStore(shop, 'features', { engine, storage: '24Gi', ...props });
}

/** An index called items: 10 million vectors of the model two-tower 7 in Qdrant. */
export function items(props: Partial<VectorIndexProps> = {}, shop: Platform = platform()): VectorIndex {
  return new VectorIndex(shop, 'items', {
    engine: qdrant({ version: '1.17.1' }),
    embedding: { name: 'two-tower', version: '7' },
    vectors: { count: 10_000_000, dimension: 128 },
    storage: '200Gi',
    ...props,
  });
}

/** The template of a store's pods. */
export function templateOf(manifests: Manifests, name: string, kind = 'StatefulSet'): Required<PodTemplateSpec> {
  return specOf<{ template: Required<PodTemplateSpec> }>(manifests, kind, name).template;
}

/** A container of a store's pods. */
export function storeContainer(manifests: Manifests, name: string, container = 'server', kind?: string) {
  const { spec } = templateOf(manifests, name, kind);
  return containerOf(spec as Parameters<typeof containerOf>[0], container) as Required<Container>;
}
