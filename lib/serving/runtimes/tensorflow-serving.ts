import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { exponentialBuckets } from '../../core/latency-buckets';
import { must, parse, pattern } from '../../core/schema';
import { CONFIG_FOLDER, type Runtime } from '../runtime';
import { isFrom } from './version';

/** Checks {@link TensorflowServingProps}. */
export const tensorflowServingSchema = z.strictObject({
  /** Release, as `'2.19.1'`; 2.15.0 is the first with a health service, without which a probe counts as a request. */
  version: pattern<string>(/^\d+\.\d+\.\d+$/, must("be a release of TensorFlow Serving, like '2.19.1'")).refine(
    (version) => isFrom(version, '2.15.0'),
    { error: must('be 2.15.0 or later', 'older releases have no --enable_grpc_healthcheck_service') },
  ),
  /**
   * Image to use instead.
   * @default - tensorflow/serving:<version>
   */
  image: imageSchema.optional(),
});

/** Properties of {@link tensorflowServing}. @interface */
export type TensorflowServingProps = z.input<typeof tensorflowServingSchema>;

/**
 * TensorFlow Serving: SavedModels over gRPC and REST.
 *
 * The artifact holds one SavedModel: `saved_model.pb` and `variables/`. It is served under the artifact's version
 * where that is a number, as TensorFlow Serving demands, and else as version 1.
 *
 * @see https://github.com/tensorflow/serving/blob/2.19.1/tensorflow_serving/model_servers/main.cc
 * @example
 * ```ts
 * new ModelServer(shop, 'retrieval', { model, runtime: tensorflowServing({ version: '2.19.1' }) });
 * ```
 */
export function tensorflowServing(props: TensorflowServingProps): Runtime<'requests' | 'errors' | 'latency'> {
  const { version, image } = parse(tensorflowServingSchema, props, 'tensorflowServing');
  return {
    name: 'tensorflow-serving',
    image: image ?? `tensorflow/serving:${version}`,
    ports: { grpc: 8500, http: 8501 },
    // A REST probe would count as a request and hide errors and latency; the port opens when the model is loaded.
    probes: { startup: { grpc: 'grpc' }, readiness: { grpc: 'grpc' }, liveness: { grpc: 'grpc' } },
    modelFolder: ({ name, version: model }) => `/models/${name}/${servedVersion(model)}`,
    start: ({ artifact }) => ({
      // The image's entrypoint is a shell that keeps signals to itself.
      command: ['tensorflow_model_server'],
      args: [
        '--port=8500',
        '--rest_api_port=8501',
        `--model_name=${artifact.name}`,
        `--model_base_path=/models/${artifact.name}`,
        `--monitoring_config_file=${CONFIG_FOLDER}/monitoring.config`,
        '--enable_grpc_healthcheck_service=true',
      ],
    }),
    warmUpSeconds: 30,
    // It ignores SIGTERM and serves until it is killed (tensorflow/serving#1853): the time to finish requests in.
    drainSeconds: 15,
    writablePaths: ['/tmp'],
    files: { 'monitoring.config': 'prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }\n' },
    metrics: () => ({
      port: 'http',
      path: '/monitoring/prometheus/metrics',
      requests: [{ name: ':tensorflow:serving:request_count' }],
      errors: [{ name: ':tensorflow:serving:request_count', where: 'status!="OK"' }],
      // Successes only, in microseconds. Calls that are no predictions have an empty API.
      latency: {
        type: 'histogram',
        unit: 'us',
        name: ':tensorflow:serving:request_latency',
        where: 'API!=""',
        // 10 µs to 25 minutes, which nothing changes.
        buckets: exponentialBuckets(1e-5, 1.8, 33),
      },
      lacks: LACKS,
    }),
  };
}

/** A version as TensorFlow Serving counts them, in 64 bits; it would wait for ever for a folder of another name. */
function servedVersion(version: string): bigint {
  const number = /^\d+$/.test(version) ? BigInt(version) : 1n;
  return number < 2n ** 63n ? number : 1n;
}

/** Batching is off unless it is asked for; what it tells then are times and sizes, and no number that waits. */
const QUEUE = 'it has no gauge of requests that wait or run: scale on CPU or on requests';
const GPU = 'it tells nothing of GPUs: dcgm-exporter does';
const LACKS = {
  queued: QUEUE,
  running: QUEUE,
  queueTime: 'it tells how long requests wait only when it batches, which is off',
  batchSize: 'it tells of batches only when it batches, which is off',
  gpuUtilization: GPU,
  gpuMemoryUsed: GPU,
  gpuMemoryTotal: GPU,
};
