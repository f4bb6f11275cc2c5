/**
 * Every image that recstack itself puts into a cluster, in one place: what to mirror into a private registry and
 * to fill into `images.lock`. Model servers are pinned by their users.
 */
export const HELPER_IMAGES = {
  /** Copies models out of any object store. It brings a shell and the checksum tools that the script needs. */
  rclone: 'rclone/rclone:1.74.4',
  /**
   * Copies models out of the Hugging Face hub, which rclone doesn't know, and tells of the progress of training.
   * Alpine, with the same tools as above.
   */
  python: 'python:3.14.0-alpine',
  prometheus: 'prom/prometheus:v3.14.0',
  alertmanager: 'prom/alertmanager:v0.34.0',
  /** Tells Prometheus of the Jobs and pods of training. */
  kubeStateMetrics: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.18.0',
  /** Tells Prometheus of a Redis or Valkey. */
  redisExporter: 'oliver006/redis_exporter:v1.88.0',
  /** Chooses the trials of a hyperparameter sweep: Optuna's own, with Python and the library. */
  optuna: 'optuna/optuna:v4.5.0-py3.12',
  /** Tells Kubernetes' autoscaler what Prometheus knows of servers. */
  prometheusAdapter: 'registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0',
  grafana: 'grafana/grafana:12.4.10',
} as const;
