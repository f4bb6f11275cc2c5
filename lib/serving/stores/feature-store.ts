import type { Construct } from 'constructs';
import { z } from 'zod';
import { instance, parse } from '../../core/schema';
import { type AnyEngine, isEngineFor } from './engine';
import { Store } from './store';
import { storeShape } from './store-props';

/** Checks {@link FeatureStoreProps}. */
export const featureStoreSchema = z.strictObject({
  /** What keeps the features: `valkey(…)`, `redis(…)`, `feast(…)` in front of one, or `external(…)`. */
  engine: instance<AnyEngine<'features'>>(
    isEngineFor('features'),
    'be an engine for features, such as valkey({ version, use, data })',
  ),
  ...storeShape,
});

/** Properties of a {@link FeatureStore}. @interface */
export type FeatureStoreProps = z.input<typeof featureStoreSchema>;

/**
 * The online feature store, from which features of users and items are read while a request waits.
 *
 * @example
 * ```ts
 * const features = new FeatureStore(shop, 'features', {
 *   engine: valkey({ version: '8.1.4', use: 'store', data: '8Gi', password: { name: 'features', key: 'password' } }),
 *   storage: '24Gi',
 * });
 * features.allowOnlyFrom(ranker);
 * ```
 */
export class FeatureStore extends Store {
  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: FeatureStoreProps) {
    super(scope, id, (path) => ({ ...parse(featureStoreSchema, props, path), vectors: undefined }));
  }
}
