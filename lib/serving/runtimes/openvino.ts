import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { exponentialBuckets } from '../../core/latency-buckets';
import { must, parse, pattern } from '../../core/schema';
import type { Runtime } from '../runtime';
import { isFrom } from './version';

/** Checks {@link OpenvinoProps}. */
export const openvinoSchema = z.strictObject({
  /** Release, as `'2026.2.1'`: the tag without `-gpu`; 2022.2 is the first that has metrics. */
  version: pattern<string>(
    /^20\d\d\.\d+(\.\d+)*$/,
    must("be a release of OpenVINO Model Server in quotes, like '2026.2.1'"),
  ).refine((version) => isFrom(version, '2022.2'), {
    error: must('be 2022.2 or later', 'older releases have no metrics and no health'),
  }),
  /**
   * Image to use instead, such as one with your own CPU extension.
   * @default - openvino/model_server:<version>
   */
  image: imageSchema.optional(),
});

/** Properties of {@link openvino}. @interface */
export type OpenvinoProps = z.input<typeof openvinoSchema>;

/**
 * OpenVINO Model Server: OpenVINO IR, ONNX, PaddlePaddle and TensorFlow models on Intel CPUs, over gRPC and REST.
 *
 * The artifact holds one model's files, such as `model.xml` and `model.bin`. It is served under the artifact's version
 * where that is a number above 0, as the server demands, and else as version 1.
 *
 * @see https://github.com/openvinotoolkit/model_server/blob/main/docs/parameters.md
 * @example
 * ```ts
 * new ModelServer(shop, 'ranker', { model, runtime: openvino({ version: '2026.2.1' }) });
 * ```
 */
export function openvino(props: OpenvinoProps): Runtime<'requests' | 'errors' | 'latency' | 'queueTime' | 'running'> {
  const { version, image } = parse(openvinoSchema, props, 'openvino');
  return {
    name: 'openvino',
    image: image ?? `openvino/model_server:${version}`,
    // Neither is open unless asked for.
    ports: { grpc: 9000, http: 8000 },
    // Ports open before the model is loaded; until then ready answers 503. Health requests are not counted.
    probes: {
      startup: { path: '/v2/health/ready', port: 'http' },
      readiness: { path: '/v2/health/ready', port: 'http' },
      liveness: { path: '/v2/health/live', port: 'http' },
    },
    modelFolder: ({ name, version: model }) => `/models/${name}/${VERSION.exec(model)?.[1] ?? 1}`,
    start: ({ artifact }) => ({
      // Older images don't have it on the PATH.
      command: ['/ovms/bin/ovms'],
      args: [
        `--model_name=${artifact.name}`,
        `--model_path=/models/${artifact.name}`,
        '--port=9000',
        '--rest_port=8000',
        '--metrics_enable',
        // The model never changes under a running server.
        '--file_system_poll_wait_seconds=0',
      ],
    }),
    warmUpSeconds: 30,
    // It gives gRPC 5 seconds, then stops REST and unloads the model.
    drainSeconds: 15,
    writablePaths: ['/tmp'],
    // Its images know Intel's GPUs at most.
    gpus: 'none',
    metrics: () => ({
      port: 'http',
      path: '/metrics',
      requests: [
        { name: 'ovms_requests_success', where: INFERENCE },
        { name: 'ovms_requests_fail', where: INFERENCE },
      ],
      // Those with bad input too: it does not tell whose fault it was.
      errors: [{ name: 'ovms_requests_fail', where: INFERENCE }],
      // Successes only, in microseconds.
      latency: { type: 'histogram', unit: 'us', name: 'ovms_request_time_us', buckets: BUCKETS },
      queueTime: { type: 'histogram', unit: 'us', name: 'ovms_wait_for_infer_req_time_us', buckets: BUCKETS },
      // From arrival to the answer.
      running: { name: 'ovms_current_requests' },
      lacks: LACKS,
    }),
  };
}

/** What the server takes for a version: a number above 0 that fits into 64 bits, in a folder without zeros before it. */
const VERSION = /^0*([1-9]\d{0,17})$/;

/** Calls for the model's metadata and state are counted as well. `Predict` is the TensorFlow API, up to 2026.2. */
const INFERENCE = 'method=~"ModelInfer|Predict"';

/** 10 µs to 25 minutes in whole microseconds, which nothing changes. */
const BUCKETS = exponentialBuckets(10, 1.8, 33).map((bound) => Math.floor(bound) / 1e6);

const GPU = 'it uses no NVIDIA GPU';
const LACKS = {
  queued: 'it tells how long requests wait, and not how many: ask for queueTime or running',
  batchSize: 'it runs a batch as it comes in one request',
  gpuUtilization: GPU,
  gpuMemoryUsed: GPU,
  gpuMemoryTotal: GPU,
};
