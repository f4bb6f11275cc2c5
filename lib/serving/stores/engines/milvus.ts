import { z } from 'zod';
import { imageSchema } from '../../../core/images';
import { must, parse, pattern } from '../../../core/schema';
import { secretRefSchema } from '../../../core/secrets';
import { CONFIG_FOLDER } from '../../runtime';
import { STORE_LOAD_BYTES_PER_SECOND } from '../arithmetic';
import type { StoreEngine } from '../engine';

/** Checks {@link MilvusProps}. */
export const milvusSchema = z.strictObject({
  /** Release, as `'2.5.10'`: the tag without `v`. */
  version: pattern<string>(/^2\.\d+\.\d+$/, must("be a release of Milvus, like '2.5.10'")),
  /**
   * The Secret with the first password of the user `root`; it is changed inside Milvus afterwards.
   * @default - none: whoever the network lets through may read and write
   */
  rootPassword: secretRefSchema.optional(),
  /**
   * Image to use instead.
   * @default - milvusdb/milvus:v<version>
   */
  image: imageSchema.optional(),
});

/** Properties of {@link milvus}. @interface */
export type MilvusProps = z.input<typeof milvusSchema>;

/**
 * Milvus standalone: all of it in one pod, with etcd inside and its data on the volume. It is one instance and not highly
 * available; a Milvus cluster needs etcd, a log and an object store, and comes by its operator: name that by `external(…)`.
 *
 * Memory and storage depend on the type of the index and have to be given.
 *
 * A backup takes the volume at one moment, by a snapshot of the storage class: a copy file by file would not be whole.
 * The tool milvus-backup is a program of its own, which runs elsewhere.
 *
 * @see https://github.com/milvus-io/milvus/blob/v2.5.10/scripts/standalone_embed.sh
 * @example
 * ```ts
 * new VectorIndex(shop, 'items', { engine: milvus({ version: '2.5.10' }), storage: '100Gi', resources: { memory: '32Gi' }, … });
 * ```
 */
export function milvus(props: MilvusProps): StoreEngine<'vectors'> {
  const { version, rootPassword, image } = parse(milvusSchema, props, 'milvus');
  return {
    kind: 'vectors',
    name: 'milvus',
    image: image ?? `milvusdb/milvus:v${version}`,
    ports: { grpc: 19530, metrics: 9091 },
    stateless: false,
    probes: {
      startup: { path: '/healthz', port: 'metrics' },
      readiness: { path: '/healthz', port: 'metrics' },
      liveness: { path: '/healthz', port: 'metrics' },
    },
    start: () => ({
      command: ['milvus'],
      args: ['run', 'standalone'],
      env: {
        DEPLOY_MODE: 'STANDALONE',
        ETCD_USE_EMBED: 'true',
        ETCD_DATA_DIR: `${DATA}/etcd`,
        ETCD_CONFIG_PATH: `${CONFIG_FOLDER}/etcd.yaml`,
        COMMON_STORAGETYPE: 'local',
        ...(rootPassword === undefined ? {} : { COMMON_SECURITY_AUTHORIZATIONENABLED: 'true' }),
      },
    }),
    secrets: rootPassword === undefined ? {} : { COMMON_SECURITY_DEFAULTROOTPASSWORD: rootPassword },
    asksWho: rootPassword !== undefined,
    files: { 'etcd.yaml': ETCD },
    dataFolder: DATA,
    // The file that tells its process lies in /run/milvus where it can.
    writablePaths: ['/tmp', '/run/milvus'],
    // Its program may be run by its owner and by group 0.
    gid: 0,
    sizing: ({ vectors }) => ({
      loads: vectors === undefined ? 0 : vectors.count * vectors.dimension * 4,
      loadsPerSecond: STORE_LOAD_BYTES_PER_SECOND,
    }),
    warmUpSeconds: 120,
    stopSeconds: 60,
    backup: { command: ['sync', '-f', DATA], seconds: 120 },
    metrics: {
      port: 'metrics',
      path: '/metrics',
      requests: [{ name: 'milvus_proxy_req_count', where: `status="total",${READS}` }],
      errors: [{ name: 'milvus_proxy_req_count', where: `status=~"fail.*",${READS}` }],
      latency: { type: 'histogram', unit: 'ms', name: 'milvus_proxy_sq_latency' },
    },
    observed: {},
    egress: [],
    // It takes letters, digits and `_` only.
    collection: (parts) => parts.map((part) => part.replace(/[^A-Za-z0-9]/g, '_')).join('_'),
  };
}

/** The folder of its volume: also that of its log and its indexes, by its own defaults. */
const DATA = '/var/lib/milvus';

const READS = 'function_name=~"Search|HybridSearch|Query"';

const ETCD = `listen-client-urls: http://127.0.0.1:2379
advertise-client-urls: http://127.0.0.1:2379
quota-backend-bytes: 4294967296
auto-compaction-mode: revision
auto-compaction-retention: '1000'
`;
