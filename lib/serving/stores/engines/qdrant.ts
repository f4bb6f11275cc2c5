import { z } from 'zod';
import { imageSchema } from '../../../core/images';
import { must, parse, pattern } from '../../../core/schema';
import { secretRefSchema } from '../../../core/secrets';
import { STORE_LOAD_BYTES_PER_SECOND, vectorMemory, vectorStorage } from '../arithmetic';
import type { StoreEngine, StoreShape } from '../engine';

/** Checks {@link QdrantProps}. */
export const qdrantSchema = z
  .strictObject({
    /** Release, as `'1.17.1'`: the tag without `v`. */
    version: pattern<string>(/^1\.\d+\.\d+$/, must("be a release of Qdrant, like '1.17.1'")),
    /**
     * The Secret with the key that callers must show.
     * @default - none: whoever the network lets through may read and write
     */
    apiKey: secretRefSchema.optional(),
    /**
     * Image to use instead.
     * @default - qdrant/qdrant:v<version>
     */
    image: imageSchema.optional(),
  })
  .refine(({ version, apiKey }) => apiKey === undefined || hasMetricsPort(version), {
    path: ['apiKey'],
    error: 'must be left out before Qdrant 1.17, where a key closes the metrics, too: take a newer version',
  });

/** Properties of {@link qdrant}. @interface */
export type QdrantProps = z.input<typeof qdrantSchema>;

/**
 * Qdrant: one instance, or three and more that form a cluster and hold each shard twice.
 *
 * The copies are the default for collections that are made without a `replication_factor` of their own. What a cluster
 * has moved to a replica stays there when it is removed: move its shards away before there are fewer.
 *
 * A backup takes the volumes at one moment each, by snapshots of the storage class; what was acknowledged is in the
 * write-ahead log, which is flushed before. The copies of a cluster are not taken at the same moment: for one that is, ask
 * the API for a snapshot of each collection.
 *
 * @see https://github.com/qdrant/qdrant/blob/v1.17.1/config/config.yaml
 * @example
 * ```ts
 * new VectorIndex(shop, 'items', { engine: qdrant({ version: '1.17.1' }), storage: '200Gi', … });
 * ```
 */
export function qdrant(props: QdrantProps): StoreEngine<'vectors'> {
  const { version, apiKey, image } = parse(qdrantSchema, props, 'qdrant');
  const metrics = hasMetricsPort(version) ? 'metrics' : 'http';
  return {
    kind: 'vectors',
    name: 'qdrant',
    image: image ?? `qdrant/qdrant:v${version}`,
    ports: { http: 6333, grpc: 6334, ...(metrics === 'metrics' ? { metrics: 6336 } : {}) },
    cluster: { port: 6335 },
    stateless: false,
    // None of them asks for the key. The port opens when the data is loaded; ready is when the shards are as far as the
    // others', which may take longer than a start.
    probes: {
      startup: { path: '/livez', port: 'http' },
      readiness: { path: '/readyz', port: 'http' },
      liveness: { path: '/livez', port: 'http' },
    },
    start: ({ name, replicas }) => ({
      // The image's own command only restarts it in a mode where it serves nothing.
      ...(replicas === 1
        ? { command: ['./qdrant'], args: [] }
        : { command: ['bash', '-c', JOIN], args: [`${name}-0.${name}-peers`, `${name}-peers`] }),
      env: {
        QDRANT__STORAGE__STORAGE_PATH: '/data/storage',
        QDRANT__STORAGE__SNAPSHOTS_PATH: '/data/snapshots',
        QDRANT_INIT_FILE_PATH: '/tmp/qdrant-initialized',
        QDRANT__TELEMETRY_DISABLED: 'true',
        ...(metrics === 'metrics' ? { QDRANT__SERVICE__METRICS_PORT: '6336' } : {}),
        ...(replicas === 1
          ? {}
          : { QDRANT__CLUSTER__ENABLED: 'true', QDRANT__STORAGE__COLLECTION__REPLICATION_FACTOR: String(COPIES) }),
      },
    }),
    secrets: apiKey === undefined ? {} : { QDRANT__SERVICE__API_KEY: apiKey },
    asksWho: apiKey !== undefined,
    files: {},
    dataFolder: '/data',
    writablePaths: ['/tmp'],
    sizing: (shape) => {
      const { vectors, replicas } = shape;
      if (vectors === undefined) return { loads: 0, loadsPerSecond: STORE_LOAD_BYTES_PER_SECOND };
      const numbers = { ...vectors, replicas, copies: copiesOf(shape) };
      const memory = vectorMemory(numbers);
      return {
        memory,
        storage: vectorStorage(numbers),
        loads: memory.bytes,
        loadsPerSecond: STORE_LOAD_BYTES_PER_SECOND,
      };
    },
    warmUpSeconds: 60,
    stopSeconds: 30,
    // There is no program in the image that speaks HTTP. Whatever was acknowledged is flushed to the volume; its log
    // mends the rest, as after a crash.
    backup: { command: ['sync', '-f', '/data'], seconds: 120 },
    metrics: {
      port: metrics,
      path: '/metrics',
      requests: [{ name: 'rest_responses_total' }, { name: 'grpc_responses_total' }],
      // By gRPC the faults of the server, by their codes, which older versions don't tell.
      errors: [
        { name: 'rest_responses_total', where: 'status=~"5.."' },
        { name: 'grpc_responses_total', where: 'status=~"2|4|8|13|14|15"' },
      ],
      // Of good answers by REST. Empty buckets are left out, so that those of two endpoints can't be added up.
      latency: {
        type: 'mean',
        unit: 's',
        sum: { name: 'rest_responses_duration_seconds_sum' },
        count: { name: 'rest_responses_duration_seconds_count' },
      },
    },
    observed: {},
    egress: [],
    collection: (parts) => parts.join('-'),
  };
}

/** How many replicas hold a shard in a cluster: one may go. */
const COPIES = 2;

function copiesOf({ replicas }: StoreShape): number {
  return replicas === 1 ? 1 : COPIES;
}

/** The first one makes the cluster, the others join it; each says where it is itself. */
const JOIN = `uri="http://$HOSTNAME.$1:6335"
if [ "$HOSTNAME.$1" = "$0" ]; then exec ./qdrant --uri "$uri"; fi
exec ./qdrant --bootstrap "http://$0:6335" --uri "$uri"`;

/** Metrics on a port of their own came with 1.17; before, the API key closes them. */
function hasMetricsPort(version: string): boolean {
  return Number(version.split('.')[1]) >= 17;
}
