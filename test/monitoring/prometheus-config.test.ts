import { OWN_JOBS, type PrometheusConfigInput, prometheusConfig } from '../../lib/monitoring/prometheus-config';
import { server, trainingOf } from './fixtures';

interface Config {
  global: unknown;
  rule_files: unknown;
  alerting: unknown;
  storage: { tsdb: { retention: { time: string; size: string } } };
  scrape_configs: { job_name: string; metrics_path?: string; relabel_configs?: object[]; honor_labels?: boolean }[];
}

function config(props: Partial<PrometheusConfigInput> = {}): Config {
  return prometheusConfig({
    platform: 'shop',
    namespace: 'shop-eu',
    servers: [server()],
    trainings: [],
    alertmanager: 'monitoring-alertmanager:9093',
    kubeStateMetrics: 'monitoring-kube-state-metrics:8080',
    retention: '15d',
    storage: '50Gi',
    hasDcgm: false,
    ...props,
  }) as Config;
}

function jobOf(name: string, props: Partial<PrometheusConfigInput> = {}) {
  return config(props).scrape_configs.find(({ job_name }) => job_name === name);
}

test('it asks and evaluates every 15 seconds, and says whose alerts they are', () => {
  expect(config().global).toEqual({
    scrape_interval: '15s',
    evaluation_interval: '15s',
    external_labels: { platform: 'shop' },
  });
  expect(config().rule_files).toEqual(['/etc/prometheus/rules.yaml']);
});

test('alerts go to Alertmanager', () => {
  expect(config().alerting).toEqual({
    alertmanagers: [{ static_configs: [{ targets: ['monitoring-alertmanager:9093'] }] }],
  });
});

test.each([
  ['50Gi', '46080MB'],
  ['5Gi', '4608MB'],
  ['1500M', '1287MB'],
] as const)('of %s nine tenths are used, so that the volume is never full', (storage, size) => {
  expect(config({ storage }).storage.tsdb.retention.size).toBe(size);
});

test.each([
  ['15d', '15d'],
  ['36h', '36h'],
  ['1.5d', '36h'],
  ['1.5h', '90m'],
] as const)('metrics are kept for %s, written as Prometheus reads it: without fractions', (retention, time) => {
  expect(config({ retention }).storage.tsdb.retention.time).toBe(time);
});

test('without GPUs there is a job for each server, one for the kubelets, one for runs, and two for monitoring itself', () => {
  expect(config().scrape_configs.map(({ job_name }) => job_name)).toEqual([
    ...['ranker', 'kubelet', 'kube-state-metrics', 'prometheus', 'alertmanager'],
  ]);
});

test('the names of its own jobs are known, because no server may be called so', () => {
  const store = server({ metrics: undefined, store: { hasVolume: true } });
  const names = config({ servers: [store], hasDcgm: true }).scrape_configs.map(({ job_name }) => job_name);
  expect(names).toEqual(OWN_JOBS);
});

test('monitoring watches itself', () => {
  expect(jobOf('prometheus')).toEqual({ job_name: 'prometheus', static_configs: [{ targets: ['localhost:9090'] }] });
  expect(jobOf('alertmanager')).toEqual({
    job_name: 'alertmanager',
    static_configs: [{ targets: ['monitoring-alertmanager:9093'] }],
  });
});

test("a server's pods are found by their labels, asked once, on the port of the metrics, and named", () => {
  const keep = (label: string, regex: string) => ({ source_labels: [label], regex, action: 'keep' });
  const copy = (label: string, to: string) => ({ source_labels: [label], target_label: to });
  const metrics = { port: 'http', path: '/monitoring/prometheus/metrics' };
  expect(jobOf('ranker', { servers: [server({ namespace: 'shop-eu', metrics })] })).toEqual({
    job_name: 'ranker',
    metrics_path: '/monitoring/prometheus/metrics',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['shop-eu'] } }],
    relabel_configs: [
      keep('__meta_kubernetes_pod_label_app_kubernetes_io_name', 'ranker'),
      keep('__meta_kubernetes_pod_label_app_kubernetes_io_part_of', 'shop'),
      keep('__meta_kubernetes_pod_container_port_name', 'http'),
      copy('__meta_kubernetes_namespace', 'namespace'),
      copy('__meta_kubernetes_pod_name', 'pod'),
      copy('__meta_kubernetes_pod_label_app_kubernetes_io_version', 'model_version'),
    ],
  });
});

