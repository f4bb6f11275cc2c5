import { Construct } from 'constructs';
import { parse } from '../core/schema';
import { Alertmanager } from './alertmanager';
import { Grafana } from './grafana';
import { KubeStateMetrics } from './kube-state-metrics';
import { type MonitoringProps, monitoringSchema } from './monitoring-props';
import { Prometheus } from './prometheus';

/**
 * Prometheus, Alertmanager and Grafana for the servers and the training of a platform, and kube-state-metrics, which knows
 * what became of a run. Nobody lists what to watch: every server in the tree is scraped, has its alerts and its row on the
 * dashboard, and none is about a metric that its server doesn't have. So has all training.
 *
 * @example
 * ```ts
 * new Monitoring(shop, 'monitoring', {
 *   notify: { team: { to: { type: 'slack', url: { name: 'slack', key: 'url' } } } },
 * });
 * ```
 */
export class Monitoring extends Construct {
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly grafana: Grafana;
  readonly kubeStateMetrics: KubeStateMetrics;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: MonitoringProps = {}) {
    super(scope, id);
    const settings = parse(monitoringSchema, props, this.node.path);
    const { storageClass, notify } = settings;
    this.alertmanager = new Alertmanager(this, 'alertmanager', { ...settings.alertmanager, storageClass, notify });
    this.kubeStateMetrics = new KubeStateMetrics(this, 'kube-state-metrics');
    this.prometheus = new Prometheus(this, 'prometheus', {
      ...settings.prometheus,
      storageClass,
      alertmanager: this.alertmanager.program,
      kubeStateMetrics: this.kubeStateMetrics.address,
    });
    this.grafana = new Grafana(this, 'grafana', { ...settings.grafana, prometheus: this.prometheus.address });
  }
}
