import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App } from 'cdk8s';
import { stringify } from 'yaml';
import { api } from '../../../examples/funnel/api/server';
import {
  container,
  FUNNEL_METRICS,
  FUNNEL_OUTCOMES,
  ModelServer,
  Monitoring,
  Platform,
  RecommendationFunnel,
} from '../../../lib';
import type { FunnelConfig } from '../../../lib/serving/funnel';
import { type Manifest, synthesize } from '../../../lib/testing';
import { locate } from '../../../tools/build';
import { eventually } from '../harness/eventually';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { samplesOf } from './exposition';
import { monitoringFiles, type Panel } from './files';
import { asGrafanaSends } from './grafana';
import { FUNNEL } from './programs';
import { PrometheusApi } from './prometheus-api';
import { failuresIn, inputSeries, ruleTestFile, type Situation } from './rule-tests';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

/** A shop whose only server with metrics is the API of its funnel. */
const manifests = (() => {
  const app = new App();
  const shop = new Platform(app, 'shop', { cluster: { kubernetes: '1.37' }, production: false });
  const probe = { path: '/ready', port: 'http' };
  const server = (name: string) =>
    new ModelServer(shop, name, {
      model: { name, version: '7', uri: `pvc://models/${name}`, size: '1Gi' },
      runtime: container({
        image: 'registry.example.com/shop/server:1.0.0',
        ports: { http: 8080 },
        probes: { startup: probe, readiness: probe, liveness: probe },
        start: () => ({ command: ['/server'], args: [] }),
      }),
    });
  const home = new RecommendationFunnel(shop, 'home', {
    api: {
      image: 'registry.example.com/shop/home-api:1.4.2',
      port: 8080,
      probes: { ready: '/ready', live: '/live' },
    },
    deadline: '150ms',
    stages: {
      retrieval: {
        deadline: '30ms',
        candidates: 500,
        sources: [{ server: server('retrieval') }],
        fallback: { staleCache: { maxAge: '5m' } },
      },
      ranking: {
        deadline: '60ms',
        candidates: 50,
        sources: [{ server: server('ranker') }],
        fallback: 'previous-order',
      },
    },
  });
  home.allowFrom(server('gateway'));
  new Monitoring(shop, 'monitoring');
  return synthesize(app);
})();

const dataOf = (configMap: string, file: string): string =>
  (manifests.get('ConfigMap', configMap) as Manifest & { data: Record<string, string> }).data[file] ?? '';
const { panels }: { panels: Panel[] } = JSON.parse(dataOf('monitoring-grafana-dashboards', 'funnel-home.json'));

describe('the fixture', () => {
  const typesOf = (name: string) => [
    ...new Set(samplesOf(FUNNEL.fixture).flatMap((sample) => (sample.name === name ? [sample.type] : []))),
  ];

  test.each([
    ...['_bucket', '_sum', '_count'].map((suffix) => [FUNNEL_METRICS.requestDuration + suffix, 'histogram']),
    ...['_bucket', '_sum', '_count'].map((suffix) => [FUNNEL_METRICS.stageDuration + suffix, 'histogram']),
    [FUNNEL_METRICS.fallbacks, 'counter'],
    ...['_sum', '_count'].map((suffix) => [FUNNEL_METRICS.candidates + suffix, 'summary']),
  ])('has %s, a %s', (name, type) => {
    expect(typesOf(name)).toEqual([type]);
  });

  test('has every outcome from the start', () => {
    const counts = samplesOf(FUNNEL.fixture).filter(({ name }) => name === `${FUNNEL_METRICS.requestDuration}_count`);
    expect(counts.map(({ labels }) => labels)).toEqual(FUNNEL_OUTCOMES.map((outcome) => `outcome="${outcome}"`));
  });
});

