import { z } from 'zod';
import { HELPER_IMAGES } from '../../../core/helper-images';
import { imageSchema } from '../../../core/images';
import { bytes, bytesSchema } from '../../../core/quantities';
import { must, oneOf, parse, pattern } from '../../../core/schema';
import { secretRefSchema } from '../../../core/secrets';
import type { ServerMetrics } from '../../../core/server-metrics';
import { CONFIG_FOLDER } from '../../runtime';
import { dumpSeconds, respMemory, respStorage, STORE_LOAD_BYTES_PER_SECOND } from '../arithmetic';
import type { StoreEngine } from '../engine';

const common = {
  /** Release, as `'8.1.4'`. */
  version: pattern<string>(/^\d+\.\d+\.\d+$/, must("be a full release, like '8.1.4'")),
  /**
   * What keys and values may take of memory. The container's limit and the size of the volume follow from it.
   */
  data: bytesSchema,
  /**
   * The Secret with the password that callers must show, without `'` and line breaks.
   * @default - none: whoever the network lets through may read and write
   */
  password: secretRefSchema.optional(),
  /**
   * Image to use instead.
   * @default - the official one of that release
   */
  image: imageSchema.optional(),
};

/** Checks {@link RespProps}. */
export const respSchema = z.discriminatedUnion('use', [
  z.strictObject({
    ...common,
    /** Data is there until it is deleted: when memory is full, writes are refused and nothing is thrown out. */
    use: z.literal('store'),
    /**
     * How it is kept: `aof` logs each write and loses a second at most when the node dies; `rdb` dumps all data every five
     * minutes and when it is stopped, and loses what came since.
     * @default 'aof'
     */
    persistence: oneOf(['aof', 'rdb']).default('aof'),
  }),
  z.strictObject({
    ...common,
    /** Data may go at any time: when memory is full, or when the pod is restarted. There is a copy elsewhere. */
    use: z.literal('cache'),
    /**
     * What goes first: what was not used for longest (`allkeys-lru`), or what is used least (`allkeys-lfu`).
     * @default 'allkeys-lru'
     */
    eviction: oneOf(['allkeys-lru', 'allkeys-lfu']).default('allkeys-lru'),
  }),
]);

/** Properties of valkey and redis. */
export type RespProps = z.input<typeof respSchema>;

/** A server of the Redis protocol: Valkey and Redis differ in the names of their programs. */
export function resp(program: 'valkey' | 'redis', official: string, props: RespProps): StoreEngine<'features'> {
  const settings = parse(respSchema, props, program);
  const { version, password, image } = settings;
  // A part of a byte would keep it from starting.
  const data = Math.floor(bytes(settings.data));
  const isStore = settings.use === 'store';
  const log = isStore && settings.persistence === 'aof';
  // Where its own programs look for the password: newer ones of Valkey under another name.
  const variables = ['STORE_PASSWORD', 'REDISCLI_AUTH', ...(program === 'valkey' ? ['VALKEYCLI_AUTH'] : [])];
  const secrets = password && Object.fromEntries(variables.map((variable) => [variable, password]));
  const cli = `${program}-cli`;
  return {
    kind: 'features',
    name: program,
    image: image ?? `${official}:${version}`,
    ports: { redis: 6379 },
    stateless: false,
    probes: {
      // With `-e`, an answer that is an error, such as LOADING, fails the probe.
      startup: { command: [cli, '-e', 'ping'] },
      readiness: { command: [cli, '-e', 'ping'] },
      // A server that is busy with a script says so: it lives.
      liveness: { command: [cli, 'ping'] },
    },
    start: () => ({
      // The password comes in by a pipe: it stands in no file, no argument, and no manifest.
      command: ['sh', '-c', secrets === undefined ? `exec ${program}-server "$0"` : withPassword(program)],
      args: [`${CONFIG_FOLDER}/${program}.conf`],
    }),
    secrets: secrets ?? {},
    asksWho: password !== undefined,
    files: { [`${program}.conf`]: config() },
    ...(isStore ? { dataFolder: '/data' } : {}),
    writablePaths: isStore ? ['/tmp'] : ['/data', '/tmp'],
    sizing: () => ({
      memory: respMemory({ data, saves: isStore }),
      ...(isStore ? { storage: respStorage({ data, log }) } : {}),
      loads: isStore ? data : 0,
      loadsPerSecond: STORE_LOAD_BYTES_PER_SECOND,
    }),
    warmUpSeconds: 10,
    // A log is closed at once; a dump is written in full first.
    stopSeconds: isStore && !log ? dumpSeconds(data) : 15,
    ...(isStore ? { backup: { command: ['sh', '-c', dump(cli)], seconds: dumpSeconds(data) } } : {}),
    exporter: {
      image: HELPER_IMAGES.redisExporter,
      port: 9121,
      healthPath: '/health',
      env: { REDIS_ADDR: 'redis://localhost:6379' },
      secrets: password === undefined ? {} : { REDIS_PASSWORD: password },
    },
    metrics: METRICS,
    observed: {
      // The exporter answers as long as it runs itself, also when the store doesn't.
      answers: { name: 'redis_up' },
      ...(isStore
        ? { memory: { used: { name: 'redis_memory_used_bytes' }, limit: { name: 'redis_memory_max_bytes' } } }
        : {}),
    },
    egress: [],
  };

  function config(): string {
    const lines = [
      'bind * -::*',
      // It would refuse all but the pod itself: the network policy is the guard, and the password.
      'protected-mode no',
      'port 6379',
      'dir /data',
      `maxmemory ${data}`,
      `maxmemory-policy ${settings.use === 'store' ? 'noeviction' : settings.eviction}`,
      `save ${isStore && !log ? '300 1' : '""'}`,
      `appendonly ${log ? 'yes' : 'no'}`,
      ...(log ? ['appendfsync everysec'] : []),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function withPassword(program: string): string {
  return `exec ${program}-server "$0" - <<EOF\nrequirepass '$STORE_PASSWORD'\nEOF`;
}

/** Writes a dump and waits for it. Times are told in whole seconds, so that the first second is let pass. */
function dump(cli: string): string {
  return [
    'sleep 1',
    `before=$(${cli} -e lastsave) && ${cli} -e bgsave schedule || exit 1`,
    `until [ "$(${cli} lastsave)" != "$before" ]; do sleep 1; done`,
  ].join('\n');
}

/** Of redis_exporter. Its histograms have other bounds for each command, and can't be added up. */
const METRICS: ServerMetrics = {
  port: 'metrics',
  path: '/metrics',
  requests: [{ name: 'redis_commands_total' }],
  errors: [{ name: 'redis_commands_failed_calls_total' }, { name: 'redis_commands_rejected_calls_total' }],
  latency: {
    type: 'mean',
    unit: 's',
    sum: { name: 'redis_commands_duration_seconds_total' },
    count: { name: 'redis_commands_total' },
  },
};
