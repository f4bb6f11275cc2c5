import { Lazy, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import type { ConfigMap, EnvVar } from 'kubernetes-types/core/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { observedFunnels, observedServers, observedTrainings } from '../core/observed';
import type { SecretRef } from '../core/secrets';
import { LABELS, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import type { MonitoringSettings } from './monitoring-props';
import { Program } from './program';

/** Grafana with its data source and dashboards in place. What somebody changes by hand goes with the pod. */
export class Grafana extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringSettings['grafana'] & { readonly prometheus: string }) {
    super(scope, id);
    const { adminPassword, image, prometheus } = props;
    const platform = Platform.of(this);
    const name = platform.nameOf(this);
    const provisioning = {
      'datasource.yaml': Yaml.stringify(datasources(prometheus)),
      'dashboards.yaml': Yaml.stringify(PROVIDER),
    };
    this.configMap('provisioning', `${name}-provisioning`, provisioning);
    this.configMap('dashboards', `${name}-dashboards`, Lazy.any({ produce: () => dashboards(platform) }));
    new Program(this, 'server', {
      image: image ?? HELPER_IMAGES.grafana,
      env: adminPassword === undefined ? VIEWERS_ONLY : WITH_LOGIN(adminPassword),
      port: 3000,
      probes: { ready: '/api/health', live: '/api/health' },
      resources: { cpu: '100m', memory: '512Mi' },
      data: { path: '/var/lib/grafana' },
      volumes: [
        { name: 'tmp', emptyDir: {} },
        {
          name: 'provisioning',
          configMap: {
            name: `${name}-provisioning`,
            items: [
              { key: 'datasource.yaml', path: 'datasources/datasource.yaml' },
              { key: 'dashboards.yaml', path: 'dashboards/dashboards.yaml' },
            ],
          },
        },
        { name: 'dashboards', configMap: { name: `${name}-dashboards` } },
        ...(adminPassword === undefined ? [] : [{ name: 'admin', secret: { secretName: adminPassword.name } }]),
      ],
      mounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'provisioning', mountPath: '/etc/grafana/provisioning', readOnly: true },
        { name: 'dashboards', mountPath: DASHBOARDS, readOnly: true },
        ...(adminPassword === undefined ? [] : [{ name: 'admin', mountPath: ADMIN_FOLDER, readOnly: true }]),
      ],
      configChecksum: hash(JSON.stringify(provisioning)),
      egress: [
        {
          to: [{ podSelector: { matchLabels: { [LABELS.component]: 'monitoring' } } }],
          ports: [{ protocol: 'TCP', port: 9090 }],
        },
      ],
    });
  }

  private configMap(id: string, name: string, data: Record<string, string>): void {
    kubernetesObject<ConfigMap>(this, id, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: workloadMetadata(name, 'monitoring'),
      data,
    });
  }
}

const DASHBOARDS = '/etc/grafana-dashboards';
const ADMIN_FOLDER = '/etc/grafana-admin';

/** The dashboards' library takes 0.2 s to load, which only a synth with dashboards should pay, and not every import. */
function dashboards(platform: Platform): Record<string, string> {
  const { serversDashboard } = require('./dashboard') as typeof import('./dashboard');
  const { funnelDashboard } = require('./funnel-dashboard') as typeof import('./funnel-dashboard');
  const { trainingDashboard } = require('./training-dashboard') as typeof import('./training-dashboard');
  const id = platform.node.id;
  const funnels = observedFunnels(platform).map((funnel) => [funnel.name, funnelDashboard(id, funnel)] as const);
  const gpus = { hasDcgm: platform.cluster.has('dcgm-exporter') };
  const servers = serversDashboard(id, observedServers(platform), gpus);
  const trainings = observedTrainings(platform);
  return Object.fromEntries([
    ['servers.json', JSON.stringify(servers, null, 2)],
    ...(trainings.length === 0
      ? []
      : [['training.json', JSON.stringify(trainingDashboard(id, trainings, gpus), null, 2)]]),
    ...funnels.map(([name, dashboard]) => [`funnel-${name}.json`, JSON.stringify(dashboard, null, 2)]),
  ]);
}

function datasources(prometheus: string): object {
  return {
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: 'prometheus',
        type: 'prometheus',
        access: 'proxy',
        url: `http://${prometheus}`,
        isDefault: true,
        editable: false,
        jsonData: { timeInterval: '15s', httpMethod: 'POST' },
      },
    ],
  };
}

const PROVIDER = {
  apiVersion: 1,
  providers: [
    { name: 'recstack', type: 'file', disableDeletion: true, allowUiUpdates: false, options: { path: DASHBOARDS } },
  ],
};

/** Calls to grafana.com, which a closed network would only delay. */
const QUIET: EnvVar[] = [
  { name: 'GF_ANALYTICS_REPORTING_ENABLED', value: 'false' },
  { name: 'GF_ANALYTICS_CHECK_FOR_UPDATES', value: 'false' },
  { name: 'GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES', value: 'false' },
  { name: 'GF_NEWS_NEWS_FEED_ENABLED', value: 'false' },
  { name: 'GF_PLUGINS_PREINSTALL_DISABLED', value: 'true' },
  { name: 'GF_USERS_ALLOW_SIGN_UP', value: 'false' },
];

/** No admin exists, and nobody can log in: hiding the form alone would leave `admin:admin` open to HTTP basic. */
const VIEWERS_ONLY: EnvVar[] = [
  ...QUIET,
  { name: 'GF_AUTH_ANONYMOUS_ENABLED', value: 'true' },
  { name: 'GF_AUTH_ANONYMOUS_ORG_ROLE', value: 'Viewer' },
  { name: 'GF_AUTH_DISABLE_LOGIN_FORM', value: 'true' },
  { name: 'GF_AUTH_BASIC_ENABLED', value: 'false' },
  { name: 'GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION', value: 'true' },
];

const WITH_LOGIN = ({ key }: SecretRef): EnvVar[] => [
  ...QUIET,
  { name: 'GF_SECURITY_ADMIN_USER', value: 'admin' },
  { name: 'GF_SECURITY_ADMIN_PASSWORD__FILE', value: `${ADMIN_FOLDER}/${key}` },
];
