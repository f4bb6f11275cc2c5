import { Slo } from '../../lib';
import type { ObservedServer } from '../../lib/core/observed';
import type { ServerMetrics } from '../../lib/core/server-metrics';
import { serversDashboard } from '../../lib/monitoring/dashboard';
import { MEAN, METRICS, server } from './fixtures';

interface Panel {
  type: string;
  title: string;
  description: string;
  datasource: object;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: { defaults: { unit: string; min: number; custom?: { thresholdsStyle?: object }; thresholds?: object } };
  options: { legend: { showLegend: boolean } };
  targets: { refId: string; expr: string; legendFormat: string }[];
}

interface Dashboard {
  title: string;
  uid: string;
  tags: string[];
  editable: boolean;
  refresh: string;
  time: object;
  templating: { list: object[] };
  panels: Panel[];
}

function dashboard(servers: ObservedServer[] = [server()], hasDcgm = false): Dashboard {
  return JSON.parse(JSON.stringify(serversDashboard('shop', servers, { hasDcgm })));
}

const panelsOf = (...args: Parameters<typeof dashboard>) =>
  dashboard(...args).panels.filter(({ type }) => type !== 'row');

/** The queries of a panel, by what the legend calls them. */
function linesOf(title: string, ...args: Parameters<typeof dashboard>): Record<string, string> {
  const found = panelsOf(...args).find((panel) => panel.title === title);
  return Object.fromEntries((found?.targets ?? []).map(({ legendFormat, expr }) => [legendFormat, expr]));
}

/** One server of each kind that there is: a histogram, a mean, a GPU seen from outside, and nothing at all. */
const EVERY_KIND: ObservedServer[] = [
  server({ usesGpu: true }),
  server({ name: 'mean', metrics: { ...METRICS, latency: MEAN } }),
  server({ name: 'outside', usesGpu: true, metrics: { port: 'http', path: '/metrics' } }),
  server({ name: 'silent', metrics: undefined }),
];

test('the dashboard has an address that stays, and nobody edits what comes from code', () => {
  expect(dashboard()).toMatchObject({
    title: 'shop: model servers',
    uid: 'shop-servers',
    tags: ['recstack', 'shop'],
    editable: false,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
  });
});

test('each server has a row, and its panels below it', () => {
  expect(dashboard(EVERY_KIND, true).panels.map(({ type, title }) => (type === 'row' ? [title] : title))).toEqual([
    ['ranker'],
    ...['Requests', 'Errors', 'Latency', 'In flight', 'Time in queue', 'Batch size'],
    ...['CPU', 'Memory', 'GPU', 'GPU memory'],
    ['mean'],
    ...['Requests', 'Errors', 'Latency', 'In flight', 'Time in queue', 'Batch size', 'CPU', 'Memory'],
    ['outside'],
    ...['CPU', 'Memory', 'GPU'],
    ['silent'],
    ...['CPU', 'Memory'],
  ]);
});

test('a platform without servers has an empty dashboard', () => {
  expect(dashboard([]).panels).toBeUndefined();
});

/** METRICS without some of them. */
function without(...names: (keyof ServerMetrics)[]): ServerMetrics {
  const rest = Object.entries(METRICS).filter(([name]) => !(names as string[]).includes(name));
  return Object.fromEntries(rest) as unknown as ServerMetrics;
}

test.each([
  ['requests', ['requests'], ['Requests', 'Errors']],
  ['errors', ['errors'], ['Errors']],
  ['latency', ['latency'], ['Latency']],
  ['what is in flight', ['queued', 'running'], ['In flight']],
  ['the queue', ['queueTime'], ['Time in queue']],
  ['batches', ['batchSize'], ['Batch size']],
  ['GPUs', ['gpuUtilization', 'gpuMemoryUsed'], ['GPU', 'GPU memory']],
] as const)('there is no panel about %s that a server tells nothing of', (_what, missing, gone) => {
  const titlesOf = (metrics: ServerMetrics) => panelsOf([server({ metrics, usesGpu: true })]).map(({ title }) => title);
  const left = titlesOf(METRICS).filter((title) => !(gone as readonly string[]).includes(title));
  expect(titlesOf(without(...missing))).toEqual(left);
});

