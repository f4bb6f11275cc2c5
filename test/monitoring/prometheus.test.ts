import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { ModelServer, Monitoring, type PlatformProps, Slo, triton } from '../../lib';
import { alertRules } from '../../lib/monitoring/alerts';
import { matchers } from '../../lib/testing';
import { model, objectsOf, own, platform, problemsOf, ranker, specOf } from '../serving/fixtures';
import { containerOf, monitored, podOf, yamlOf } from './fixtures';

expect.extend(matchers);

const NAME = 'monitoring-prometheus';
const DCGM: Partial<PlatformProps> = { cluster: { kubernetes: '1.33', addons: ['dcgm-exporter'] } };

interface Config {
  scrape_configs: { job_name: string }[];
  alerting: object;
  storage: object;
}
const jobs = (manifests: ReturnType<typeof monitored>) =>
  yamlOf<Config>(manifests, NAME, 'prometheus.yaml').scrape_configs.map(({ job_name }) => job_name);

test('a server that is added after monitoring is watched as well', () => {
  const shop = platform();
  new Monitoring(shop, 'monitoring');
  ranker({}, shop);
  expect(jobs(objectsOf(shop))).toContain('ranker');
});

test('the rules are those of the servers of the platform', () => {
  const shop = platform();
  ranker({ slo: Slo.latency({ under: '50ms', objective: '99%' }) }, shop);
  const rules = yamlOf<ReturnType<typeof alertRules>>(monitored({}, shop), NAME, 'rules.yaml');
  expect(rules.groups[0]?.rules.map(({ alert }) => alert)).toEqual([
    ...['Watchdog', 'ModelServerDown', 'ModelServerMemoryNearLimit', 'ModelServerErrors', 'ModelServerSlow'],
  ]);
  expect(rules.groups[0]?.rules[0]).toEqual(alertRules('shop', []).groups[0]?.rules[0]);
});

test('a server that exposes nothing is not scraped', () => {
  const shop = platform();
  ranker({ runtime: own() }, shop);
  expect(jobs(monitored({}, shop))).toEqual(['kubelet', 'kube-state-metrics', 'prometheus', 'alertmanager']);
});

test.each(['kubelet', 'kube-state-metrics', 'prometheus', 'alertmanager', 'dcgm-exporter'])(
  'a server called %s would make two jobs of one name, which Prometheus refuses: refused before',
  (name) => {
    const shop = platform();
    new ModelServer(shop, name, { model: model(), runtime: triton({ version: '25.08' }) });
    expect(problemsOf(() => monitored({}, shop))).toEqual([
      `[shop/monitoring/prometheus] must not watch a server called '${name}', as a job of its own is: give the server another id`,
    ]);
  },
);

test('it has 15 minutes to replay its log and 5 to write it out; the others end as any pod does', () => {
  const manifests = monitored();
  expect(containerOf(manifests, NAME).startupProbe).toMatchObject({ periodSeconds: 5, failureThreshold: 180 });
  expect(podOf(manifests, NAME).terminationGracePeriodSeconds).toBe(300);
  expect(podOf(manifests, 'monitoring-alertmanager')).not.toHaveProperty('terminationGracePeriodSeconds');
});

test('retention, storage, resources and image are as given', () => {
  const image = 'registry.example.com/mirror/prometheus:v3.14.0';
  const manifests = monitored({
    prometheus: { retention: '30d', storage: '200Gi', resources: { cpu: '2', memory: '8Gi' }, image },
  });
  expect(yamlOf<Config>(manifests, NAME, 'prometheus.yaml').storage).toEqual({
    tsdb: { retention: { time: '30d', size: '184320MB' } },
  });
  expect(containerOf(manifests, NAME)).toMatchObject({
    image,
    resources: { requests: { cpu: '2', memory: '8Gi' }, limits: { memory: '8Gi' } },
  });
  expect(manifests).toHaveObject('StatefulSet', NAME, {
    spec: { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '200Gi' } } } }] },
  });
});

test('it keeps 50 GiB for 15 days unless told otherwise', () => {
  expect(yamlOf<Config>(monitored(), NAME, 'prometheus.yaml').storage).toEqual({
    tsdb: { retention: { time: '15d', size: '46080MB' } },
  });
});

