import { Lazy, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { observedTriggers, observeNotifier } from '../core/observed';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import type { MonitoringSettings } from './monitoring-props';
import { Program } from './program';
import { portTo, SECRET_FOLDER, secretsOf } from './receivers';
import { isRobot, RELAY_SCRIPT, relayConfig, relayContainer } from './relay';
import { alertmanagerConfig } from './routing';
import { secretVolume } from './secrets';
import { triggerRoutes } from './trigger-routes';

/** Alertmanager: groups what Prometheus raises, and sends it to whoever asked for it. */
export class Alertmanager extends Construct {
  readonly program: Program;

  constructor(
    scope: Construct,
    id: string,
    props: MonitoringSettings['alertmanager'] & Pick<MonitoringSettings, 'notify' | 'storageClass'>,
  ) {
    super(scope, id);
    const { webhook, webhookPort, deadManSwitch, notify, image, storageClass } = props;
    const platform = Platform.of(this);
    const name = platform.nameOf(this);
    observeNotifier(this, name);
    // Triggers may be added after it.
    const config = () => Yaml.stringify(alertmanagerConfig(props, notify, triggerRoutes(observedTriggers(platform))));
    const destinations = Object.values(notify).map(({ to }) => to);
    const robots = destinations.filter(isRobot);
    const relay =
      robots.length === 0
        ? undefined
        : { 'alert-relay.py': RELAY_SCRIPT, 'relay.json': `${JSON.stringify(relayConfig(notify), null, 2)}\n` };
    const secrets = [
      ...(webhook === undefined ? [] : [webhook]),
      ...(deadManSwitch === undefined ? [] : [deadManSwitch.url]),
      ...destinations.filter((to) => !isRobot(to)).flatMap(secretsOf),
    ];
    const ports = [
      ...(webhook === undefined ? [] : [webhookPort]),
      ...(deadManSwitch === undefined ? [] : [deadManSwitch.port]),
      ...destinations.map(portTo),
    ];
    kubernetesObject<ConfigMap>(this, 'config', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: workloadMetadata(name, 'monitoring'),
      data: { 'alertmanager.yaml': Lazy.any({ produce: config }), ...relay },
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
        ...(secrets.length === 0 ? [] : [secretVolume('secrets', secrets)]),
        ...(relay === undefined
          ? []
          : [
              { name: 'relay', configMap: { name, items: Object.keys(relay).map((key) => ({ key, path: key })) } },
              secretVolume('relay-secrets', robots.flatMap(secretsOf)),
            ]),
      ],
      mounts: [
        { name: 'config', mountPath: '/etc/alertmanager', readOnly: true },
        ...(secrets.length === 0 ? [] : [{ name: 'secrets', mountPath: SECRET_FOLDER, readOnly: true }]),
      ],
      ...(relay === undefined ? {} : { sidecars: [relayContainer((helper) => platform.pin(helper))] }),
      configChecksum: Lazy.any({ produce: () => hash([config(), ...Object.values(relay ?? {})].join('')) }),
      egress: egressTo(ports),
    });
  }
}

function egressTo(ports: readonly number[]) {
  const distinct = [...new Set(ports)].sort((a, b) => a - b);
  return distinct.length === 0 ? [] : [{ ports: distinct.map((port) => ({ protocol: 'TCP', port })) }];
}
