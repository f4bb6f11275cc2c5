import { tensorflowServing } from '../../../lib';
import { model, problemsOf } from '../fixtures';

const runtime = tensorflowServing({ version: '2.19.1' });
const metrics = runtime.metrics?.({ artifact: model(), gpus: 0, slos: [] });
const folderOf = (version: string) => runtime.modelFolder(model({ name: 'retrieval', version }));

test('the image is the release of TensorFlow Serving, unless there is one of your own', () => {
  expect(runtime.image).toBe('tensorflow/serving:2.19.1');
  expect(runtime.name).toBe('tensorflow-serving');
  const image = 'tensorflow/serving:2.19.1-gpu';
  expect(tensorflowServing({ version: '2.19.1', image }).image).toBe(image);
});

test('gRPC is on 8500, REST and metrics are on 8501', () => {
  expect(runtime.ports).toEqual({ grpc: 8500, http: 8501 });
  expect(metrics).toMatchObject({ port: 'http', path: '/monitoring/prometheus/metrics' });
});

test('it is asked by gRPC whether it is well, because a REST probe would count as a request', () => {
  expect(runtime.probes).toEqual({
    startup: { grpc: 'grpc' },
    readiness: { grpc: 'grpc' },
    liveness: { grpc: 'grpc' },
  });
});

test('REST, the gRPC health service and metrics are off by default, so that each is asked for', () => {
  expect(
    runtime.start({ artifact: model({ name: 'retrieval' }), folder: '/models/retrieval/42', gpus: 0, slos: [] }),
  ).toEqual({
    command: ['tensorflow_model_server'],
    args: [
      '--port=8500',
      '--rest_api_port=8501',
      '--model_name=retrieval',
      '--model_base_path=/models/retrieval',
      '--monitoring_config_file=/etc/recstack/monitoring.config',
      '--enable_grpc_healthcheck_service=true',
    ],
  });
});

test('the file that switches metrics on has the path that is scraped', () => {
  expect(runtime.files).toEqual({
    'monitoring.config': 'prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }\n',
  });
});

test('the SavedModel lies in a folder whose name is a number, without which it would wait for ever', () => {
  expect(folderOf('42')).toBe('/models/retrieval/42');
  expect(folderOf('2025-11-02')).toBe('/models/retrieval/1');
  expect(folderOf('v7')).toBe('/models/retrieval/1');
  expect(folderOf('007')).toBe('/models/retrieval/7');
  expect(folderOf('20251102020000')).toBe('/models/retrieval/20251102020000');
});

test('a version of many digits is served under that very version', () => {
  expect(folderOf('20251102123456789')).toBe('/models/retrieval/20251102123456789');
});

test('a version of more digits than TensorFlow Serving can count is served as version 1', () => {
  expect(folderOf('1'.padEnd(30, '0'))).toBe('/models/retrieval/1');
});

test('tensorflow/serving#1853: it ignores SIGTERM, so that the time to drain is short', () => {
  expect(runtime.drainSeconds).toBe(15);
});

test('only /tmp is written to', () => {
  expect(runtime.writablePaths).toEqual(['/tmp']);
  expect(runtime.sharedMemory).toBeUndefined();
  expect(runtime.gid).toBeUndefined();
  expect(runtime.warmUpSeconds).toBe(30);
});

test('metrics have the colons of its own names; latency is in microseconds and leaves out what is no prediction', () => {
  expect(metrics).toEqual({
    port: 'http',
    path: '/monitoring/prometheus/metrics',
    requests: [{ name: ':tensorflow:serving:request_count' }],
    errors: [{ name: ':tensorflow:serving:request_count', where: 'status!="OK"' }],
    latency: {
      type: 'histogram',
      unit: 'us',
      name: ':tensorflow:serving:request_latency',
      where: 'API!=""',
      buckets: expect.any(Array),
    },
    lacks: expect.any(Object),
  });
});

test('it exposes no GPU metric and no queue, and none is made up', () => {
  expect(metrics?.lacks).toEqual({
    queued: 'it has no gauge of requests that wait or run: scale on CPU or on requests',
    running: 'it has no gauge of requests that wait or run: scale on CPU or on requests',
    queueTime: 'it tells how long requests wait only when it batches, which is off',
    batchSize: 'it tells of batches only when it batches, which is off',
    gpuUtilization: 'it tells nothing of GPUs: dcgm-exporter does',
    gpuMemoryUsed: 'it tells nothing of GPUs: dcgm-exporter does',
    gpuMemoryTotal: 'it tells nothing of GPUs: dcgm-exporter does',
  });
});

test('releases before 2.15.0 are refused: they have no health service', () => {
  expect(problemsOf(() => tensorflowServing({ version: '2.14.1' }))).toEqual([
    "[tensorflowServing] version must be 2.15.0 or later, got '2.14.1': older releases have no --enable_grpc_healthcheck_service",
  ]);
  expect(problemsOf(() => tensorflowServing({ version: '2.15.0' }))).toEqual([]);
});

test('a version that is no release is refused', () => {
  expect(problemsOf(() => tensorflowServing({ version: '2.19' }))).toEqual([
    "[tensorflowServing] version must be a release of TensorFlow Serving, like '2.19.1', got '2.19'",
  ]);
  expect(problemsOf(() => tensorflowServing({} as never))).toEqual([
    "[tensorflowServing] version must be a release of TensorFlow Serving, like '2.19.1', but is missing",
  ]);
});
