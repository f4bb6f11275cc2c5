import { type Duration, formatSeconds, seconds } from '../core/durations';
import type { ObservedServer, ObservedTraining } from '../core/observed';
import { type Bytes, bytes } from '../core/quantities';
import type { Series } from '../core/server-metrics';
import { LABELS } from '../platform/labels';
import { CPU_SECONDS, MEMORY_LIMIT, VOLUME_AVAILABLE, VOLUME_CAPACITY, WORKING_SET } from './container-metrics';

/** What a Prometheus watches, and where its alerts go. */
export interface PrometheusConfigInput {
  readonly platform: string;
  readonly namespace: string;
  readonly servers: readonly ObservedServer[];
  readonly trainings: readonly ObservedTraining[];
  readonly alertmanager: string;
  readonly kubeStateMetrics: string;
  readonly retention: Duration;
  readonly storage: Bytes;
  readonly hasDcgm: boolean;
}

/**
 * The configuration of Prometheus: one job for each server and each training, what the kubelets tell of servers'
 * containers, what kube-state-metrics tells of runs, GPUs where
 * dcgm-exporter is installed, and monitoring itself.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function prometheusConfig(input: PrometheusConfigInput): object {
  const { platform, namespace, servers, trainings, alertmanager, kubeStateMetrics, retention, storage, hasDcgm } =
    input;
  return {
    global: { scrape_interval: '15s', evaluation_interval: '15s', external_labels: { platform } },
    rule_files: ['/etc/prometheus/rules.yaml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    // By size as well, before the volume is full: Prometheus stops when it can't write.
    storage: {
      tsdb: {
        retention: {
          time: formatSeconds(seconds(retention)),
          size: `${Math.floor((0.9 * bytes(storage)) / 2 ** 20)}MB`,
        },
      },
    },
    scrape_configs: [
      ...servers.flatMap((server) => serverJob(server, platform)),
      ...trainings.flatMap((training) => trainingJob(training, platform)),
      kubeletJob(namespace, 'kubelet', '/metrics/cadvisor', [CPU_SECONDS, WORKING_SET, MEMORY_LIMIT]),
      ...(servers.some(({ store }) => store?.hasVolume)
        ? [kubeletJob(namespace, 'kubelet-volumes', '/metrics', [VOLUME_AVAILABLE, VOLUME_CAPACITY])]
        : []),
      ...(hasDcgm ? [dcgmJob(namespace)] : []),
      { job_name: 'kube-state-metrics', static_configs: [{ targets: [kubeStateMetrics] }] },
      { job_name: 'prometheus', static_configs: [{ targets: ['localhost:9090'] }] },
      { job_name: 'alertmanager', static_configs: [{ targets: [alertmanager] }] },
    ],
  };
}

/** The jobs that are there beside the servers': Prometheus refuses a configuration with a name twice. */
export const OWN_JOBS: readonly string[] = [
  'kubelet',
  'kubelet-volumes',
  'dcgm-exporter',
  'kube-state-metrics',
  'prometheus',
  'alertmanager',
];

/** Prometheus writes the labels of pods with `_` for all that may not stand in its own. */
function podLabel(label: string): string {
  return `__meta_kubernetes_pod_label_${label.replace(/[^a-zA-Z0-9]/g, '_')}`;
}

const keep = (label: string, regex: string) => ({ source_labels: [label], regex, action: 'keep' });
const copy = (label: string, to: string) => ({ source_labels: [label], target_label: to });

function serverJob({ name, namespace, metrics }: ObservedServer, platform: string): object[] {
  if (metrics === undefined) return [];
  return [
    {
      job_name: name,
      metrics_path: metrics.path,
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] } }],
      relabel_configs: [
        keep(podLabel(LABELS.name), name),
        keep(podLabel(LABELS.partOf), platform),
        keep('__meta_kubernetes_pod_container_port_name', metrics.port),
        copy('__meta_kubernetes_namespace', 'namespace'),
        copy('__meta_kubernetes_pod_name', 'pod'),
        copy(podLabel(LABELS.version), 'model_version'),
      ],
    },
  ];
}

function trainingJob({ name, namespace, progressPort }: ObservedTraining, platform: string): object[] {
  if (progressPort === undefined) return [];
  return [
    {
      job_name: name,
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [namespace] } }],
      relabel_configs: [
        keep(podLabel(LABELS.name), name),
        keep(podLabel(LABELS.partOf), platform),
        keep('__meta_kubernetes_pod_container_port_name', progressPort),
        // The pods of a run that has ended stay until it is deleted, and would be targets that are down.
        keep('__meta_kubernetes_pod_phase', 'Pending|Running'),
        copy('__meta_kubernetes_namespace', 'namespace'),
        copy('__meta_kubernetes_pod_name', 'pod'),
      ],
    },
  ];
}

function kubeletJob(namespace: string, job: string, path: string, kept: readonly Series[]): object {
  const names = kept.map(({ name }) => name).join('|');
  return {
    job_name: job,
    scheme: 'https',
    metrics_path: path,
    authorization: { credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    // A kubelet's certificate is signed by itself on most clusters.
    tls_config: { insecure_skip_verify: true },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [copy('__meta_kubernetes_node_name', 'node')],
    // The kubelet tells of all pods of the node; only those of the platform are kept.
    metric_relabel_configs: [keep('__name__', names), keep('namespace', namespace)],
  };
}

function dcgmJob(namespace: string): object {
  return {
    job_name: 'dcgm-exporter',
    // The pod that uses a GPU, and not the exporter's own.
    honor_labels: true,
    kubernetes_sd_configs: [{ role: 'pod' }],
    relabel_configs: [
      // The exporter's own chart and the GPU operator label it differently.
      {
        source_labels: [podLabel('app.kubernetes.io/name'), podLabel('app')],
        regex: '(dcgm-exporter;.*|.*;nvidia-dcgm-exporter)',
        action: 'keep',
      },
      keep('__meta_kubernetes_pod_container_port_name', 'metrics'),
    ],
    metric_relabel_configs: [keep('namespace', namespace)],
  };
}
