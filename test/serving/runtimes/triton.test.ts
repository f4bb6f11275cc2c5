import { Slo, triton } from '../../../lib';
import { model, problemsOf } from '../fixtures';

const runtime = triton({ version: '25.08' });
const start = (gpus: number) => runtime.start({ artifact: model(), folder: '/models/dlrm', gpus, slos: [] });

test('the image is the release of the container with Python', () => {
  expect(runtime.image).toBe('nvcr.io/nvidia/tritonserver:25.08-py3');
  expect(runtime.name).toBe('triton');
});

test('an image of your own takes its place', () => {
  const image = 'registry.example.com/shop/triton:25.08-merlin';
  expect(triton({ version: '25.08', image }).image).toBe(image);
});

test('ports are those that tritonserver listens on without being told', () => {
  expect(runtime.ports).toEqual({ http: 8000, grpc: 8001, metrics: 8002 });
});

test('triton#6469: ports open only when the models are loaded, so that a startup probe waits for readiness', () => {
  expect(runtime.probes).toEqual({
    startup: { path: '/v2/health/ready', port: 'http' },
    readiness: { path: '/v2/health/ready', port: 'http' },
    liveness: { path: '/v2/health/live', port: 'http' },
  });
});

test('the one model is loaded by name, and the stop takes as long as the grace period allows for', () => {
  expect(start(1)).toEqual({
    command: ['tritonserver'],
    args: [
      '--model-repository=/models',
      '--model-control-mode=explicit',
      '--load-model=dlrm',
      '--exit-timeout-secs=30',
    ],
    env: { HOME: '/tmp' },
  });
  expect(runtime.drainSeconds).toBe(30);
});

test('on CPU it is told so, which the entrypoint that is skipped would have done', () => {
  expect(start(0).env).toEqual({ HOME: '/tmp', TRITON_SERVER_CPU_ONLY: '1' });
});

test('the artifact is a folder of the model repository', () => {
  expect(runtime.modelFolder(model({ name: 'two-tower' }))).toBe('/models/two-tower');
});

test('only /tmp and /dev/shm are written to', () => {
  expect(runtime.writablePaths).toEqual(['/tmp']);
  expect(runtime.sharedMemory).toBe('1Gi');
  expect(runtime.files).toBeUndefined();
  expect(runtime.gid).toBeUndefined();
  expect(runtime.warmUpSeconds).toBe(60);
});

test('no flag is given that freezes all counters, and none that 25.08 would not start with', () => {
  const { args } = start(1);
  expect(args.filter((arg) => /counter_latencies|allow-client-shm|disable-auto-complete-config=/.test(arg))).toEqual(
    [],
  );
});

const OWN = 'model="dlrm"';
const FAILURES = [
  { name: 'nv_inference_request_failure', where: OWN },
  { name: 'nv_inference_request_failure', where: 'model!="dlrm"', subtract: true },
];
const SUCCESS = { name: 'nv_inference_request_success', where: OWN };
const metricsOf = (gpus: number, props = {}) =>
  triton({ version: '26.01', ...props }).metrics?.({ artifact: model(), gpus, slos: [] });

test('metrics are those of its own port; latency is a mean, because its histogram is off unless asked for', () => {
  expect(metricsOf(1)).toEqual({
    port: 'metrics',
    path: '/metrics',
    requests: [SUCCESS, ...FAILURES],
    errors: FAILURES,
    latency: {
      type: 'mean',
      unit: 'us',
      sum: { name: 'nv_inference_request_duration_us', where: OWN },
      count: SUCCESS,
    },
    queued: { name: 'nv_inference_pending_request_count' },
    queueTime: {
      type: 'mean',
      unit: 'us',
      sum: { name: 'nv_inference_queue_duration_us', where: OWN },
      count: SUCCESS,
    },
    batchSize: { inferences: { name: 'nv_inference_count' }, batches: { name: 'nv_inference_exec_count' } },
    gpuUtilization: { name: 'nv_gpu_utilization' },
    gpuMemoryUsed: { name: 'nv_gpu_memory_used_bytes' },
    gpuMemoryTotal: { name: 'nv_gpu_memory_total_bytes' },
    lacks: { running: 'it tells of the requests that wait only: ask for queued' },
  });
});

test('without a GPU it lacks the metrics of one, and says so', () => {
  const metrics = metricsOf(0);
  expect(metrics).not.toHaveProperty('gpuUtilization');
  expect(metrics?.lacks).toMatchObject({ gpuUtilization: 'it runs on CPU here', gpuMemoryUsed: 'it runs on CPU here' });
});

test('with buckets in config.pbtxt latency is a histogram, which Triton is told to write', () => {
  const latencyBuckets = ['10ms', '50ms', '1s'] as const;
  expect(metricsOf(1, { latencyBuckets })?.latency).toEqual({
    type: 'histogram',
    unit: 'ms',
    name: 'nv_inference_first_response_histogram_ms',
    where: OWN,
    buckets: [0.01, 0.05, 1],
    remedy: 'add it to latencyBuckets and to config.pbtxt',
  });
  const { args } = triton({ version: '26.01', latencyBuckets }).start({
    artifact: model(),
    folder: '/models/dlrm',
    gpus: 1,
    slos: [Slo.latency({ under: '50ms', objective: '99%' })],
  });
  expect(args.at(-1)).toBe('--metrics-config=histogram_latencies=true');
});

test('before 26.01 there is no histogram of models that answer once, so that its buckets are refused', () => {
  expect(problemsOf(() => triton({ version: '25.12', latencyBuckets: ['50ms'] }))).toEqual([
    '[triton] latencyBuckets must be left out before 26.01, which is the first release with a histogram for all models',
  ]);
  expect(problemsOf(() => triton({ version: '26.01', latencyBuckets: ['50ms', '10ms'] }))).toEqual([
    '[triton] latencyBuckets must rise, got ["50ms","10ms"]',
  ]);
});

test('releases before 23.09 are refused: they do not tell their queue', () => {
  expect(problemsOf(() => triton({ version: '23.08' }))).toEqual([
    "[triton] version must be 23.09 or later, got '23.08': older releases do not tell how many requests wait",
  ]);
  expect(problemsOf(() => triton({ version: '23.09' }))).toEqual([]);
});

test('a version that is no release of the container is refused', () => {
  const rule = "[triton] version must be a release of Triton's container in quotes, like '25.08', got";
  expect(problemsOf(() => triton({ version: '2.60.0' }))).toEqual([`${rule} '2.60.0'`]);
  expect(problemsOf(() => triton({ version: 25.08 as never }))).toEqual([`${rule} 25.08`]);
  expect(problemsOf(() => triton({ version: '25.08-py3' }))).toEqual([`${rule} '25.08-py3'`]);
});

test('an image without a tag, and an unknown prop, are refused together', () => {
  expect(problemsOf(() => triton({ version: '25.08', image: 'triton', verison: '1' } as never))).toEqual([
    "[triton] image must be an image with an exact tag or a digest, got 'triton': " +
      "like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet",
    "[triton] verison is not known: did you mean 'version'? (known: version, image, latencyBuckets)",
  ]);
});