test('a server without metrics is not asked for any', () => {
  expect(jobOf('ranker', { servers: [server({ metrics: undefined })] })).toBeUndefined();
});

test('the kubelets are asked about containers as the cluster asks: by token, over TLS', () => {
  expect(jobOf('kubelet')).toMatchObject({
    scheme: 'https',
    metrics_path: '/metrics/cadvisor',
    authorization: { credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    tls_config: { insecure_skip_verify: true },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [{ source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' }],
  });
});

test("of what the kubelets tell, just the platform's containers and the three series in use are kept", () => {
  expect(jobOf('kubelet')).toMatchObject({
    metric_relabel_configs: [
      {
        source_labels: ['__name__'],
        regex: 'container_cpu_usage_seconds_total|container_memory_working_set_bytes|container_spec_memory_limit_bytes',
        action: 'keep',
      },
      { source_labels: ['namespace'], regex: 'shop-eu', action: 'keep' },
    ],
  });
});

test('with dcgm-exporter, GPUs are told by the pod that uses them, of this platform only', () => {
  expect(jobOf('dcgm-exporter')).toBeUndefined();
  expect(jobOf('dcgm-exporter', { hasDcgm: true })).toMatchObject({
    honor_labels: true,
    kubernetes_sd_configs: [{ role: 'pod' }],
    metric_relabel_configs: [{ source_labels: ['namespace'], regex: 'shop-eu', action: 'keep' }],
  });
});

/** Whether pods with these values of app.kubernetes.io/name and app are taken for dcgm-exporter. */
function isExporter(name: string, app: string): boolean {
  const [rule] = jobOf('dcgm-exporter', { hasDcgm: true })?.relabel_configs ?? [];
  expect(rule).toMatchObject({
    source_labels: ['__meta_kubernetes_pod_label_app_kubernetes_io_name', '__meta_kubernetes_pod_label_app'],
    action: 'keep',
  });
  return new RegExp(`^(?:${Reflect.get(rule ?? {}, 'regex')})$`).test(`${name};${app}`);
}

test.each([
  ["dcgm-exporter's own chart", 'dcgm-exporter', ''],
  ['the GPU operator', '', 'nvidia-dcgm-exporter'],
])('dcgm-exporter is found as %s labels it', (_what, name, app) => {
  expect(isExporter(name, app)).toBe(true);
});

test.each([
  ['neither label', '', ''],
  ['another name', 'dcgm-exporter-proxy', ''],
  ['another app', '', 'nvidia-dcgm'],
])('pods with %s are not', (_what, name, app) => {
  expect(isExporter(name, app)).toBe(false);
});

test('training is scraped while its pods live, at the port of its progress, and says of which pod it is', () => {
  expect(jobOf('retraining', { trainings: [trainingOf()] })).toEqual({
    job_name: 'retraining',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['shop'] } }],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_label_app_kubernetes_io_name'], regex: 'retraining', action: 'keep' },
      { source_labels: ['__meta_kubernetes_pod_label_app_kubernetes_io_part_of'], regex: 'shop', action: 'keep' },
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: 'progress', action: 'keep' },
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Pending|Running', action: 'keep' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
    ],
  });
});

test('training that tells of no progress is not scraped', () => {
  expect(jobOf('retraining', { trainings: [trainingOf({ progressPort: undefined })] })).toBeUndefined();
});

test('what became of runs is asked of kube-state-metrics, whose labels are those of the objects', () => {
  expect(jobOf('kube-state-metrics')).toEqual({
    job_name: 'kube-state-metrics',
    static_configs: [{ targets: ['monitoring-kube-state-metrics:8080'] }],
  });
});
