import { App } from 'cdk8s';
import { parse } from 'yaml';
import { autoscaleOnDemand, ModelServer, Platform, tensorflowServing } from '../../lib';
import { matchers, synthesize } from '../../lib/testing';
import { model, objectsOf, platform, podOf, problemsOf, ranker } from '../serving/fixtures';
import { monitored, requestsQuery, scaled } from './fixtures';

expect.extend(matchers);

const ADAPTER = 'metrics-adapter';
const metadata = {
  name: ADAPTER,
  namespace: 'shop',
  labels: {
    'app.kubernetes.io/name': ADAPTER,
    'app.kubernetes.io/component': 'autoscaling',
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/managed-by': 'recstack',
  },
};
const selector = { 'app.kubernetes.io/name': ADAPTER, 'app.kubernetes.io/part-of': 'shop' };

const rulesIn = (manifests: ReturnType<typeof scaled>) =>
  parse((manifests.get('ConfigMap', ADAPTER) as unknown as { data: Record<string, string> }).data['config.yaml'] ?? '');

test('what the HPA asks for is served: each metric by the query of the server, under the name that the HPA knows', () => {
  const manifests = scaled({ queue: 4 });
  const common = { seriesQuery: 'up{namespace="shop",job="ranker"}', resources: { namespaced: false } };
  expect(rulesIn(manifests)).toEqual({
    externalRules: [
      { ...common, name: { as: 'shop-ranker-requests' }, metricsQuery: requestsQuery() },
      {
        ...common,
        name: { as: 'shop-ranker-queue' },
        metricsQuery: 'sum(nv_inference_pending_request_count{namespace="shop",job="ranker"})',
      },
    ],
  });
});

test('servers share one adapter, also those that are added after Monitoring', () => {
  const shop = monitored();
  const policy = autoscaleOnDemand({ replicas: [3, 40], requests: 180 });
  ranker({}, shop).autoscale(policy);
  ranker({}, shop, 'other').autoscale(policy);
  const manifests = objectsOf(shop);
  const names = rulesIn(manifests).externalRules.map(({ name }: { name: { as: string } }) => name.as);
  expect(names).toEqual(['shop-ranker-requests', 'shop-other-requests']);
  expect(manifests.ofKind('APIService')).toHaveLength(1);
});

test('requests are counted over the window that is asked for, as PromQL writes it', () => {
  expect(rulesIn(scaled({ window: '90s' })).externalRules[0].metricsQuery).toBe(requestsQuery('90s'));
  expect(rulesIn(scaled({ window: '1.5m' })).externalRules[0].metricsQuery).toBe(requestsQuery('90s'));
});

test('counters that are 0 while they are missing are no value while nobody is scraped: else a server would shrink under load', () => {
  expect(requestsQuery()).toMatch(/or vector\(0\).* and on \(\) \(sum\(up\{namespace="shop",job="ranker"\}\) > 0\)\)$/);
});

test('a single counter is missing by itself when nobody is scraped, and its query has no more in it', () => {
  const shop = monitored();
  const server = new ModelServer(shop, 'ranker', { model: model(), runtime: tensorflowServing({ version: '2.19.1' }) });
  server.autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180 }));
  expect(rulesIn(objectsOf(shop)).externalRules[0].metricsQuery).toBe(server.query('requests', { window: '1m' }));
});

