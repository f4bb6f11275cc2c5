import type { AlertRule } from '../../../lib/monitoring/alerts';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, gpuNodes, removeNodes } from '../harness/nodes';
import { alertsOf, monitoringFiles } from './files';
import { gpuExporters } from './gpu-exporters';
import { asGrafanaSends } from './grafana';
import { POD_NETWORK } from './loopback';
import { mayDo, ownerOf } from './permissions';
import { TENSORFLOW_SERVING, TRITON_CPU, TRITON_GPU, VLLM } from './programs';
import { RunningShop } from './running-shop';
import type { PostedAlert } from './webhook';

const nodes = [
  ...cpuNodes(1, { podNetwork: POD_NETWORK }),
  ...gpuNodes(1, { gpus: 4, type: 'nvidia-l4', podNetwork: POD_NETWORK }),
  ...gpuNodes(1, { gpus: 4, type: 'nvidia-l40s', podNetwork: POD_NETWORK }),
];
const client = new Client(cluster());
beforeAll(() => addNodes(client, nodes));
afterAll(() => removeNodes(client, nodes));

const MONITORING = { 'kube-state-metrics': 1, prometheus: 1, alertmanager: 1 };

const shops = {
  'a shop on CPU': {
    shop: new RunningShop(cluster(), {
      namespace: 'prometheus-cpu',
      environment: 'dev',
      programs: { retrieval: TENSORFLOW_SERVING, ranker: TRITON_CPU },
      replicas: { retrieval: 1, ranker: 1 },
      nodes,
    }),
    // Training runs at night.
    targets: { retrieval: 1, ranker: 1, 'ranker-retraining': 0, kubelet: 3, ...MONITORING },
  },
  'a shop on GPUs': {
    shop: new RunningShop(cluster(), {
      namespace: 'prometheus-gpu',
      environment: 'staging',
      changes: {
        cluster: { addons: ['metrics-server', 'dcgm-exporter'] },
        monitoring: { alertmanager: { webhook: { name: 'alert-webhook', key: 'url' } } },
      },
      programs: { retrieval: TENSORFLOW_SERVING, ranker: TRITON_GPU, reranker: VLLM },
      replicas: { retrieval: 2, ranker: 2, reranker: 1 },
      nodes,
      others: gpuExporters({ chart: 'NVIDIA-L4', operator: 'NVIDIA-L40S' }),
    }),
    targets: {
      retrieval: 2,
      ranker: 2,
      reranker: 1,
      'ranker-retraining': 0,
      kubelet: 3,
      'dcgm-exporter': 2,
      ...MONITORING,
    },
  },
};

