import type { Series, ServerMetrics } from '../../../lib/core/server-metrics';
import {
  CPU_SECONDS,
  DCGM_GPU_UTILIZATION,
  MEMORY_LIMIT,
  WORKING_SET,
} from '../../../lib/monitoring/container-metrics';
import { openvino, rayServe, tensorflowServing, triton, vllm } from '../../../lib/serving/runtimes';
import { feast, qdrant, valkey } from '../../../lib/serving/stores/engines';
import { samplesOf } from './exposition';
import {
  DCGM_EXPORTER,
  FEAST,
  KUBELET,
  OPENVINO,
  QDRANT,
  RAY_SERVE,
  type ScrapedProgram,
  TENSORFLOW_SERVING,
  TRITON_CPU,
  TRITON_GPU,
  VALKEY,
  VLLM,
} from './programs';
import { replay } from './replay';

const { metrics: ofFeast } = feast({
  version: '0.66.0',
  project: 'shop',
  registry: 's3://features/registry.db',
  online: 'features.shop.svc:6379',
});
const { metrics: ofOpenvino } = openvino({ version: '2026.2.1' });
const { metrics: ofQdrant } = qdrant({ version: '1.17.1' });
const { metrics: ofRayServe } = rayServe({ version: '2.60.0', application: 'ranker:app' });
const { metrics: ofTriton } = triton({ version: '25.08' });
const { metrics: ofTensorflowServing } = tensorflowServing({ version: '2.19.1' });
const { metrics: ofValkey, observed: kept } = valkey({ version: '9.1.2', use: 'store', data: '1Gi' });
const { metrics: ofVllm } = vllm({ version: '0.33.0' });

const servers: readonly (readonly [string, ScrapedProgram, ServerMetrics | undefined])[] = [
  ['Feast', FEAST, ofFeast],
  ['OpenVINO Model Server', OPENVINO, ofOpenvino],
  ['Qdrant', QDRANT, ofQdrant],
  ['Ray Serve', RAY_SERVE, ofRayServe],
  ['TensorFlow Serving', TENSORFLOW_SERVING, ofTensorflowServing],
  ['Triton on GPU', TRITON_GPU, ofTriton],
  ['Triton on CPU', TRITON_CPU, ofTriton && { ...ofTriton, gpuUtilization: undefined }],
  ['Valkey', VALKEY, ofValkey],
  ['vLLM', VLLM, ofVllm],
];

describe.each(servers)('%s', (_, { fixture, path }, metrics) => {
  test('writes its metrics at the path that the runtime states', () => {
    expect(metrics?.path).toBe(path);
  });

  test('counts what the runtime takes for a counter', () => {
    const counters = [...(metrics?.requests ?? []), ...(metrics?.errors ?? [])];
    expect(counters.length).toBeGreaterThan(1);
    for (const counter of counters) expect(typesOf(fixture, counter)).toEqual(['counter']);
  });

  test('has the latency in the form that the runtime states', () => {
    const { latency } = metrics ?? {};
    if (latency?.type === 'histogram') {
      const suffixes = ['_bucket', '_sum', '_count'];
      const types = suffixes.map((suffix) => typesOf(fixture, { name: latency.name + suffix }));
      expect(types).toEqual(suffixes.map(() => ['histogram']));
    } else {
      // A histogram has such a pair as well.
      const types = [latency?.sum, latency?.count].map((counter) => counter && typesOf(fixture, counter));
      expect([
        [['counter'], ['counter']],
        [['histogram'], ['histogram']],
      ]).toContainEqual(types);
    }
  });

  test('shows what the runtime takes for a gauge', () => {
    for (const gauge of [metrics?.queued, metrics?.running, metrics?.gpuUtilization]) {
      if (gauge !== undefined) expect(typesOf(fixture, gauge)).toEqual(['gauge']);
    }
  });
});

test("Valkey's exporter says whether it answers, and how much memory data takes and may take", () => {
  for (const gauge of [kept.answers, kept.memory?.used, kept.memory?.limit]) {
    expect(gauge && typesOf(VALKEY.fixture, gauge)).toEqual(['gauge']);
  }
});

test.each([
  ['the kubelet', CPU_SECONDS.name, 'counter', KUBELET],
  ['the kubelet', WORKING_SET.name, 'gauge', KUBELET],
  ['the kubelet', MEMORY_LIMIT.name, 'gauge', KUBELET],
  ['dcgm-exporter', DCGM_GPU_UTILIZATION.name, 'gauge', DCGM_EXPORTER],
] as const)('%s writes %s, a %s', (_, name, type, { fixture }) => {
  expect(typesOf(fixture, { name })).toEqual([type]);
});

describe('replay', () => {
  const fixture = [
    '# TYPE requests counter',
    'requests{status="OK"} 2000',
    '# TYPE busy gauge',
    'busy 0.5 1',
    '# TYPE unknown_kind untyped',
    'unknown_kind 7',
    '',
  ].join('\n');

  test('lets counters grow as they have grown so far, and gauges stand still', () => {
    expect(values(replay(fixture, 0))).toEqual({ 'requests{status="OK"}': 2000, 'busy{}': 0.5, 'unknown_kind{}': 7 });
    expect(values(replay(fixture, 10))).toEqual({ 'requests{status="OK"}': 2020, 'busy{}': 0.5, 'unknown_kind{}': 7 });
  });

  test('lets a fault change both from its second on, and series appear', () => {
    const fault = {
      since: 10,
      appears: ['requests{status="INTERNAL"}'],
      value: ({ labels, name }: { labels: string; name: string }, usual: number) =>
        labels.includes('INTERNAL') ? 5 : name === 'busy' ? 1 : usual,
    };
    expect(values(replay(fixture, 9, [fault]))).toEqual(values(replay(fixture, 9)));
    expect(values(replay(fixture, 14, [fault]))).toEqual({
      'requests{status="OK"}': 2028,
      'requests{status="INTERNAL"}': 20,
      'busy{}': 1,
      'unknown_kind{}': 7,
    });
  });

  test('tells the time where the page does, and gives comments as they are', () => {
    expect(replay(fixture, 0, [], 1234).split('\n')).toEqual(
      fixture.replace('busy 0.5 1', 'busy 0.5 1234').split('\n'),
    );
  });

  test('refuses a page that is none', () => {
    expect(() => replay('requests = 5\n', 0)).toThrow('must be a comment or a sample, got requests = 5');
  });

  function values(body: string): Record<string, number> {
    return Object.fromEntries(samplesOf(body).map(({ name, labels, value }) => [`${name}{${labels}}`, value]));
  }
});

/** The types that a page gives to the samples of a name. */
function typesOf(fixture: string, { name }: Series): string[] {
  return [...new Set(samplesOf(fixture).flatMap((sample) => (sample.name === name ? [sample.type] : [])))];
}
