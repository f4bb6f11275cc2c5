import { z } from 'zod';
import { portOf } from '../../../core/callee';
import { imageSchema } from '../../../core/images';
import { must, parse, pattern, wholeNumber } from '../../../core/schema';
import { secretRefSchema } from '../../../core/secrets';
import { CREDENTIALS_EGRESS } from '../../../platform/credentials';
import { CONFIG_FOLDER } from '../../runtime';
import { addressSchema } from '../address';
import { STORE_LOAD_BYTES_PER_SECOND } from '../arithmetic';
import type { StoreEngine } from '../engine';

/** Checks {@link FeastProps}. */
export const feastSchema = z.strictObject({
  /** Release, as `'0.66.0'`. */
  version: pattern<string>(
    /^(0\.(6[2-9]|[7-9]\d|\d{3,})|[1-9]\d*\.\d+)\.\d+$/,
    must("be a release of Feast from 0.62.0, like '0.66.0'", 'older ones count no requests'),
  ),
  /** The project, as in the repository of features. */
  project: pattern<string>(/^[A-Za-z0-9][A-Za-z0-9_]*$/, must("be a project's name of letters, digits and '_'")),
  /** Where `feast apply` left the registry. The pod's identity must be able to read it. */
  registry: pattern<`s3://${string}` | `gs://${string}`>(
    /^(s3|gs):\/\/[^/\s]+\/[^\s'"$]+$/,
    must("be the registry's file in a bucket, like 's3://features/registry.db'"),
  ),
  /** Where the Redis or Valkey answers that holds the features: `'features.shop.svc:6379'`, as its `addresses` tell. */
  online: addressSchema('features.shop.svc:6379'),
  /**
   * The Secret with its password, without `"`, `\`, `,` and `$`.
   * @default - none
   */
  password: secretRefSchema.optional(),
  /**
   * Processes that answer, in each replica.
   * @default 2
   */
  workers: wholeNumber({ min: 1, max: 64, of: 'processes' }).default(2),
  /**
   * Image to use instead, such as one with the code of on-demand features.
   * @default - quay.io/feastdev/feature-server:<version>
   */
  image: imageSchema.optional(),
});

/** Properties of {@link feast}. @interface */
export type FeastProps = z.input<typeof feastSchema>;

/**
 * Feast's feature server in front of a Redis or Valkey that is there already: it holds nothing itself, so that replicas
 * come and go like those of any server. It reads its registry as its service account: give that the cloud role by
 * `transform.serviceAccount`.
 *
 * @see https://github.com/feast-dev/feast/blob/v0.66.0/sdk/python/feast/feature_server.py
 * @example
 * ```ts
 * new FeatureStore(shop, 'feast', {
 *   engine: feast({ version: '0.66.0', project: 'shop', registry: 's3://features/registry.db', online: features.addresses.redis }),
 *   replicas: 3,
 * });
 * ```
 */
export function feast(props: FeastProps): StoreEngine<'features'> {
  const { version, project, registry, online, password, workers, image } = parse(feastSchema, props, 'feast');
  return {
    kind: 'features',
    name: 'feast',
    image: image ?? `quay.io/feastdev/feature-server:${version}`,
    ports: { http: 6566, metrics: 8000 },
    stateless: true,
    probes: {
      startup: { path: '/health', port: 'http' },
      readiness: { path: '/health', port: 'http' },
      // A registry out of reach makes it unhealthy, which a new start would not mend.
      liveness: { tcp: 'http' },
    },
    start: () => ({
      command: ['feast', '--feature-store-yaml', `${CONFIG_FOLDER}/feature_store.yaml`, 'serve'],
      args: ['--host', '0.0.0.0', '--port', '6566', '--workers', String(workers), '--no-access-log', '--metrics'],
      env: { HOME: '/tmp', PYTHONDONTWRITEBYTECODE: '1' },
    }),
    secrets: password === undefined ? {} : { ONLINE_PASSWORD: password },
    asksWho: false,
    files: {
      'feature_store.yaml': [
        `project: ${project}`,
        'provider: local',
        `registry: ${registry}`,
        'online_store:',
        '  type: redis',
        // Feast puts variables in as it reads the file.
        `  connection_string: "${online}${password === undefined ? '' : `,password=\${ONLINE_PASSWORD}`}"`,
        'entity_key_serialization_version: 3',
        '',
      ].join('\n'),
    },
    writablePaths: ['/tmp'],
    // Its image is made for any user of group 0.
    gid: 0,
    sizing: () => ({
      memory: { bytes: (0.5 + 0.5 * workers) * 2 ** 30, formula: `512Mi + ${workers} workers × 512Mi` },
      loads: 0,
      loadsPerSecond: STORE_LOAD_BYTES_PER_SECOND,
    }),
    warmUpSeconds: 60,
    // Gunicorn gives its workers so long.
    stopSeconds: 30,
    metrics: {
      port: 'metrics',
      path: '/metrics',
      requests: [{ name: 'feast_feature_server_request_total' }],
      errors: [{ name: 'feast_feature_server_request_total', where: 'status="error"' }],
      latency: {
        type: 'histogram',
        unit: 's',
        name: 'feast_feature_server_request_latency_seconds',
        buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      },
    },
    observed: {},
    // Their addresses change, so that only the ports can be named.
    egress: [
      { ports: [...new Set([portOf(online), 443])].map((port) => ({ protocol: 'TCP', port })) },
      CREDENTIALS_EGRESS,
    ],
  };
}
