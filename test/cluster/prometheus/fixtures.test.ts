import { ModelArtifact, type Runtime } from '../../../lib';
import { METRIC_NAMES, type MetricName, type Series, type ServerMetrics } from '../../../lib/core/server-metrics';
import { serverQuery } from '../../../lib/core/server-query';
import {
  CPU_SECONDS,
  DCGM_GPU_UTILIZATION,
  MEMORY_LIMIT,
  WORKING_SET,
} from '../../../lib/monitoring/container-metrics';
import { openvino, rayServe, tensorflowServing, triton, vllm } from '../../../lib/serving/runtimes';
import { feast, qdrant, valkey } from '../../../lib/serving/stores/engines';
import { locate } from '../../../tools/build';
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
  TRITON_ENSEMBLE,
  TRITON_GPU,
  VALKEY,
  VLLM,
} from './programs';
import { replay } from './replay';
import { inputSeries } from './rule-tests';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';

const { metrics: ofFeast } = feast({
  version: '0.66.0',
  project: 'shop',
  registry: 's3://features/registry.db',
  online: 'features.shop.svc:6379',
});
const { metrics: ofQdrant } = qdrant({ version: '1.17.1' });
const { metrics: ofValkey, observed: kept } = valkey({ version: '9.1.2', use: 'store', data: '1Gi' });

const NONE: ServerMetrics = { port: '', path: '' };

/** What a runtime says of its metrics for a model that its fixture shows. */
function metricsOf(runtime: Runtime, name: string, gpus = 0): ServerMetrics {
  const artifact = ModelArtifact.of({ name, version: '1', uri: 's3://models/m', size: '1Gi' });
  const metrics = runtime.metrics?.({ artifact, gpus, slos: [] });
  if (metrics === undefined) throw new Error('there should be metrics');
  return metrics;
}

const ofTriton = (gpus: number) => metricsOf(triton({ version: '25.08' }), 'dlrm', gpus);

/** A program, its metrics, and what is known of it from its fixture: all counters have grown for 1000 seconds. */
const servers: readonly (readonly [string, ScrapedProgram, ServerMetrics, Partial<Record<MetricName, number>>])[] = [
  [
    'OpenVINO Model Server',
    OPENVINO,
    metricsOf(openvino({ version: '2026.2.1' }), 'ranker'),
    { requests: 30, errors: 0, latency: 0.0042, queueTime: 0.00002, running: 2 },
  ],
  [
    'Ray Serve',
    RAY_SERVE,
    metricsOf(rayServe({ version: '2.60.0', application: 'ranker:app' }), 'ranker'),
    { requests: 20, errors: 0, latency: 0.01301, queued: 1, running: 2 },
  ],
  [
    'TensorFlow Serving',
    TENSORFLOW_SERVING,
    metricsOf(tensorflowServing({ version: '2.19.1' }), 'two-tower'),
    { requests: 30.1, errors: 0, latency: 0.0042 },
  ],
  [
    'Triton on GPU',
    TRITON_GPU,
    ofTriton(1),
    {
      requests: 20,
      errors: 0,
      latency: 0.004,
      queued: 2,
      queueTime: 0.0006,
      batchSize: 32,
      gpuUtilization: 0.62,
      gpuMemoryUsed: 19327352832,
      gpuMemoryTotal: 24152899584,
    },
  ],
  [
    'Triton on CPU',
    TRITON_CPU,
    ofTriton(0),
    { requests: 20, errors: 0, latency: 0.004, queued: 2, queueTime: 0.0006, batchSize: 32 },
  ],
  [
    'Triton with an ensemble',
    TRITON_ENSEMBLE,
    ofTriton(0),
    { requests: 20.1, errors: 0.1, latency: 0.004, queued: 3, queueTime: 0.0006, batchSize: 32 },
  ],
  [
    'vLLM',
    VLLM,
    metricsOf(vllm({ version: '0.33.0' }), 'qwen-reranker', 1),
    { requests: 20.05, errors: 0, latency: 0.215, queued: 1, queueTime: 0.01, running: 7 },
  ],
  ['Feast', FEAST, ofFeast ?? NONE, { requests: 0.003, errors: 0, latency: 0.06108 }],
  ['Qdrant', QDRANT, ofQdrant ?? NONE, { requests: 150.02, errors: 0.02, latency: 0.0025 }],
  ['Valkey', VALKEY, ofValkey ?? NONE, { requests: 0.024, errors: 0.002, latency: 0.00002 }],
];

