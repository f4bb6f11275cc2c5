import { METRIC_NAMES, openvino, type Runtime, rayServe, Slo, tensorflowServing, triton, vllm } from '../../lib';
import { warningsOf } from '../../lib/platform/warnings';
import { model, objectsOf, own, platform, problemsOf, ranker } from './fixtures';

const application = 'ranker:app';
const RUNTIMES: readonly Runtime[] = [
  openvino({ version: '2022.2' }),
  openvino({ version: '2026.3' }),
  rayServe({ version: '2.10.0', application }),
  rayServe({ version: '2.60.0', application }),
  tensorflowServing({ version: '2.15.0' }),
  tensorflowServing({ version: '2.19.1' }),
  triton({ version: '23.09' }),
  triton({ version: '26.01', latencyBuckets: ['50ms'] }),
  vllm({ version: '0.18.0' }),
  vllm({ version: '0.33.0' }),
];

test.each(RUNTIMES.map((runtime) => [runtime.image, runtime] as const))(
  '%s tells each metric of the vocabulary, or why it has none',
  (_image, runtime) => {
    for (const gpus of [0, 1]) {
      const metrics = runtime.metrics?.({ artifact: model(), gpus, slos: [] });
      const answers = METRIC_NAMES.map((name) => [name, metrics?.[name] !== undefined, name in (metrics?.lacks ?? {})]);
      expect(answers).toEqual(answers.map(([name, has]) => [name, has, !has]));
    }
  },
);

test('a server is asked for its queue: keda#7538, where each server has PromQL of its own', () => {
  const OWN = '{namespace="shop",job="ranker"}';
  expect(ranker({ runtime: triton({ version: '25.08' }) }).query('queued')).toBe(
    `sum(nv_inference_pending_request_count${OWN})`,
  );
  expect(ranker({ runtime: vllm({ version: '0.33.0' }) }).query('queued')).toBe(`sum(vllm:num_requests_waiting${OWN})`);
  expect(ranker({ runtime: rayServe({ version: '2.60.0', application }) }).query('queued')).toBe(
    `sum(ray_serve_deployment_queued_queries${OWN})`,
  );
});

test('what a server does not have is refused with the reason and what to ask instead', () => {
  expect(problemsOf(() => ranker({ runtime: triton({ version: '25.08' }) }).query('running'))).toEqual([
    "[shop/ranker] query must be for what triton exposes, got 'running': it tells of the requests that wait only: ask for queued",
  ]);
  expect(problemsOf(() => ranker({ runtime: own() }).query('queued'))).toEqual([
    "[shop/ranker] query must be for what container exposes, got 'queued': it was not told of any metrics",
  ]);
});

test('triton#3897, dcgm-exporter#301: GPU utilisation says nothing of the load, and a server on CPU has none', () => {
  expect(problemsOf(() => ranker({ runtime: triton({ version: '25.08' }) }).query('gpuUtilization'))).toEqual([
    "[shop/ranker] query must be for what triton exposes, got 'gpuUtilization': it runs on CPU here",
  ]);
});

test("triton: a step of an ensemble counts neither as a request nor as another failure: one's own series are asked", () => {
  const rate = (name: string, where: string) =>
    `(sum(rate(${name}{namespace="shop",job="ranker",${where}}[5m])) or vector(0))`;
  const failed = rate('nv_inference_request_failure', 'model="dlrm"');
  const ofSteps = rate('nv_inference_request_failure', 'model!="dlrm"');
  const server = ranker({ runtime: triton({ version: '25.08' }) });
  expect(server.query('errors')).toBe(`((${failed} - ${ofSteps}) or vector(0))`);
  expect(server.query('requests')).toBe(
    `(${rate('nv_inference_request_success', 'model="dlrm"')} + ${failed} - ${ofSteps})`,
  );
});

test('the smallest bucket of vLLM before 0.32.0 is 300 ms: an objective of 50 ms is refused, and met from then on', () => {
  const slo = Slo.latency({ under: '50ms', objective: '99%' });
  expect(problemsOf(() => objectsOf(ranker({ runtime: vllm({ version: '0.31.0' }), slo })))).toEqual([
    "[shop/ranker] slo.latency.under must be from 300ms to 128m, which the histogram of vllm can show, got '50ms': " +
      'choose a bound that it shows, or take vLLM 0.32.0 or later, whose buckets follow the objective',
  ]);
  expect(problemsOf(() => objectsOf(ranker({ runtime: vllm({ version: '0.32.0' }), slo })))).toEqual([]);
});

test("triton's default histogram cannot show 50 ms: its mean is watched instead, or the buckets that are stated", () => {
  const slo = Slo.latency({ under: '50ms', objective: '99%' });
  expect(problemsOf(() => objectsOf(ranker({ runtime: triton({ version: '25.08' }), slo })))).toEqual([]);
  const runtime = triton({ version: '26.01', latencyBuckets: ['100ms', '500ms'] });
  expect(problemsOf(() => objectsOf(ranker({ runtime, slo })))).toEqual([
    "[shop/ranker] slo.latency.under must be from 100ms to 500ms, which the histogram of triton can show, got '50ms': " +
      'choose a bound that it shows, or add it to latencyBuckets and to config.pbtxt',
  ]);
});

test('an objective inside of a bucket that nothing changes is warned of in production, where alerts hang on it', () => {
  const slo = Slo.latency({ under: '30ms', objective: '99%' });
  const runtime = tensorflowServing({ version: '2.19.1' });
  const warnings = (production: boolean) =>
    warningsOf(ranker({ runtime, slo }, platform({ production })))
      .map(({ text }) => text)
      .filter((text) => text.startsWith('slo'));
  expect(warnings(true)).toEqual([
    "slo.latency.under is inside of a bucket of tensorflow-serving, got '30ms': from 20.8ms to 37.5ms a quantile is a guess, and exact at these two",
  ]);
  expect(warnings(false)).toEqual([]);
});

test.each([
  [null, "query must have options like { window: '5m' }, got null: leave them out for the defaults"],
  ['5m', "query must have options like { window: '5m' }, got '5m': leave them out for the defaults"],
  [{ window: 300 }, "query must have a window that is a duration, got 300: write it like '5m'"],
  [{ window: '' }, "query must have a window that is a duration, got '': write it like '5m'"],
])('options %j, as JavaScript lets them come, are refused before they are PromQL', (options, text) => {
  expect(problemsOf(() => ranker().query('requests', options as object))).toEqual([`[shop/ranker] ${text}`]);
});
