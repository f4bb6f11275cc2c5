import { Slo, vllm } from '../../../lib';
import { model, problemsOf } from '../fixtures';

const runtime = vllm({ version: '0.33.0' });
const start = (gpus: number, props = {}) =>
  vllm({ version: '0.33.0', ...props }).start({
    artifact: model({ name: 'qwen' }),
    folder: '/models/qwen',
    gpus,
    slos: [],
  });

test('the image is the release with a v before it, unless there is one of your own', () => {
  expect(runtime.image).toBe('vllm/vllm-openai:v0.33.0');
  expect(runtime.name).toBe('vllm');
  const image = 'vllm/vllm-openai-cpu:v0.33.0-x86_64';
  expect(vllm({ version: '0.33.0', image }).image).toBe(image);
});

test('one port serves all', () => {
  expect(runtime.ports).toEqual({ http: 8000 });
});

test('/health is what it is asked, because /v1/models counts as a request', () => {
  const health = { path: '/health', port: 'http' };
  expect(runtime.probes).toEqual({ startup: health, readiness: health, liveness: health });
});

test('vllm#24885: it is told to finish its requests, which it does not by itself, for as long as the drain', () => {
  const { command, args } = start(1);
  expect(command).toEqual(['vllm', 'serve']);
  expect(args).toEqual([
    '/models/qwen',
    '--port=8000',
    '--served-model-name=qwen',
    '--shutdown-timeout=60',
    '--gpu-memory-utilization=0.9',
  ]);
  expect(runtime.drainSeconds).toBe(60);
});

test('with several GPUs the model is split over them', () => {
  expect(start(4).args).toContain('--tensor-parallel-size=4');
  expect(start(1).args.join(' ')).not.toContain('tensor-parallel');
  expect(start(0).args.join(' ')).not.toContain('tensor-parallel');
});

test('the part of GPU memory that it takes is the one that a model is fitted into, in every release', () => {
  const { usable } = runtime.gpuMemory ?? {};
  for (const version of ['0.18.0', '0.33.0']) {
    expect(start(2, { version }).args).toContain(`--gpu-memory-utilization=${usable}`);
  }
  expect(start(0).args.join(' ')).not.toContain('gpu-memory');
});

test('the longest text is left to the model unless it is stated', () => {
  expect(start(1, { maxModelLen: 8192 }).args.at(-1)).toBe('--max-model-len=8192');
  expect(start(1).args.join(' ')).not.toContain('max-model-len');
});

test('no flag is given that stops its metrics or that newer releases no longer know', () => {
  expect(start(2).args.filter((arg) => /disable-log-stats|disable-log-requests/.test(arg))).toEqual([]);
});

test('dynamo#12457: a user id without a name is given one, and all that is cached goes to /tmp', () => {
  expect(start(1).env).toEqual({
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
    HF_HUB_OFFLINE: '1',
    VLLM_NO_USAGE_STATS: '1',
  });
  expect(runtime.writablePaths).toEqual(['/tmp']);
});

test('the image serves user ids of group 0 only, so that its pods are in it', () => {
  expect(runtime.gid).toBe(0);
});

test('compilation before the port opens is given five minutes, NCCL 2 GiB of /dev/shm', () => {
  expect(runtime.warmUpSeconds).toBe(300);
  expect(runtime.sharedMemory).toBe('2Gi');
  expect(runtime.files).toBeUndefined();
  expect(runtime.modelFolder(model({ name: 'qwen' }))).toBe('/models/qwen');
});

const BUCKETS = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];
const metricsOf = (version: string, slos: Slo[] = []) =>
  vllm({ version }).metrics?.({ artifact: model({ name: 'qwen' }), gpus: 1, slos });
const argsOf = (version: string, slos: Slo[]) =>
  vllm({ version }).start({ artifact: model(), folder: '/models/qwen', gpus: 1, slos }).args;
const slo = (under: '50ms' | '800ms') => [Slo.latency({ under, objective: '99%' })];

test('vLLM has no bucket below 300 ms by itself: from 0.32.0 on it is given one from the objective', () => {
  const buckets = [0.025, 0.05, ...BUCKETS];
  expect(argsOf('0.32.0', slo('50ms')).at(-1)).toBe(
    `--custom-histogram-buckets={"request_latency":${JSON.stringify(buckets)}}`,
  );
  expect(metricsOf('0.32.0', slo('50ms'))?.latency).toMatchObject({ buckets });
  expect(metricsOf('0.32.0', slo('50ms'))?.queueTime).toMatchObject({ buckets });
});

test('releases before 0.32.0 do not know the flag, and say so to whoever needs it', () => {
  expect(argsOf('0.31.0', slo('50ms')).join(' ')).not.toContain('buckets');
  expect(metricsOf('0.31.0', slo('50ms'))?.latency).toMatchObject({
    buckets: BUCKETS,
    remedy: 'take vLLM 0.32.0 or later, whose buckets follow the objective',
  });
});

test('an objective on one of its own buckets needs no flag', () => {
  expect(argsOf('0.33.0', slo('800ms')).join(' ')).not.toContain('buckets');
});

test('requests are counted by HTTP status, because its own counter calls errors a success', () => {
  const where = 'handler!~"none|/v1/models"';
  expect(metricsOf('0.33.0')).toEqual({
    port: 'http',
    path: '/metrics',
    requests: [{ name: 'http_requests_total', where }],
    errors: [{ name: 'http_requests_total', where: `${where},status="5xx"` }],
    latency: { type: 'histogram', unit: 's', name: 'vllm:e2e_request_latency_seconds', buckets: BUCKETS },
    queued: { name: 'vllm:num_requests_waiting' },
    queueTime: { type: 'histogram', unit: 's', name: 'vllm:request_queue_time_seconds', buckets: BUCKETS },
    running: { name: 'vllm:num_requests_running' },
    lacks: expect.any(Object),
  });
});

test('releases before 0.18.0 are refused: they cut off what they are answering', () => {
  const line = (version: string) =>
    `[vllm] version must be a release of vLLM from 0.18.0 on, like '0.33.0', got '${version}': ` +
    'older ones cut off what they are answering';
  for (const version of ['0.17.1', '0.9.2', '0.1.0', '0.33', 'v0.33.0']) {
    expect(problemsOf(() => vllm({ version }))).toEqual([line(version)]);
  }
  for (const version of ['0.18.0', '0.20.0', '0.100.0', '1.0.0']) {
    expect(problemsOf(() => vllm({ version }))).toEqual([]);
  }
});

test('a length that is no number of tokens is refused', () => {
  expect(problemsOf(() => vllm({ version: '0.33.0', maxModelLen: 0 }))).toEqual([
    '[vllm] maxModelLen must be a whole number of tokens, 1 or more, got 0',
  ]);
});