describe('alerts', () => {
  const CASES: readonly (readonly [string, Situation, string, readonly string[]])[] = [
    ['nothing fires while all is well', {}, '20m', []],
    ['a stage that falls back fires', { faults: ['fallbacks'] }, '20m', ['FunnelFallbacks']],
    ['a stage that falls back fires only when it goes on', { faults: ['fallbacks'] }, '9m', []],
    ['missed deadlines fire', { faults: ['slow'] }, '20m', ['ModelServerSlow']],
    ['errors fire', { faults: ['errors'] }, '20m', ['ModelServerErrors']],
    ['an API that is gone fires', { up: false }, '20m', ['ModelServerDown']],
    ['fallbacks are no alert at low traffic', { faults: ['fallbacks'], traffic: 0.001 }, '20m', []],
    ['no traffic is no alert', { traffic: 0 }, '20m', []],
  ];
  let failures = new Map<string, string>();

  beforeAll(async () => {
    const rules = folder.write('rules.yaml', stringify(monitoringFiles(manifests).rules));
    const cases = CASES.map(([name, situation, after, alerts]) => ({
      name,
      after,
      firing: [{ alert: 'Watchdog' }, ...alerts.map((alert) => ({ alert, server: 'home' }))],
      input: inputSeries('shop', [{ name: 'home', program: FUNNEL }], situation),
    }));
    const report = folder.join('report.xml');
    const tests = folder.write('tests.json', ruleTestFile(rules, cases));
    const { output } = await run(await locate('promtool'), ['test', 'rules', `--junit=${report}`, tests]);
    failures = failuresIn(readFileSync(report, 'utf8'));
    if (failures.size === 0) throw new Error(output);
  });

  test.each(CASES)('%s', (name) => {
    expect(failures.get(name)).toBe('');
  });
});

describe("the example's API, scraped by a real Prometheus", () => {
  const servers: Server[] = [];
  let program: Program | undefined;
  let prometheus: PrometheusApi;
  let home = '';
  let asking: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    const config: FunnelConfig = JSON.parse(dataOf('home', 'funnel.json'));
    const retrieval = await listen(createServer((_, response) => response.end('{"candidates":["a","b","c"]}')));
    // It is late for every other request.
    let count = 0;
    const ranking = await listen(
      createServer((_, response) => {
        count += 1;
        if (count % 2 === 0) response.end('{"candidates":["c","b","a"]}');
      }),
    );
    const addresses: Readonly<Record<string, string>> = { retrieval, ranking };
    home = await listen(
      api({
        ...config,
        stages: config.stages.map((stage) => ({
          ...stage,
          sources: stage.sources.map((source) => ({ ...source, address: addresses[stage.name] ?? '' })),
        })),
      }),
    );
    prometheus = await startPrometheus(home);
    asking = setInterval(() => void fetch(`http://${home}/recommend/ann`).catch(() => undefined), 50);
  });
  afterAll(async () => {
    clearInterval(asking);
    await program?.stop();
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('every query of every panel gives numbers, for every stage where it draws a line for each', async () => {
    const queries = panels.flatMap(({ title, targets = [] }) => targets.map((line) => ({ title, ...line })));
    expect(queries.length).toBeGreaterThan(12);
    for (const { title, expr, legendFormat } of queries) {
      const query = asGrafanaSends(expr, { interval: 5, scrape: 1 });
      const lines = legendFormat === '{{stage}}' ? 2 : 1;
      await eventually(async () => {
        const points = await prometheus.query(query);
        expect({ title, query, numbers: points.map(({ value }) => Number.isFinite(value)) }).toEqual({
          title,
          query,
          numbers: Array(lines).fill(true),
        });
      });
    }
  });

  test('the share of fallbacks of a stage that is late for every other request is about a half', async () => {
    const share = panels.find(({ title }) => title === 'Fallbacks')?.targets?.[0]?.expr ?? '';
    await eventually(async () => {
      const points = await prometheus.query(asGrafanaSends(share, { interval: 5, scrape: 1 }));
      const ranking = points.find(({ metric }) => metric.stage === 'ranking');
      expect(ranking?.value).toBeGreaterThan(0.3);
      expect(ranking?.value).toBeLessThan(0.7);
    });
  });

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function startPrometheus(target: string): Promise<PrometheusApi> {
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const config = folder.write(
      'prometheus.yaml',
      stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'home', static_configs: [{ targets: [target], labels: { namespace: 'shop' } }] }],
      }),
    );
    program = new Program(await locate('prometheus'), {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder.join('data')}`,
        `--web.listen-address=${address}`,
      ],
      log: folder.join('prometheus.log'),
    });
    const found = new PrometheusApi(address);
    await program.ready(() => found.ready());
    return found;
  }
});
