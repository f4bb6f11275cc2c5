import { openvino } from '../../../lib';
import { model, objectsOf, podOf, problemsOf, ranker, serverContainer } from '../fixtures';

const runtime = openvino({ version: '2026.2.1' });
const folderOf = (version: string) => runtime.modelFolder(model({ version }));

test('the image is the release of OpenVINO Model Server, unless there is one of your own', () => {
  expect(runtime.image).toBe('openvino/model_server:2026.2.1');
  expect(runtime.name).toBe('openvino');
  const image = 'registry.example.com/shop/openvino:2026.2.1-extension';
  expect(openvino({ version: '2026.2.1', image }).image).toBe(image);
});

test('it takes traffic when its model is loaded, and lives before', () => {
  const ready = { path: '/v2/health/ready', port: 'http' };
  const live = { path: '/v2/health/live', port: 'http' };
  expect(runtime.probes).toEqual({ startup: ready, readiness: ready, liveness: live });
});

test('gRPC, REST and metrics are off by default, so that each is asked for, and the model is not looked for again', () => {
  expect(runtime.start({ artifact: model(), folder: '/models/dlrm/42', gpus: 0, slos: [] })).toEqual({
    command: ['/ovms/bin/ovms'],
    args: [
      '--model_name=dlrm',
      '--model_path=/models/dlrm',
      '--port=9000',
      '--rest_port=8000',
      '--metrics_enable',
      '--file_system_poll_wait_seconds=0',
    ],
  });
  expect(runtime.ports).toEqual({ grpc: 9000, http: 8000 });
});

test.each([
  ['42', '42'],
  ['007', '7'],
  ['20251102123456789', '20251102123456789'],
  ['999999999999999999', '999999999999999999'],
  ['1000000000000000000', '1'],
  ['0', '1'],
  ['v7', '1'],
  ['2025-11-02', '1'],
])('version %s of a model lies in the folder %s: it serves what is a number above 0 in 64 bits', (version, folder) => {
  expect(folderOf(version)).toBe(`/models/dlrm/${folder}`);
});

test('it is given longer than the 5 seconds in which it ends gRPC', () => {
  expect(runtime.drainSeconds).toBe(15);
});

test('only /tmp is written to', () => {
  expect(runtime.writablePaths).toEqual(['/tmp']);
  expect(runtime.sharedMemory).toBeUndefined();
  expect(runtime.files).toBeUndefined();
  expect(runtime.gid).toBeUndefined();
  expect(runtime.warmUpSeconds).toBe(30);
});

test('only inference counts as a request, failures beside successes; latency is in microseconds', () => {
  const where = 'method=~"ModelInfer|Predict"';
  const metrics = runtime.metrics?.({ artifact: model(), gpus: 0, slos: [] });
  const buckets = expect.arrayContaining([0.00001, 0.000018, 0.011568, 1474.755971]);
  expect(metrics).toEqual({
    port: 'http',
    path: '/metrics',
    requests: [
      { name: 'ovms_requests_success', where },
      { name: 'ovms_requests_fail', where },
    ],
    errors: [{ name: 'ovms_requests_fail', where }],
    latency: { type: 'histogram', unit: 'us', name: 'ovms_request_time_us', buckets },
    queueTime: { type: 'histogram', unit: 'us', name: 'ovms_wait_for_infer_req_time_us', buckets },
    running: { name: 'ovms_current_requests' },
    lacks: expect.any(Object),
  });
});

test('releases before 2022.2 are refused: they have no metrics', () => {
  expect(problemsOf(() => openvino({ version: '2022.1' }))).toEqual([
    "[openvino] version must be 2022.2 or later, got '2022.1': older releases have no metrics and no health",
  ]);
  expect(problemsOf(() => openvino({ version: '2022.2' }))).toEqual([]);
});

test('an NVIDIA GPU, which it would hold and not use, is refused', () => {
  const problem =
    '[shop/ranker] gpu must be left out, since openvino uses no NVIDIA GPU, got {"count":1,"type":"nvidia-l4"}: the card would idle';
  expect(problemsOf(() => objectsOf(ranker({ runtime, gpu: { count: 1, type: 'nvidia-l4' } })))).toEqual([problem]);
});

test('a version that is no release is refused', () => {
  const rule = "[openvino] version must be a release of OpenVINO Model Server in quotes, like '2026.2.1', got";
  expect(problemsOf(() => openvino({ version: '2026.2-gpu' }))).toEqual([`${rule} '2026.2-gpu'`]);
  expect(problemsOf(() => openvino({ version: 2026.2 as never }))).toEqual([`${rule} 2026.2`]);
  expect(problemsOf(() => openvino({ version: '3.1' }))).toEqual([`${rule} '3.1'`]);
});

test('a server on it has both ports, and finds the one version below the folder that it is started on', () => {
  const { args, ports, startupProbe } = serverContainer({ runtime });
  expect(ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
    ['grpc', 9000],
    ['http', 8000],
  ]);
  expect(startupProbe.httpGet).toEqual({ path: '/v2/health/ready', port: 'http' });
  expect(args).toContain('--model_path=/models/dlrm');
  const [puller] = podOf(objectsOf(ranker({ runtime }))).initContainers;
  expect(puller?.env).toContainEqual({ name: 'MODEL_FOLDER', value: '/models/dlrm/42' });
});
