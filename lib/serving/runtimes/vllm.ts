import { z } from 'zod';
import { imageSchema } from '../../core/images';
import { must, parse, pattern, wholeNumber } from '../../core/schema';
import type { Runtime } from '../runtime';

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
export function vllm(props: VllmProps): Runtime {
  const { version, image, maxModelLen } = parse(vllmSchema, props, 'vllm');
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
    start: ({ artifact, folder, gpus }) => ({
      command: ['vllm', 'serve'],
      args: [
        folder,
        '--port=8000',
        `--served-model-name=${artifact.name}`,
        `--shutdown-timeout=${DRAIN_SECONDS}`,
        ...(gpus > 1 ? [`--tensor-parallel-size=${gpus}`] : []),
        ...(maxModelLen === undefined ? [] : [`--max-model-len=${maxModelLen}`]),
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
    // --tensor-parallel-size, and the default of --gpu-memory-utilization: 0.9 in older releases, 0.92 in newer ones.
    gpuMemory: { splits: true, usable: 0.92 },
    // The image is made for user ids inside group 0 only.
    gid: 0,
    metrics: {
      port: 'http',
      path: '/metrics',
      // vllm:request_success_total also counts errors and aborted requests, and no refused ones.
      requests: [{ name: 'http_requests_total', where: ANSWERS }],
      errors: [{ name: 'http_requests_total', where: `${ANSWERS},status="5xx"` }],
      latency: { type: 'histogram', unit: 's', name: 'vllm:e2e_request_latency_seconds' },
      queued: { name: 'vllm:num_requests_waiting' },
      running: { name: 'vllm:num_requests_running' },
    },
  };
}

/** Seconds for the answers that are being written when the server is stopped. */
const DRAIN_SECONDS = 60;

/** Requests to the model, and not for its name or for a path that doesn't exist. */
const ANSWERS = 'handler!~"none|/v1/models"';
