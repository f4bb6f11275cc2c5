import { parse } from 'yaml';
import type { AlertRule, RuleFile } from '../../../lib/monitoring/alerts';
import type { Manifest, Manifests } from '../../../lib/testing';

/** The parts of Prometheus' configuration that the tests read or put in place. */
export interface PrometheusConfig {
  readonly global: Readonly<Record<string, unknown>> & { readonly scrape_interval: string };
  readonly rule_files: readonly string[];
  readonly alerting: { readonly alertmanagers: readonly StaticTargets[] };
  readonly scrape_configs: readonly ScrapeConfig[];
}

export interface StaticTargets {
  readonly static_configs: readonly { readonly targets: readonly string[] }[];
}

export interface ScrapeConfig extends Partial<StaticTargets> {
  readonly job_name: string;
  readonly authorization?: { readonly credentials_file: string };
  readonly kubernetes_sd_configs?: readonly object[];
}

/** The parts of Alertmanager's configuration that the tests put in place. */
export interface AlertmanagerConfig {
  readonly route: Readonly<Record<string, unknown>>;
  readonly receivers: readonly { readonly name: string; readonly webhook_configs?: readonly { url_file: string }[] }[];
}

/** A panel of a dashboard. */
export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** What the programs of monitoring read, out of the ConfigMaps of a shop. */
export interface MonitoringFiles {
  readonly prometheus: PrometheusConfig;
  readonly rules: RuleFile;
  readonly alertmanager: AlertmanagerConfig;
  readonly panels: readonly Panel[];
  /** How often Grafana believes that Prometheus scrapes. */
  readonly timeInterval: string;
}

export function monitoringFiles(manifests: Manifests): MonitoringFiles {
  const data = (name: string, key: string): string => {
    const { data: files } = manifests.get('ConfigMap', name) as Manifest & { data: Record<string, string> };
    const text = files[key];
    if (text === undefined) throw new Error(`ConfigMap ${name} has no ${key}, only ${Object.keys(files)}`);
    return text;
  };
  const sources: { datasources: [{ jsonData: { timeInterval: string } }] } = parse(
    data('monitoring-grafana-provisioning', 'datasource.yaml'),
  );
  const dashboard: { panels: Panel[] } = JSON.parse(data('monitoring-grafana-dashboards', 'servers.json'));
  return {
    prometheus: parse(data('monitoring-prometheus', 'prometheus.yaml')),
    rules: parse(data('monitoring-prometheus', 'rules.yaml')),
    alertmanager: parse(data('monitoring-alertmanager', 'alertmanager.yaml')),
    panels: dashboard.panels.filter(({ type }) => type !== 'row'),
    timeInterval: sources.datasources[0].jsonData.timeInterval,
  };
}

/** The alerts of a rule file. */
export function alertsOf({ groups }: RuleFile): readonly AlertRule[] {
  // Rules that record have no alert.
  return groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
}
