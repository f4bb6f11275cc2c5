import { Lazy, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { observedTriggers, observeNotifier } from '../core/observed';
import type { SecretRef } from '../core/secrets';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import type { MonitoringSettings } from './monitoring-props';
import { Program } from './program';
import { type TriggerRoutes, triggerRoutes } from './trigger-routes';

/** Alertmanager: groups what Prometheus raises, and posts it to a webhook if there is one. */
export class Alertmanager extends Construct {
  readonly program: Program;

  constructor(
    scope: Construct,
    id: string,
    props: MonitoringSettings['alertmanager'] & { readonly storageClass: string | undefined },
  ) {
    super(scope, id);
    const { webhook, webhookPort, image, storageClass } = props;
    const platform = Platform.of(this);
    const name = platform.nameOf(this);
    observeNotifier(this, name);
    // Triggers may be added after it.
    const config = () => Yaml.stringify(alertmanagerConfig(webhook, triggerRoutes(observedTriggers(platform))));
    kubernetesObject<ConfigMap>(this, 'config', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: workloadMetadata(name, 'monitoring'),
      data: { 'alertmanager.yaml': Lazy.any({ produce: config }) },
    });
    this.program = new Program(this, 'server', {
      image: image ?? HELPER_IMAGES.alertmanager,
      args: [
        '--config.file=/etc/alertmanager/alertmanager.yaml',
        '--storage.path=/alertmanager',
        // It is alone; otherwise it would look for peers, and fail where it finds no private address.
        '--cluster.listen-address=',
      ],
      port: 9093,
      probes: { ready: '/-/ready', live: '/-/healthy' },
      resources: { cpu: '50m', memory: '128Mi' },
      // Silences and what was sent already; small, and worth more than a restart.
      data: { path: '/alertmanager', size: '1Gi', storageClass },
      volumes: [
        { name: 'config', configMap: { name } },
        ...(webhook === undefined ? [] : [{ name: 'webhook', secret: { secretName: webhook.name } }]),
      ],
      mounts: [
        { name: 'config', mountPath: '/etc/alertmanager', readOnly: true },
        ...(webhook === undefined ? [] : [{ name: 'webhook', mountPath: WEBHOOK_FOLDER, readOnly: true }]),
      ],
      configChecksum: Lazy.any({ produce: () => hash(config()) }),
      egress: webhook === undefined ? [] : [{ ports: [{ protocol: 'TCP', port: webhookPort }] }],
    });
  }
}

const WEBHOOK_FOLDER = '/etc/alertmanager-webhook';

/**
 * Groups by what and where, so that one cause is one message; a critical alert silences the warnings of its server.
 * The watchdog is shown and sent to nobody: people stop reading what always comes.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(
  webhook: SecretRef | undefined,
  triggers: TriggerRoutes = { routes: [], receivers: [] },
): object {
  return {
    route: {
      receiver: 'default',
      group_by: ['alertname', 'platform', 'server'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '4h',
      routes: [...triggers.routes, { receiver: 'nobody', matchers: ['severity="none"'] }],
    },
    inhibit_rules: [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ['platform', 'server'],
      },
    ],
    receivers: [
      ...triggers.receivers,
      { name: 'nobody' },
      {
        name: 'default',
        ...(webhook === undefined ? {} : { webhook_configs: [{ url_file: `${WEBHOOK_FOLDER}/${webhook.key}` }] }),
      },
    ],
  };
}
