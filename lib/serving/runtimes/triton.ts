import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { must, parse, pattern } from '../../core/schema';
import type { Runtime } from '../runtime';

/** Checks {@link TritonProps}. */
export const tritonSchema = z.strictObject({
  /** Release of the container, as `'25.08'`: the tag without `-py3`. */
  version: pattern<string>(/^\d\d\.\d\d$/, must("be a release of Triton's container in quotes, like '25.08'")),
  /**
   * Image to use instead, such as one with your own backends.
   * @default - nvcr.io/nvidia/tritonserver:<version>-py3
   */
  image: imageSchema.optional(),
});

/** Properties of {@link triton}. @interface */
export type TritonProps = z.input<typeof tritonSchema>;

/**
 * NVIDIA Triton Inference Server: TensorRT, ONNX, PyTorch, Python and HugeCTR models over HTTP and gRPC.
 *
 * The artifact holds the model's folder of a model repository: `config.pbtxt`, and the model's file in a folder
 * with a numeric name.
 *
 * @see https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md
 * @example
 * ```ts
 * new ModelServer(shop, 'ranker', { model, runtime: triton({ version: '25.08' }), gpu: { count: 1, type: 'nvidia-l4' } });
 * ```
 */
export function triton(props: TritonProps): Runtime {
  const { version, image } = parse(tritonSchema, props, 'triton');
  return {
    name: 'triton',
    image: image ?? `nvcr.io/nvidia/tritonserver:${version}-py3`,
    ports: { http: 8000, grpc: 8001, metrics: 8002 },
    // Ports open only when all models are loaded, the live one included; a server that isn't ready answers 400.
    probes: {
      startup: { path: '/v2/health/ready', port: 'http' },
      readiness: { path: '/v2/health/ready', port: 'http' },
      liveness: { path: '/v2/health/live', port: 'http' },
    },
    modelFolder: ({ name }) => `/models/${name}`,
    start: ({ artifact, gpus }) => ({
      // The image's own entrypoint prints banners and writes to the image; on CPU it also sets the variable below.
      command: ['tritonserver'],
      args: [
        '--model-repository=/models',
        '--model-control-mode=explicit',
        `--load-model=${artifact.name}`,
        `--exit-timeout-secs=${DRAIN_SECONDS}`,
      ],
      env: { HOME: '/tmp', ...(gpus === 0 ? { TRITON_SERVER_CPU_ONLY: '1' } : {}) },
    }),
    warmUpSeconds: 60,
    drainSeconds: DRAIN_SECONDS,
    writablePaths: ['/tmp'],
    // The Python backend exchanges tensors through it; Triton's own examples run with 1 GB.
    sharedMemory: '1Gi',
    metrics: {
      port: 'metrics',
      path: '/metrics',
      requests: [{ name: 'nv_inference_request_success' }, { name: 'nv_inference_request_failure' }],
      errors: [{ name: 'nv_inference_request_failure' }],
      // Counters of successes only. The histogram (from 24.11) is off by default, and its buckets (100 ms and up)
      // can only be changed in the model's own config.pbtxt.
      latency: {
        type: 'mean',
        unit: 'us',
        sum: { name: 'nv_inference_request_duration_us' },
        count: { name: 'nv_inference_request_success' },
      },
      queued: { name: 'nv_inference_pending_request_count' },
      gpuUtilization: { name: 'nv_gpu_utilization' },
    },
  };
}

/** Triton's own default for --exit-timeout-secs: idle connections use it up, so that it is what a stop takes. */
const DRAIN_SECONDS = 30;
