import { z } from 'zod';
import { type Duration, durationSchema, seconds } from '../../core/durations';
import { imageSchema } from '../../core/images';
import { must, parse, pattern } from '../../core/schema';
import type { MetricName, ServerMetrics } from '../../core/server-metrics';
import type { Runtime, ServedModel } from '../runtime';
import { isFrom } from './version';

/** Checks {@link TritonProps}. */
export const tritonSchema = z
  .strictObject({
    /** Release of the container, as `'25.08'`: the tag without `-py3`; 23.09 is the first that tells its queue. */
    version: pattern<string>(/^\d\d\.\d\d$/, must("be a release of Triton's container in quotes, like '25.08'")).refine(
      (version) => isFrom(version, '23.09'),
      { error: must('be 23.09 or later', 'older releases do not tell how many requests wait') },
    ),
    /**
     * Image to use instead, such as one with your own backends.
     * @default - nvcr.io/nvidia/tritonserver:<version>-py3
     */
    image: imageSchema.optional(),
    /**
     * Bounds of the buckets of `nv_inference_first_response_histogram_ms`, rising and at least `'1ms'`, as the model's
     * own config.pbtxt sets them under `model_metrics`: there is no other place for them. With them latency is a
     * histogram, which has quantiles; 26.01 is the first release that has it for models that answer once.
     * @default - latency is a mean
     */
    latencyBuckets: z
      .array(durationSchema)
      .min(1)
      .refine((bounds) => bounds.every((bound, i) => i === 0 || seconds(bound) > seconds(bounds[i - 1] ?? bound)), {
        error: must('rise'),
      })
      .readonly()
      .optional(),
  })
  .refine(({ version, latencyBuckets }) => latencyBuckets === undefined || isFrom(version, '26.01'), {
    path: ['latencyBuckets'],
    error: 'must be left out before 26.01, which is the first release with a histogram for all models',
  });

/** Properties of {@link triton}. @interface */
export type TritonProps = z.input<typeof tritonSchema>;

/**
 * NVIDIA Triton Inference Server: TensorRT, ONNX, PyTorch, Python and HugeCTR models over HTTP and gRPC.
 *
 * The artifact holds the model's folder of a model repository: `config.pbtxt`, and the model's file in a folder
 * with a numeric name.
 *
 * A Python model fails by an exception that it raises. An error that it returns, `InferenceResponse(error=…)`, Triton
 * counts as a success (24.10): it is in `requests` and in `latency`, and never in `errors`.
 *
 * @see https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md
 * @example
 * ```ts
 * new ModelServer(shop, 'ranker', { model, runtime: triton({ version: '25.08' }), gpu: { count: 1, type: 'nvidia-l4' } });
 * ```
 */
export function triton(props: TritonProps): Runtime<Exclude<MetricName, 'running'>> {
  const { version, image, latencyBuckets } = parse(tritonSchema, props, 'triton');
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
        ...(latencyBuckets === undefined ? [] : ['--metrics-config=histogram_latencies=true']),
      ],
      env: { HOME: '/tmp', ...(gpus === 0 ? { TRITON_SERVER_CPU_ONLY: '1' } : {}) },
    }),
    warmUpSeconds: 60,
    drainSeconds: DRAIN_SECONDS,
    writablePaths: ['/tmp'],
    // The Python backend exchanges tensors through it; Triton's own examples run with 1 GB.
    sharedMemory: '1Gi',
    metrics: (model) => metricsOf(model, latencyBuckets),
  };
}

function metricsOf(
  { artifact, gpus }: ServedModel,
  buckets?: readonly Duration[],
): ServerMetrics<Exclude<MetricName, 'running'>> {
  // The steps of an ensemble are models as well, and each counts for itself.
  const own = `model=${JSON.stringify(artifact.name)}`;
  const success = { name: 'nv_inference_request_success', where: own };
  // A failed step is counted by the step, and twice by the ensemble: for itself and for the request.
  const failures = [
    { name: 'nv_inference_request_failure', where: own },
    { name: 'nv_inference_request_failure', where: own.replace('=', '!='), subtract: true },
  ] as const;
  return {
    port: 'metrics',
    path: '/metrics',
    requests: [success, ...failures],
    errors: failures,
    latency:
      buckets === undefined
        ? // Of successes only. The histogram is off by default, and its buckets (100 ms, 500 ms, 2 s and 5 s) can only
          // be changed in the model's own config.pbtxt.
          { type: 'mean', unit: 'us', sum: { name: 'nv_inference_request_duration_us', where: own }, count: success }
        : // In whole milliseconds, rounded down.
          {
            type: 'histogram',
            unit: 'ms',
            name: 'nv_inference_first_response_histogram_ms',
            where: own,
            buckets: buckets.map(seconds),
            remedy: 'add it to latencyBuckets and to config.pbtxt',
          },
    queued: { name: 'nv_inference_pending_request_count' },
    queueTime: {
      type: 'mean',
      unit: 'us',
      sum: { name: 'nv_inference_queue_duration_us', where: own },
      count: success,
    },
    batchSize: { inferences: { name: 'nv_inference_count' }, batches: { name: 'nv_inference_exec_count' } },
    ...(gpus === 0 ? {} : GPU_METRICS),
    lacks: {
      running: 'it tells of the requests that wait only: ask for queued',
      ...(gpus === 0 ? { gpuUtilization: ON_CPU, gpuMemoryUsed: ON_CPU, gpuMemoryTotal: ON_CPU } : {}),
    },
  };
}

/** For looking at, and not for scaling: one request at a time may keep a GPU busy (dcgm-exporter#301). */
const GPU_METRICS = {
  gpuUtilization: { name: 'nv_gpu_utilization' },
  gpuMemoryUsed: { name: 'nv_gpu_memory_used_bytes' },
  gpuMemoryTotal: { name: 'nv_gpu_memory_total_bytes' },
} as const;

const ON_CPU = 'it runs on CPU here';

/** Triton's own default for --exit-timeout-secs: idle connections use it up, so that it is what a stop takes. */
const DRAIN_SECONDS = 30;
