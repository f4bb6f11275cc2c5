import { App } from 'cdk8s';
import {
  autoscaleOnResources,
  type Deferred,
  ModelServer,
  type ModelServerProps,
  Platform,
  s3Uri,
  tensorflowServing,
  triton,
} from '../../../lib';

/** What the tests change. */
export interface Variation {
  /** Version of the ranker's model. */
  readonly version?: string;
  /** The ranker's bucket. */
  readonly bucket?: string | Deferred<string>;
  /** Annotations of the ranker's service account. */
  readonly annotations?: Readonly<Record<string, string | Deferred<string>>>;
  readonly transform?: ModelServerProps['transform'];
}

/** Two model servers in a namespace of their own. */
export function platform(
  namespace: string,
  { version = '42', bucket = 'models', annotations, transform }: Variation = {},
): App {
  const app = new App();
  const cluster = { kubernetes: '1.33', addons: ['metrics-server' as const] };
  const shop = new Platform(app, 'shop', { namespace, cluster });
  const retrieval = new ModelServer(shop, 'retrieval', {
    model: { name: 'two-tower', version: '7', uri: 's3://models/two-tower/7', size: '200Mi' },
    runtime: tensorflowServing({ version: '2.19.1' }),
  });
  const ranker = new ModelServer(shop, 'ranker', {
    model: { name: 'dlrm', version, uri: s3Uri(bucket, `dlrm/${version}`), size: '1Gi' },
    runtime: triton({ version: '25.08' }),
    identity: annotations && { annotations },
    transform,
  });
  for (const server of [retrieval, ranker]) server.autoscale(autoscaleOnResources({ replicas: [1, 2], cpu: '60%' }));
  return app;
}