const OWN = '{namespace="shop",job="ranker"}';

test('what waits is beside what is worked on, and each alone where a server tells one of them', () => {
  expect(linesOf('In flight')).toEqual({ waiting: `sum(queued${OWN})`, running: `sum(running${OWN})` });
  expect(linesOf('In flight', [server({ metrics: without('running') })])).toEqual({ waiting: `sum(queued${OWN})` });
});

test('the time in the queue and the size of batches are means', () => {
  expect(linesOf('Time in queue')).toEqual({ mean: `${RATE('waited')} / ${RATE('good')}` });
  expect(linesOf('Batch size')).toEqual({ mean: `${RATE('inferences')} / ${RATE('batches')}` });
});

test('the memory of GPUs is shown where there are GPUs', () => {
  const lines = { used: `sum(gpu_memory_used_bytes${OWN})`, total: `sum(gpu_memory_bytes${OWN})` };
  expect(linesOf('GPU memory', [server({ usesGpu: true })])).toEqual(lines);
  expect(linesOf('GPU memory')).toEqual({});
});

test('latency objectives are lines across the panel, the least first, and no panel else has any', () => {
  const slow = Slo.latency({ under: '200ms', objective: '99.9%' });
  const fast = Slo.latency({ under: '50ms', objective: '99%' });
  const found = panelsOf([server({}, [slow, fast, Slo.availability({ objective: '99%' })])]);
  const styled = found.filter(({ fieldConfig }) => fieldConfig.defaults.custom?.thresholdsStyle !== undefined);
  expect(styled.map(({ title }) => title)).toEqual(['Latency']);
  expect(styled[0]?.fieldConfig.defaults).toMatchObject({
    custom: { thresholdsStyle: { mode: 'dashed' } },
    thresholds: {
      mode: 'absolute',
      steps: [
        { value: null, color: 'transparent' },
        { value: 0.05, color: 'red' },
        { value: 0.2, color: 'red' },
      ],
    },
  });
});

test('nothing is asked of a server without metrics by its job: only what the kubelet knows of its containers', () => {
  const text = JSON.stringify(panelsOf([server({ metrics: undefined, usesGpu: true })]));
  expect(text).not.toContain('job=');
  expect(text).toContain('container_memory_working_set_bytes');
});

const RATE = (name: string) => `sum(rate(${name}{namespace="shop",job="ranker"}[$__rate_interval]))`;
const REQUESTS = `((${RATE('good')} or vector(0)) + (${RATE('bad')} or vector(0)))`;
const POD = 'namespace="shop",pod=~"ranker-[a-z0-9]+-[a-z0-9]{5}"';

test('requests are counted in a second, and errors as a share of them', () => {
  expect(linesOf('Requests')).toEqual({ requests: REQUESTS });
  expect(linesOf('Errors')).toEqual({ errors: `(${RATE('bad')} or vector(0)) / ${REQUESTS}` });
});

test('of a histogram there are quantiles over all replicas, and the mean', () => {
  const quantile = (q: number) =>
    `histogram_quantile(${q}, sum by (le) (rate(latency_bucket{namespace="shop",job="ranker"}[$__rate_interval]))) / 1000`;
  expect(linesOf('Latency')).toEqual({
    p50: quantile(0.5),
    p99: quantile(0.99),
    mean: `${RATE('latency_sum')} / ${RATE('latency_count')} / 1000`,
  });
});

test('without a histogram there is the mean alone, and the panel says why', () => {
  const servers = [server({ metrics: { ...METRICS, latency: MEAN } })];
  expect(linesOf('Latency', servers)).toEqual({ mean: `${RATE('spent')} / ${RATE('good')} / 1000000` });
  const panel = panelsOf(servers).find(({ title }) => title === 'Latency');
  expect(panel?.description).toBe('Mean latency of requests over all replicas; the server tells no quantiles');
});