test('the API server finds the adapter behind the API of external metrics', () => {
  const manifests = scaled();
  expect(manifests.get('APIService', 'v1beta1.external.metrics.k8s.io')).toEqual({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.external.metrics.k8s.io', labels: metadata.labels },
    spec: {
      group: 'external.metrics.k8s.io',
      version: 'v1beta1',
      service: { name: ADAPTER, namespace: 'shop', port: 443 },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
  expect(manifests.get('Service', ADAPTER)).toMatchObject({
    metadata,
    spec: { type: 'ClusterIP', selector, ports: [{ name: 'https', port: 443, targetPort: 'https', protocol: 'TCP' }] },
  });
});

test('two adapters answer, on two nodes, read-only and unprivileged, and start anew with other rules', () => {
  const manifests = scaled();
  const pod = podOf(manifests, ADAPTER);
  expect(pod).toMatchObject({
    serviceAccountName: ADAPTER,
    automountServiceAccountToken: true,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'adapter',
        image: 'registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0',
        args: [
          '--secure-port=6443',
          '--cert-dir=/certificate',
          '--config=/config/config.yaml',
          '--prometheus-url=http://monitoring-prometheus.shop.svc:9090',
          '--metrics-relist-interval=1m',
          '--metrics-max-age=10m',
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' } },
        livenessProbe: { httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' } },
        securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      },
    ],
  });
  const spec = (of: typeof manifests) => of.get('Deployment', ADAPTER).spec as { replicas: number; template: object };
  expect(spec(manifests).replicas).toBe(2);
  const checksum = (of: typeof manifests) => Reflect.get(spec(of).template, 'metadata').annotations['checksum/config'];
  expect(checksum(scaled({ window: '2m' }))).not.toBe(checksum(manifests));
  expect(checksum(scaled({ requests: 90 }))).toBe(checksum(manifests));
  expect(manifests.get('PodDisruptionBudget', ADAPTER).spec).toMatchObject({ maxUnavailable: 1 });
});

test('the adapter may let the API server tell who asks and whether they may, and nothing else', () => {
  const manifests = scaled();
  const subjects = [{ kind: 'ServiceAccount', name: ADAPTER, namespace: 'shop' }];
  const apiGroup = 'rbac.authorization.k8s.io';
  expect(manifests.get('ClusterRoleBinding', 'shop-metrics-adapter')).toMatchObject({
    metadata: { name: 'shop-metrics-adapter' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:auth-delegator' },
    subjects,
  });
  expect(manifests.get('RoleBinding', 'shop-metrics-adapter')).toMatchObject({
    metadata: { namespace: 'kube-system' },
    roleRef: { apiGroup, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects,
  });
  expect(
    manifests.all.filter(({ kind, metadata: { name } }) => kind.includes('Role') && name.endsWith(ADAPTER)),
  ).toHaveLength(2);
});

test('the adapter reaches Prometheus and the API server, and is reached on its port', () => {
  const tcp = (port: number) => ({ protocol: 'TCP', port });
  const api = { ports: [tcp(443), tcp(6443), tcp(8443)] };
  expect(scaled().get('NetworkPolicy', ADAPTER).spec).toEqual({
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ ports: [tcp(6443)] }],
    egress: [{ to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'shop' } } }] }, api],
  });
  const elsewhere = scaled({ prometheus: 'https://prometheus.example.com/tenant' }, platform());
  expect(elsewhere.get('NetworkPolicy', ADAPTER).spec).toMatchObject({ egress: [{ ports: [tcp(443)] }, api] });
  const inside = scaled({ prometheus: 'http://prometheus.monitoring.svc:9090' }, platform());
  expect(inside.get('NetworkPolicy', ADAPTER).spec).toMatchObject({ egress: [{ ports: [tcp(9090)] }, api] });
});

test('one adapter reads from one Prometheus: policies that name two are refused', () => {
  const shop = monitored();
  ranker({}, shop).autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180 }));
  const prometheus = 'http://prometheus.monitoring.svc:9090';
  ranker({}, shop, 'other').autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, prometheus }));
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/metrics-adapter] must read from one Prometheus, but the policies name 'http://monitoring-prometheus.shop.svc:9090' and 'http://prometheus.monitoring.svc:9090': let them share one, or use KEDA",
  ]);
});

test("a cluster's own prometheus-adapter is left alone: its rules are emitted, and what to do with them is said", () => {
  const manifests = scaled({}, monitored(['metrics-server', 'prometheus-adapter']));
  expect(manifests.all.filter(({ metadata: { name } }) => name.includes(ADAPTER)).map(({ kind }) => kind)).toEqual([
    'ConfigMap',
  ]);
  expect(manifests.ofKind('APIService')).toEqual([]);
  expect(manifests.warnings.filter(({ where }) => where === 'shop/metrics-adapter')).toEqual([
    {
      where: 'shop/metrics-adapter',
      text: "the cluster's prometheus-adapter must be given the externalRules of the ConfigMap 'metrics-adapter': nothing is scaled on demand before",
    },
  ]);
});

test('the API is one of the whole cluster: a second platform of an app that would bring it again is refused', () => {
  const app = new App();
  const cluster = { kubernetes: '1.35' } as const;
  for (const id of ['shop', 'search']) {
    const server = ranker({}, new Platform(app, id, { cluster }));
    server.autoscale(
      autoscaleOnDemand({ replicas: [3, 40], requests: 180, prometheus: 'http://prometheus.o11y.svc:9090' }),
    );
  }
  expect(problemsOf(() => synthesize(app))).toEqual([expect.stringContaining('v1beta1.external.metrics.k8s.io')]);
});