describe.each(Object.entries(shops))('%s', (name, { shop, targets }) => {
  const { prometheus: config, panels, timeInterval, rules } = monitoringFiles(shop.manifests);
  beforeAll(() => shop.start());
  afterAll(() => shop.stop());

  test('Prometheus finds every replica, node and exporter with its own token, and every target is up', async () => {
    await eventually(async () => {
      const found = await shop.monitoring.prometheus.targets();
      const down = found
        .filter(({ health }) => health !== 'up')
        .map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`);
      const count = (job: string) => found.filter(({ scrapePool }) => scrapePool === job).length;
      const counts = Object.fromEntries(config.scrape_configs.map(({ job_name }) => [job_name, count(job_name)]));
      expect({ counts, down }).toEqual({ counts: targets, down: [] });
    });
  });

  test('the token of Prometheus gives what discovery and the kubelets ask for, and no more', async () => {
    const { namespace } = shop.manifests.get('ConfigMap', 'monitoring-prometheus').metadata;
    const owner = await ownerOf(client, shop.token);
    const may = (verb: string, path: string, where?: string): Promise<boolean> => {
      const [resource = '', subresource] = path.split('/');
      return owner === undefined
        ? Promise.resolve(false)
        : mayDo(client, owner, { verb, resource, subresource, namespace: where });
    };
    for (const verb of ['get', 'list', 'watch']) {
      expect({ verb, pods: await may(verb, 'pods', namespace), nodes: await may(verb, 'nodes') }).toEqual({
        verb,
        pods: true,
        nodes: true,
      });
    }
    expect(await may('get', 'nodes/metrics')).toBe(true);
    // dcgm-exporter lives in a namespace of its own.
    expect(await may('list', 'pods', 'kube-system')).toBe('dcgm-exporter' in targets);
    for (const resource of ['secrets', 'configmaps', 'pods/exec', 'nodes/proxy']) {
      expect({ resource, may: await may('get', resource, namespace) }).toEqual({ resource, may: false });
    }
  });

  test('time series say of which pod, namespace and model version they are', async () => {
    const [point] = await shop.monitoring.prometheus.query('up{job="ranker"}');
    expect(point?.metric).toMatchObject({
      namespace: shop.manifests.get('Deployment', 'ranker').metadata.namespace,
      pod: expect.stringMatching(/^ranker-[a-z0-9]+-[a-z0-9]{5}$/),
      model_version: '42',
    });
  });

  test('nothing fires but the watchdog', async () => {
    await eventually(async () => {
      expect((await shop.monitoring.prometheus.alerts()).map(({ labels, state }) => [labels.alertname, state])).toEqual(
        [['Watchdog', 'firing']],
      );
    });
  });

  test('Grafana is told how often Prometheus scrapes', () => {
    expect(timeInterval).toBe(config.global.scrape_interval);
  });

  test('every query of every panel gives numbers, for every replica where it draws a line for each', async () => {
    const scrape = Number.parseInt(timeInterval, 10);
    const queries = panels.flatMap(({ title, targets: lines = [] }) => lines.map((line) => ({ title, ...line })));
    expect(queries.length).toBeGreaterThan(10);
    for (const { title, expr, legendFormat } of queries) {
      const query = asGrafanaSends(expr, { interval: 20, scrape });
      await eventually(async () => {
        const points = await shop.monitoring.prometheus.query(query);
        expect({ title, query, numbers: points.map(({ value }) => Number.isFinite(value)) }).toEqual({
          title,
          query,
          numbers: Array(replicasOf(query, legendFormat)).fill(true),
        });
      });
    }
  });

  test('every panel asks the data source that the viewer chooses', () => {
    expect(new Set(panels.map(({ datasource }) => JSON.stringify(datasource)))).toEqual(
      new Set(['{"type":"prometheus","uid":"$datasource"}']),
    );
  });

  function replicasOf(query: string, legend: string): number {
    if (legend !== '{{pod}}') return 1;
    const server = Object.keys(targets).find((job) => query.includes(`pod=~"${job}-`));
    return Object.entries(targets).find(([job]) => job === server)?.[1] ?? 0;
  }

  if (name !== 'a shop on GPUs') return;

  // From here on things go wrong, and worse with each test: warnings first, since a critical alert silences them.
  const servers = ['retrieval', 'ranker', 'reranker'];
  // Those about training: see training.test.ts.
  const aboutServers = alertsOf(rules).filter(({ labels }) => labels.server !== undefined);

  test('memory near its limit reaches the webhook', async () => {
    shop.standIns.suffer('kubelet', 'memory');
    for (const { annotations } of await posted('ModelServerMemoryNearLimit', servers)) {
      expect(annotations.description).toMatch(
        /^Pod \S+-[a-z0-9]+-[a-z0-9]{5} has used 98% of its memory for 10 minutes\.$/,
      );
    }
  });

  test('slow answers reach the webhook', async () => {
    for (const server of servers) shop.standIns.suffer(server, 'slow');
    for (const { annotations } of await posted('ModelServerSlow', servers)) {
      expect(annotations.description).toMatch(
        /of its latency has been [\d.]+m?s for 10 minutes; \d+m?s is the bound\.$/,
      );
    }
  });

  test('errors reach the webhook', async () => {
    for (const server of servers) shop.standIns.suffer(server, 'errors');
    for (const { annotations } of await posted('ModelServerErrors', servers)) {
      expect(annotations.description).toMatch(/^[\d.]+% of its requests fail; [\d.]+ % is the bound\.$/);
    }
  });

  test('every series that an alert asks for is there', async () => {
    // One scrape that comes too late is enough for a series to be away until the next.
    await eventually(async () => expect(await missing()).toEqual([]));
  });

  async function missing(): Promise<string[]> {
    const { prometheus } = shop.monitoring;
    const found: string[] = [];
    for (const { alert, expr } of aboutServers) {
      for (const selector of await prometheus.selectorsIn(expr)) {
        if ((await prometheus.query(selector)).length === 0) found.push(`${alert}: ${selector}`);
      }
    }
    return found;
  }

  test('a server whose replicas are all gone reaches the webhook', async () => {
    // It came once before: until Prometheus had found the first target.
    const arrived = shop.monitoring.webhook.received.length;
    await shop.standIns.stop(servers);
    await posted('ModelServerDown', servers, arrived);
  });

  test('every alert of the rules has arrived, with all its labels, and nobody was sent the watchdog', () => {
    expect(aboutServers.length).toBeGreaterThan(10);
    expect(aboutServers.filter((rule) => !shop.monitoring.webhook.received.some((alert) => isOf(alert, rule)))).toEqual(
      [],
    );
    expect(shop.monitoring.webhook.received.filter(({ labels }) => labels.alertname === 'Watchdog')).toEqual([]);
  });

  /** The alerts about some servers, as soon as they have arrived; the first so many are not looked at. */
  function posted(alertname: string, about: readonly string[], after = 0): Promise<PostedAlert[]> {
    return eventually(
      () =>
        about.map((server) => {
          const alert = shop.monitoring.webhook.about(alertname, server, after);
          if (alert === undefined) throw new Error(`${alertname} about ${server} has not arrived`);
          return alert;
        }),
      { seconds: 60 },
    );
  }
});

function isOf({ labels }: PostedAlert, { alert, labels: expected }: AlertRule): boolean {
  return Object.entries({ alertname: alert, ...expected }).every(([name, value]) => labels[name] === value);
}
