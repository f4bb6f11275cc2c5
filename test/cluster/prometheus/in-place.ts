import { join } from 'node:path';
import type { AlertRule, RuleFile } from '../../../lib/monitoring/alerts';
import type { AlertmanagerConfig, PrometheusConfig, ScrapeConfig, StaticTargets } from './files';

/** Where on this machine is what a pod finds in its file system, in the cluster's DNS, or at a fixed address. */
export interface Places {
  /** The API server, which a pod finds by its environment, and its certificate. */
  readonly api: { readonly url: string; readonly caFile: string };
  /** The token of Prometheus' own service account, which a pod finds mounted. */
  readonly tokenFile: string;
  readonly rulesFile: string;
  /** `host:port` of the three programs. */
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly kubeStateMetrics: string;
  /** Folder with the keys of the webhook's Secret. */
  readonly webhookFolder: string;
}

/**
 * Puts the configuration of Prometheus in place on this machine. It changes what {@link Places} lists and how often
 * things happen (each second), and leaves jobs, relabelling and all else as they are.
 */
export function prometheusInPlace(config: PrometheusConfig, places: Places): PrometheusConfig {
  return {
    ...config,
    global: { ...config.global, scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: config.rule_files.map(() => places.rulesFile),
    alerting: { alertmanagers: config.alerting.alertmanagers.map((targets) => ({ ...targets, ...moved(targets) })) },
    scrape_configs: config.scrape_configs.map((job) => scrapeJob(job)),
  };

  function scrapeJob(job: ScrapeConfig): ScrapeConfig {
    const { authorization, kubernetes_sd_configs, static_configs } = job;
    return {
      ...job,
      ...(authorization && { authorization: { ...authorization, credentials_file: places.tokenFile } }),
      ...(kubernetes_sd_configs && { kubernetes_sd_configs: kubernetes_sd_configs.map(discovery) }),
      ...(static_configs && moved({ static_configs })),
    };
  }

  function discovery(config: object): object {
    return {
      ...config,
      api_server: places.api.url,
      authorization: { credentials_file: places.tokenFile },
      tls_config: { ca_file: places.api.caFile },
    };
  }

  function moved({ static_configs }: StaticTargets): StaticTargets {
    const known: Record<string, string> = {
      'localhost:9090': places.prometheus,
      'monitoring-alertmanager:9093': places.alertmanager,
      'monitoring-kube-state-metrics:8080': places.kubeStateMetrics,
    };
    const targets = (names: readonly string[]) => names.map((name) => known[name] ?? name);
    return { static_configs: static_configs.map((config) => ({ ...config, targets: targets(config.targets) })) };
  }
}

/** The rules with alerts that are raised after a second. Expressions, and the windows in them, stay as they are. */
export function rulesInPlace({ groups }: RuleFile): RuleFile {
  const soon = (rule: AlertRule): AlertRule => (rule.for === undefined ? rule : { ...rule, for: '1s' });
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(soon) })) };
}

/** Alertmanager's configuration with the webhook's URL in place, and with notifications that are sent at once. */
export function alertmanagerInPlace(
  { route, receivers, ...rest }: AlertmanagerConfig,
  { webhookFolder }: Pick<Places, 'webhookFolder'>,
): AlertmanagerConfig {
  return {
    ...rest,
    route: { ...route, group_wait: '1s', group_interval: '1s' },
    receivers: receivers.map(({ webhook_configs, ...receiver }) => ({
      ...receiver,
      ...(webhook_configs && {
        webhook_configs: webhook_configs.map(({ url_file, ...webhook }) => ({
          ...webhook,
          url_file: join(webhookFolder, url_file.split('/').at(-1) ?? ''),
        })),
      }),
    })),
  };
}

/** A program's arguments, with the folders of its container moved to this machine. */
export function argumentsInPlace(args: readonly string[], folders: Readonly<Record<string, string>>): string[] {
  return args.map((argument) => {
    const [from, to] = Object.entries(folders).find(([folder]) => argument.includes(`=${folder}`)) ?? [];
    return from === undefined || to === undefined ? argument : argument.replace(from, to);
  });
}