test('its alerts go to the Alertmanager beside it', () => {
  const manifests = monitored();
  expect(yamlOf<Config>(manifests, NAME, 'prometheus.yaml').alerting).toEqual({
    alertmanagers: [{ static_configs: [{ targets: ['monitoring-alertmanager:9093'] }] }],
  });
  expect(manifests).toHaveObject('Service', 'monitoring-alertmanager', { spec: { ports: [{ port: 9093 }] } });
});

test('it reads a changed configuration by itself: a restart for each new server would leave gaps', () => {
  const manifests = monitored();
  expect(containerOf(manifests, NAME)).toMatchObject({
    args: ['--config.file=/etc/prometheus/prometheus.yaml', '--config.auto-reload', '--storage.tsdb.path=/prometheus'],
    ports: [{ name: 'http', containerPort: 9090 }],
    volumeMounts: [
      { name: 'data', mountPath: '/prometheus' },
      { name: 'config', mountPath: '/etc/prometheus', readOnly: true },
    ],
  });
  expect(podOf(manifests, NAME).volumes).toEqual([{ name: 'config', configMap: { name: NAME } }]);
  expect(JSON.stringify(manifests.get('StatefulSet', NAME).spec)).not.toContain('checksum');
});

test('it talks to the Kubernetes API as itself', () => {
  expect(podOf(monitored(), NAME)).toMatchObject({ serviceAccountName: NAME, automountServiceAccountToken: true });
});

const READ = ['get', 'list', 'watch'];
const core = (resource: string, verbs = READ) => ({ apiGroups: [''], resources: [resource], verbs });
const rulesOf = (kind: string, name: string, props: Partial<PlatformProps> = {}) =>
  monitored({}, platform(props)).get(kind, name).rules as PolicyRule[];

test('it may see the pods of its namespace, the nodes and their metrics, and nothing else', () => {
  expect(rulesOf('Role', NAME)).toEqual([core('pods')]);
  expect(rulesOf('ClusterRole', 'shop-monitoring-prometheus')).toEqual([core('nodes'), core('nodes/metrics', ['get'])]);
});

test('where dcgm-exporter runs, it may see pods everywhere, because that one lives in a namespace of its own', () => {
  expect(rulesOf('ClusterRole', 'shop-monitoring-prometheus', DCGM)).toContainEqual(core('pods'));
});

test('the roles are bound to its own account; what belongs to the whole cluster has no namespace, and has it in its name', () => {
  const manifests = monitored({}, platform({ namespace: 'shop-eu' }));
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: 'shop-eu' }];
  const cluster = 'shop-eu-monitoring-prometheus';
  expect(manifests).toHaveObject('RoleBinding', NAME, {
    metadata: { namespace: 'shop-eu' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME },
    subjects,
  });
  expect(manifests).toHaveObject('ClusterRoleBinding', cluster, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: cluster },
    subjects,
  });
  for (const kind of ['ClusterRole', 'ClusterRoleBinding']) {
    expect(manifests.get(kind, cluster).metadata).not.toHaveProperty('namespace');
  }
  expect(manifests).toHaveObject('ServiceAccount', NAME, { metadata: { namespace: 'shop-eu' } });
});

const egressOf = (props: Partial<PlatformProps> = {}) =>
  specOf<NetworkPolicySpec>(monitored({}, platform(props)), 'NetworkPolicy', NAME).egress;

test('it reaches the pods of the platform, kubelets, and the API server on the ports that distributions give it', () => {
  expect(egressOf()).toEqual([
    { to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'shop' } } }] },
    // 8443 is minikube's.
    { ports: [443, 6443, 8443, 10250].map((port) => ({ protocol: 'TCP', port })) },
  ]);
});

test('where dcgm-exporter runs, it reaches that, in whatever namespace', () => {
  expect(egressOf(DCGM)?.[2]).toEqual({ to: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 9400 }] });
});

test("a server lets monitoring in on its metrics' port, by the label that Prometheus' pods have", () => {
  const shop = platform();
  ranker({}, shop);
  const manifests = monitored({}, shop);
  const [, scrape] = specOf<Required<NetworkPolicySpec>>(manifests, 'NetworkPolicy', 'ranker').ingress;
  const labels = specOf<{ template: { metadata: { labels: object } } }>(manifests, 'StatefulSet', NAME).template
    .metadata.labels;
  expect(labels).toMatchObject(scrape?.from?.[0]?.podSelector?.matchLabels ?? { none: 'at all' });
});