const folder = new TemporaryFolder();
let promtool: string;
beforeAll(async () => {
  promtool = await locate('promtool');
});
afterAll(() => folder.remove());

describe.each(servers)('%s', (name, program, metrics, answers) => {
  const { fixture, path } = program;

  test('writes its metrics at the path that the runtime states', () => {
    expect(metrics.path).toBe(path);
  });

  test('counts what the runtime takes for a counter', () => {
    const { requests = [], errors = [], batchSize } = metrics;
    const counters = [...requests, ...errors, ...(batchSize ? [batchSize.inferences, batchSize.batches] : [])];
    expect(counters.length).toBeGreaterThan(1);
    for (const counter of counters) expect(typesOf(fixture, counter)).toEqual(['counter']);
  });

  test.each(['latency', 'queueTime'] as const)('has %s in the form that the runtime states', (metric) => {
    const time = metrics[metric];
    if (time?.type === 'mean') {
      const types = [time.sum, time.count].map((counter) => typesOf(fixture, counter));
      // A histogram has such a pair as well.
      expect([
        [['counter'], ['counter']],
        [['histogram'], ['histogram']],
      ]).toContainEqual(types);
    } else if (time !== undefined) {
      const types = ['_bucket', '_sum', '_count'].map((suffix) => typesOf(fixture, { name: time.name + suffix }));
      expect(types).toEqual([['histogram'], ['histogram'], ['histogram']]);
    }
  });

  test('has just the buckets that the runtime states, so that objectives are held against what is there', () => {
    for (const time of [metrics.latency, metrics.queueTime]) {
      if (time?.type !== 'histogram') continue;
      const bounds = samplesOf(fixture).flatMap(({ name, labels }) => {
        const le = /le="([^"]+)"/.exec(labels)?.[1] ?? '';
        return name === `${time.name}_bucket` && le !== '+Inf'
          ? [Number(le) * { s: 1, ms: 1e-3, us: 1e-6 }[time.unit]]
          : [];
      });
      const rounded = (seconds: number) => Number(seconds.toPrecision(4));
      expect([...new Set(bounds.map(rounded))].sort((a, b) => a - b)).toEqual(time.buckets?.map(rounded));
    }
  });

  test('shows what the runtime takes for a gauge', () => {
    const { queued, running, gpuUtilization, gpuMemoryUsed, gpuMemoryTotal } = metrics;
    for (const gauge of [queued, running, gpuUtilization, gpuMemoryUsed, gpuMemoryTotal]) {
      if (gauge !== undefined) expect(typesOf(fixture, gauge)).toEqual(['gauge']);
    }
  });

  test('keda#7538: the PromQL of each metric gives, in Prometheus, what the page says', async () => {
    const selector = { namespace: 'shop', job: 'ranker' };
    const asked = METRIC_NAMES.flatMap((metric) => {
      const expr = serverQuery(metrics, metric, selector);
      // promtool compares to the last digit: what is compared are whole numbers, of 10 µs or of hundredths.
      const scale = metric === 'latency' || metric === 'queueTime' ? 1e5 : 100;
      return expr === undefined ? [] : [{ metric, scale, expr: `round((${expr}) * ${scale})` }];
    });
    expect(asked.map(({ metric }) => metric)).toEqual(METRIC_NAMES.filter((metric) => metric in answers));
    const tests = {
      evaluation_interval: '15s',
      tests: [
        {
          interval: '15s',
          input_series: inputSeries('shop', [{ name: 'ranker', program }], {}),
          promql_expr_test: asked.map(({ metric, scale, expr }) => ({
            expr,
            eval_time: '20m',
            exp_samples: [{ labels: '{}', value: Math.round((answers[metric] ?? 0) * scale) }],
          })),
        },
      ],
    };
    const file = folder.write(`${name.replaceAll(' ', '-')}.json`, JSON.stringify(tests));
    const { output } = await run(promtool, ['test', 'rules', file]);
    expect(output).toContain('SUCCESS');
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
