import { z } from 'zod';
import { type Duration, durationSchema, seconds } from '../../core/durations';
import { type Image, imageSchema } from '../../core/images';
import { type Bytes, bytesSchema } from '../../core/quantities';
import { didYouMean, instance, must, parse, pattern, text, wholeNumber } from '../../core/schema';
import type { ServerMetrics } from '../../core/server-metrics';
import type { MountedModel, ProbeTarget, Runtime, Start } from '../runtime';

const absolutePath = pattern<string>(/^\/\S+$/, must("be an absolute path, like '/tmp'"));
const probeSchema = z.union(
  [
    z.strictObject({ path: absolutePath, port: text('the name of a port') }),
    z.strictObject({ grpc: text('the name of a port') }),
  ],
  { error: must("be { path, port } or { grpc: port }, with an absolute path and a port's name") },
);

const containerSchema = z
  .strictObject({
    /** Image with an exact tag or a digest. */
    image: imageSchema,
    /** Ports by name. All pods of the namespace reach them, but for one called `metrics`, which is for monitoring. */
    ports: z
      .record(
        pattern<string>(
          /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/,
          must("be a port's name of at most 15 characters"),
        ),
        wholeNumber({ min: 1, max: 65535, of: 'a port' }),
      )
      .refine((ports) => Object.keys(ports).length > 0, { error: must('have at least one port'), abort: true })
      .refine((ports) => new Set(Object.values(ports)).size === Object.keys(ports).length, {
        error: must('have each number once', 'one name is enough for a port'),
      }),
    /** What Kubernetes asks: once until the model is loaded, then for traffic, and for a restart. */
    probes: z.strictObject({ startup: probeSchema, readiness: probeSchema, liveness: probeSchema }),
    /** Command, arguments and environment for a model in place. */
    start: instance<(model: MountedModel) => Start>(
      (value) => typeof value === 'function',
      'be a function from the model in place to { command, args, env }',
    ),
    /**
     * Time from a loaded model to the first good answer.
     * @default '30s'
     */
    warmUp: durationSchema.default('30s'),
    /**
     * Time that the server takes at most, after SIGTERM, to finish what it has begun.
     * @default '30s'
     */
    drain: durationSchema.default('30s'),
    /**
     * Paths that it writes to; everything else is read-only.
     * @default ['/tmp']
     */
    writablePaths: z
      .array(absolutePath)
      .refine((paths) => new Set(paths).size === paths.length, { error: must('have each path once') })
      .refine((paths) => paths.every((path) => !/^\/models(\/|$)/.test(path)), {
        error: must('be outside of /models', 'the model lies there, read-only'),
      })
      .readonly()
      .default(['/tmp']),
    /**
     * Size of `/dev/shm`.
     * @default - the 64 MB that every container gets
     */
    sharedMemory: bytesSchema.optional(),
    /**
     * What it exposes to Prometheus.
     * @default - nothing
     */
    metrics: instance<ServerMetrics>(isServerMetrics, 'be what the server exposes, { port, path, … }').optional(),
  })
  .refine(({ writablePaths, sharedMemory }) => sharedMemory === undefined || !writablePaths.includes('/dev/shm'), {
    path: ['writablePaths'],
    error: 'must be without /dev/shm, which sharedMemory makes writable: leave one of them out',
  })
  .superRefine(({ ports, probes, metrics }, context) => {
    const names = Object.keys(ports);
    const expectPort = (port: string, path: string[]) => {
      if (Object.hasOwn(ports, port)) return;
      context.addIssue({
        code: 'custom',
        path,
        input: port,
        message: must(`be one of the ports ${names.join(', ')}`)({ input: port }) + didYouMean(port, names),
      });
    };
    for (const [kind, probe] of Object.entries(probes)) {
      if ('grpc' in probe) expectPort(probe.grpc, ['probes', kind, 'grpc']);
      else expectPort(probe.port, ['probes', kind, 'port']);
    }
    if (metrics !== undefined) expectPort(metrics.port, ['metrics', 'port']);
  });

function isServerMetrics(value: unknown): value is ServerMetrics {
  const { port, path }: { port?: unknown; path?: unknown } = Object(value);
  return typeof port === 'string' && typeof path === 'string';
}

/** Properties of {@link container}. */
export interface ContainerProps extends z.input<typeof containerSchema> {
  readonly image: Image;
  readonly probes: Readonly<Record<'startup' | 'readiness' | 'liveness', ProbeTarget>>;
  readonly warmUp?: Duration;
  readonly drain?: Duration;
  readonly sharedMemory?: Bytes;
}

/**
 * Any other server, from its own image. The artifact's files lie in `/models/<name>`, read-only.
 *
 * @example
 * ```ts
 * container({
 *   image: 'registry.example.com/shop/ranker:1.4.2',
 *   ports: { http: 8080 },
 *   probes: {
 *     startup: { path: '/ready', port: 'http' },
 *     readiness: { path: '/ready', port: 'http' },
 *     liveness: { path: '/live', port: 'http' },
 *   },
 *   start: ({ folder }) => ({ command: ['/server'], args: [`--model=${folder}`] }),
 * });
 * ```
 */
export function container(props: ContainerProps): Runtime {
  const { warmUp, drain, metrics, ...rest } = parse(containerSchema, props, 'container');
  return {
    ...rest,
    ...(metrics === undefined ? {} : { metrics: () => metrics }),
    name: 'container',
    modelFolder: ({ name }) => `/models/${name}`,
    warmUpSeconds: Math.ceil(seconds(warmUp)),
    drainSeconds: Math.ceil(seconds(drain)),
  };
}
