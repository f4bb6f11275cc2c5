import { triton } from '../../../lib';
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

test('metrics are those of its own port; latency is a mean, because its histogram is off unless asked for', () => {
  expect(runtime.metrics).toEqual({
    port: 'metrics',
    path: '/metrics',
    requests: [{ name: 'nv_inference_request_success' }, { name: 'nv_inference_request_failure' }],
    errors: [{ name: 'nv_inference_request_failure' }],
    latency: {
      type: 'mean',
      unit: 'us',
      sum: { name: 'nv_inference_request_duration_us' },
      count: { name: 'nv_inference_request_success' },
    },
    queued: { name: 'nv_inference_pending_request_count' },
    gpuUtilization: { name: 'nv_gpu_utilization' },
  });
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
    "[triton] verison is not known: did you mean 'version'? (known: version, image)",
  ]);
});
