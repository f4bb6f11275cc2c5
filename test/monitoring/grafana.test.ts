import type { PlatformProps } from '../../lib';
import { serversDashboard } from '../../lib/monitoring/dashboard';
import { matchers } from '../../lib/testing';
import { envOf, own, platform, ranker, specOf } from '../serving/fixtures';
import { containerOf, fileOf, monitored, podOf, yamlOf } from './fixtures';

expect.extend(matchers);

const NAME = 'monitoring-grafana';
const ADMIN = { grafana: { adminPassword: { name: 'grafana', key: 'password' } } } as const;

interface Dashboard {
  panels: { title: string }[];
}

const titles = (props: Partial<PlatformProps>, runtime = own()) => {
  const shop = platform(props);
  ranker({ runtime, gpu: { count: 1, type: 'nvidia-l4' } }, shop);
  const dashboard: Dashboard = JSON.parse(fileOf(monitored({}, shop), `${NAME}-dashboards`, 'servers.json'));
  return dashboard.panels.map(({ title }) => title);
};

test('the data source is the Prometheus beside it, under an id that stays', () => {
  expect(yamlOf(monitored(), `${NAME}-provisioning`, 'datasource.yaml')).toEqual({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: 'prometheus',
        type: 'prometheus',
        access: 'proxy',
        url: 'http://monitoring-prometheus:9090',
        isDefault: true,
        editable: false,
        jsonData: { timeInterval: '15s', httpMethod: 'POST' },
      },
    ],
  });
});

test('dashboards come from files, which nobody deletes or changes in the browser', () => {
  expect(yamlOf(monitored(), `${NAME}-provisioning`, 'dashboards.yaml')).toEqual({
    apiVersion: 1,
    providers: [
      {
        name: 'recstack',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path: '/etc/grafana-dashboards' },
      },
    ],
  });
});

test('every file is where Grafana looks for it', () => {
  const manifests = monitored();
  expect(podOf(manifests, NAME).volumes).toEqual([
    { name: 'data', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
    {
      name: 'provisioning',
      configMap: {
        name: `${NAME}-provisioning`,
        items: [
          { key: 'datasource.yaml', path: 'datasources/datasource.yaml' },
          { key: 'dashboards.yaml', path: 'dashboards/dashboards.yaml' },
        ],
      },
    },
    { name: 'dashboards', configMap: { name: `${NAME}-dashboards` } },
  ]);
  expect(containerOf(manifests, NAME).volumeMounts).toEqual([
    { name: 'data', mountPath: '/var/lib/grafana' },
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'provisioning', mountPath: '/etc/grafana/provisioning', readOnly: true },
    { name: 'dashboards', mountPath: '/etc/grafana-dashboards', readOnly: true },
  ]);
});

test('the dashboard is that of the servers, also of those that are added later', () => {
  const shop = platform();
  const manifests = monitored({}, shop);
  const text = fileOf(manifests, `${NAME}-dashboards`, 'servers.json');
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(serversDashboard('shop', [], { hasDcgm: false }))));
  expect(titles({})).toEqual(['ranker', 'CPU', 'Memory']);
});

test('GPUs are drawn where dcgm-exporter runs', () => {
  expect(titles({ cluster: { kubernetes: '1.33', addons: ['dcgm-exporter'] } })).toContain('GPU');
});

/** The settings that tell nobody outside what runs here, and fetch nothing. */
const QUIET = {
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_USERS_ALLOW_SIGN_UP: 'false',
};

test('without a password whoever reaches it may look, and admin:admin does not exist', () => {
  expect(envOf(containerOf(monitored(), NAME))).toEqual({
    ...QUIET,
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
    GF_AUTH_DISABLE_LOGIN_FORM: 'true',
    GF_AUTH_BASIC_ENABLED: 'false',
    GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
  });
});

test('with a password nobody looks without logging in', () => {
  const manifests = monitored(ADMIN);
  expect(envOf(containerOf(manifests, NAME))).toEqual({
    ...QUIET,
    GF_SECURITY_ADMIN_USER: 'admin',
    GF_SECURITY_ADMIN_PASSWORD__FILE: '/etc/grafana-admin/password',
  });
});

test('the password is read from a file of the Secret, and is in no object', () => {
  const manifests = monitored(ADMIN);
  expect(podOf(manifests, NAME).volumes).toContainEqual({ name: 'admin', secret: { secretName: 'grafana' } });
  expect(containerOf(manifests, NAME).volumeMounts).toContainEqual({
    name: 'admin',
    mountPath: '/etc/grafana-admin',
    readOnly: true,
  });
  expect(manifests.ofKind('Secret')).toEqual([]);
});

test('it reaches Prometheus, and nothing else', () => {
  const { egress } = specOf<{ egress: unknown }>(monitored(), 'NetworkPolicy', NAME);
  expect(egress).toEqual([
    {
      to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } }],
      ports: [{ protocol: 'TCP', port: 9090 }],
    },
  ]);
});

test('it starts anew when its provisioning changes; dashboards it reads again by itself', () => {
  const checksum = (shop = platform()) =>
    specOf<{ template: { metadata: { annotations: object } } }>(monitored({}, shop), 'StatefulSet', NAME).template
      .metadata.annotations;
  const more = platform();
  ranker({}, more);
  expect(checksum()).toEqual({ 'checksum/config': expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(checksum(more)).toEqual(checksum());
});

test('it talks to no Kubernetes API, and runs the image that is given', () => {
  const image = 'registry.example.com/mirror/grafana:12.4.10';
  expect(podOf(monitored(), NAME).automountServiceAccountToken).toBe(false);
  expect(containerOf(monitored({ grafana: { image } }), NAME).image).toBe(image);
  expect(containerOf(monitored(), NAME)).toMatchObject({
    image: expect.stringMatching(/^grafana\/grafana:[\d.]+$/),
    ports: [{ name: 'http', containerPort: 3000 }],
  });
});