test('CPU and memory are those of the server in each pod, beside the limit', () => {
  expect(linesOf('CPU')).toEqual({
    '{{pod}}': `sum by (pod) (rate(container_cpu_usage_seconds_total{${POD},container="server"}[$__rate_interval]))`,
  });
  expect(linesOf('Memory')).toEqual({
    '{{pod}}': `sum by (pod) (container_memory_working_set_bytes{${POD},container="server"})`,
    limit: `max(container_spec_memory_limit_bytes{${POD},container="server"})`,
  });
});

test("the server's own word on its GPUs comes first, then dcgm-exporter's, made a share of one as well", () => {
  const own = [server({ usesGpu: true })];
  const outside = [server({ usesGpu: true, metrics: undefined })];
  expect(linesOf('GPU', own, true)).toEqual({ mean: 'avg(gpu_utilization{namespace="shop",job="ranker"})' });
  expect(linesOf('GPU', outside, true)).toEqual({ '{{pod}}': `avg by (pod) (DCGM_FI_DEV_GPU_UTIL{${POD}}) / 100` });
  expect(linesOf('GPU', outside, false)).toEqual({});
});

test('a server without a GPU has no panel about it, even if it exposes the metric', () => {
  expect(panelsOf([server()], true).map(({ title }) => title)).not.toContain('GPU');
});

test('panels are side by side, three in a line, and none lies on another', () => {
  const { panels } = dashboard(EVERY_KIND, true);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  expect(panels.slice(1, 4).map(({ gridPos }) => [gridPos.x, gridPos.y])).toEqual([
    [0, 1],
    [8, 1],
    [16, 1],
  ]);
});

/*
 * What Grafana's own linter asks of a dashboard. Its rules about variables for job and instance are for dashboards
 * that are made for anybody's servers; here the servers are known, and every query names its own.
 * https://github.com/grafana/dashboard-linter/tree/main/docs/rules
 */

test('linter: the data source is a variable, called and labelled as everywhere', () => {
  expect(dashboard().templating.list).toEqual([
    expect.objectContaining({ type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus' }),
  ]);
});

describe.each(panelsOf(EVERY_KIND, true).map((panel) => [panel.title, panel] as const))(
  'linter: %s',
  (_title, panel) => {
    test('takes the data source of the variable', () => {
      expect(panel.datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    });

    test('has a title and a description', () => {
      expect(panel.title).not.toBe('');
      expect(panel.description).not.toBe('');
    });

    test('has a unit of Grafana, and starts at nothing', () => {
      expect(['reqps', 'percentunit', 's', 'bytes', 'short']).toContain(panel.fieldConfig.defaults.unit);
      expect(panel.fieldConfig.defaults.min).toBe(0);
    });

    test('asks something, in lines that are told apart', () => {
      expect(panel.targets.length).toBeGreaterThan(0);
      expect(new Set(panel.targets.map(({ refId }) => refId)).size).toBe(panel.targets.length);
      for (const { legendFormat } of panel.targets) expect(legendFormat).not.toBe('');
      expect(panel.options.legend.showLegend).toBe(true);
    });

    test('takes rates over $__rate_interval only, and of every counter', () => {
      for (const { expr } of panel.targets) {
        for (const [, window] of expr.matchAll(/\[([^\]]*)\]\)/g)) expect(window).toBe('$__rate_interval');
        const counters = expr.match(/(?<![\w:])\w+_total\{/g) ?? [];
        expect(expr.match(/rate\(\w+_total\{/g) ?? []).toHaveLength(counters.length);
      }
    });

    test('names the namespace in every selector, and the job or the pods', () => {
      for (const { expr } of panel.targets) {
        for (const [, labels] of expr.matchAll(/\w\{([^}]*"[^}]*)\}/g)) {
          expect(labels).toMatch(/^namespace="shop",(job="|pod=~")/);
        }
      }
    });

    test('has no bracket that is open', () => {
      for (const { expr } of panel.targets) {
        const text = expr.replace(/"[^"]*"/g, '');
        for (const [open = '', close = ''] of ['()', '[]', '{}']) {
          expect(text.split(open)).toHaveLength(text.split(close).length);
        }
      }
    });
  },
);
