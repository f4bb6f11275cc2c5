import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { must, parse, pattern } from '../../core/schema';
import type { Runtime } from '../runtime';

/** Checks {@link OpenvinoProps}. */
export const openvinoSchema = z.strictObject({
  /** Release, as `'2026.2.1'`: the tag without `-gpu`. */
  version: pattern<string>(
    /^20\d\d\.\d+(\.\d+)*$/,
    must("be a release of OpenVINO Model Server in quotes, like '2026.2.1'"),
  ),
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
export function openvino(props: OpenvinoProps): Runtime {
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
    metrics: {
      port: 'http',
      path: '/metrics',
      requests: [
        { name: 'ovms_requests_success', where: INFERENCE },
        { name: 'ovms_requests_fail', where: INFERENCE },
      ],
      // Those with bad input too: it does not tell whose fault it was.
      errors: [{ name: 'ovms_requests_fail', where: INFERENCE }],
      // Successes only, in microseconds.
      latency: { type: 'histogram', unit: 'us', name: 'ovms_request_time_us' },
      // From arrival to the answer. Which of them wait is told as times only.
      running: { name: 'ovms_current_requests' },
    },
  };
}

/** What the server takes for a version: a number above 0 that fits into 64 bits, in a folder without zeros before it. */
const VERSION = /^0*([1-9]\d{0,17})$/;

/** Calls for the model's metadata and state are counted as well. `Predict` is the TensorFlow API, up to 2026.2. */
const INFERENCE = 'method=~"ModelInfer|Predict"';
