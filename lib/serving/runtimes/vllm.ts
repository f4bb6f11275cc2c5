import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { bucketsFor } from '../../core/latency-buckets';
import { must, parse, pattern, wholeNumber } from '../../core/schema';
import { latencyThresholds, type Runtime, type ServedModel } from '../runtime';
import { isFrom } from './version';

/** Checks {@link VllmProps}. */
export const vllmSchema = z.strictObject({
  /** Release, as `'0.33.0'`; 0.18.0 is the first that finishes its requests when it is stopped. */
  version: pattern<string>(
    /^\d+\.\d+\.\d+$/,
    must("be a release of vLLM from 0.18.0 on, like '0.33.0'", 'older ones cut off what they are answering'),
    (version) => !/^0\.(\d|1[0-7])\./.test(version),
  ),
  /**
   * Image to use instead, such as the one for CPUs.
   * @default - vllm/vllm-openai:v<version>
   */
  image: imageSchema.optional(),
  /**
   * Longest prompt and answer together, in tokens.
   * @default - what the model was made for, which may not fit the GPU's memory
   */
  maxModelLen: wholeNumber({ min: 1, of: 'tokens' }).optional(),
});

/** Properties of {@link vllm}. @interface */
export type VllmProps = z.input<typeof vllmSchema>;

/**
 * vLLM: large language models over the OpenAI API. With several GPUs the model is split over them.
 *
 * The artifact holds a model as Hugging Face lays it out: `config.json`, the tokenizer, and safetensors.
 *
 * @see https://docs.vllm.ai/en/stable/cli/serve/
 * @example
 * ```ts
 * new ModelServer(shop, 'reranker', { model, runtime: vllm({ version: '0.33.0' }), gpu: { count: 1, type: 'nvidia-l40s' } });
 * ```
 */
export function vllm(
  props: VllmProps,
): Runtime<'requests' | 'errors' | 'latency' | 'queued' | 'queueTime' | 'running'> {
  const { version, image, maxModelLen } = parse(vllmSchema, props, 'vllm');
  const canChooseBuckets = isFrom(version, '0.32.0');
  const bucketsOf = (model: Pick<ServedModel, 'slos'>) =>
    canChooseBuckets ? bucketsFor(BUCKETS, latencyThresholds(model)) : BUCKETS;
  return {
    name: 'vllm',
    image: image ?? `vllm/vllm-openai:v${version}`,
    ports: { http: 8000 },
    // The port opens when the engine has started. /v1/models would count as a request, /health does not.
    probes: {
      startup: { path: '/health', port: 'http' },
      readiness: { path: '/health', port: 'http' },
      liveness: { path: '/health', port: 'http' },
    },
    modelFolder: ({ name }) => `/models/${name}`,
    start: ({ artifact, folder, gpus, slos }) => ({
      command: ['vllm', 'serve'],
      args: [
        folder,
        '--port=8000',
        `--served-model-name=${artifact.name}`,
        `--shutdown-timeout=${DRAIN_SECONDS}`,
        ...(gpus > 0 ? [`--gpu-memory-utilization=${USABLE}`] : []),
        ...(gpus > 1 ? [`--tensor-parallel-size=${gpus}`] : []),
        ...(maxModelLen === undefined ? [] : [`--max-model-len=${maxModelLen}`]),
        ...(bucketsOf({ slos }).length === BUCKETS.length
          ? []
          : [`--custom-histogram-buckets=${JSON.stringify({ request_latency: bucketsOf({ slos }) })}`]),
      ],
      env: {
        // Everything that it compiles and caches goes to the one folder that it may write to; without a name for
        // its user id, Python's getpass needs USER.
        HOME: '/tmp/home',
        USER: 'vllm',
        LOGNAME: 'vllm',
        XDG_CACHE_HOME: '/tmp/cache',
        XDG_CONFIG_HOME: '/tmp/config',
        HF_HOME: '/tmp/cache/huggingface',
        VLLM_CACHE_ROOT: '/tmp/cache/vllm',
        VLLM_CONFIG_ROOT: '/tmp/config/vllm',
        TORCHINDUCTOR_CACHE_DIR: '/tmp/cache/inductor',
        TRITON_CACHE_DIR: '/tmp/cache/triton',
        NUMBA_CACHE_DIR: '/tmp/cache/numba',
        // The model is in place: nothing is to be fetched, or reported.
        HF_HUB_OFFLINE: '1',
        VLLM_NO_USAGE_STATS: '1',
      },
    }),
    // Compilation and CUDA graphs, before the port opens.
    warmUpSeconds: 300,
    drainSeconds: DRAIN_SECONDS,
    writablePaths: ['/tmp'],
    // NCCL and the engine's processes talk through it; vLLM's own Kubernetes example gives it 2 GiB.
    sharedMemory: '2Gi',
    gpuMemory: { splits: true, usable: USABLE },
    // The image is made for user ids inside group 0 only.
    gid: 0,
    metrics: (model) => ({
      port: 'http',
      path: '/metrics',
      // vllm:request_success_total also counts errors and aborted requests, and no refused ones.
      requests: [{ name: 'http_requests_total', where: ANSWERS }],
      errors: [{ name: 'http_requests_total', where: `${ANSWERS},status="5xx"` }],
      latency: {
        type: 'histogram',
        unit: 's',
        name: 'vllm:e2e_request_latency_seconds',
        buckets: bucketsOf(model),
        ...(canChooseBuckets ? {} : { remedy: 'take vLLM 0.32.0 or later, whose buckets follow the objective' }),
      },
      queueTime: {
        type: 'histogram',
        unit: 's',
        name: 'vllm:request_queue_time_seconds',
        buckets: bucketsOf(model),
      },
      queued: { name: 'vllm:num_requests_waiting' },
      running: { name: 'vllm:num_requests_running' },
      lacks: LACKS,
    }),
  };
}

/** Seconds for the answers that are being written when the server is stopped. */
const DRAIN_SECONDS = 60;

/**
 * The part of a GPU's memory that it takes. Its own default differs by release (0.9, then 0.92), so that it is told: what
 * is computed of a model's room is then what the server does.
 *
 * @see https://github.com/vllm-project/vllm/blob/main/vllm/config/cache.py
 */
const USABLE = 0.9;

/** Requests to the model, and not for its name or for a path that doesn't exist. */
const ANSWERS = 'handler!~"none|/v1/models"';

/**
 * Seconds; the buckets of everything that is measured of a whole request.
 *
 * @see https://github.com/vllm-project/vllm/blob/v0.33.0/vllm/v1/metrics/buckets.py
 */
const BUCKETS = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680] as const;

const GPU = 'it tells nothing of GPUs but how full its own cache is: dcgm-exporter does';
const LACKS = {
  batchSize: 'requests join and leave its batch at each step: running tells how many are in it',
  gpuUtilization: GPU,
  gpuMemoryUsed: GPU,
  gpuMemoryTotal: GPU,
};
