import { type AutoscaleOnDemandProps, autoscaleOnDemand, BEHAVIORS } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { objectsOf, platform, problemsOf, ranker } from '../serving/fixtures';
import { requestsQuery, scaled, scaledObjectOf, withKeda } from './fixtures';

const PROMETHEUS = 'http://monitoring-prometheus.shop.svc:9090';

test('with KEDA a server is scaled by a ScaledObject, which asks Prometheus itself', () => {
  const manifests = scaled({}, withKeda());
  expect(manifests.get('ScaledObject', 'ranker')).toEqual({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: {
      name: 'ranker',
      namespace: 'shop',
      labels: {
        'app.kubernetes.io/name': 'ranker',
        'app.kubernetes.io/component': 'model-server',
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/managed-by': 'recstack',
      },
    },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' },
      minReplicaCount: 3,
      maxReplicaCount: 40,
      fallback: { failureThreshold: 3, replicas: 3, behavior: 'currentReplicasIfHigher' },
      advanced: { horizontalPodAutoscalerConfig: { behavior: BEHAVIORS.responsive } },
      triggers: [
        {
          type: 'prometheus',
          name: 'requests',
          metadata: {
            serverAddress: PROMETHEUS,
            query: requestsQuery(),
            threshold: '180',
            ignoreNullValues: 'false',
          },
        },
      ],
    },
  });
  expect(manifests.get('Deployment', 'ranker').spec).not.toHaveProperty('replicas');
});

test('KEDA serves the metrics itself: two that serve one API would fight, so that no adapter and no other HPA is there', () => {
  const manifests = scaled({}, withKeda());
  expect(manifests.ofKind('APIService')).toEqual([]);
  expect(manifests.ofKind('HorizontalPodAutoscaler')).toEqual([]);
});

test('several aims are several triggers, CPU and memory as utilization', () => {
  const { triggers } = scaledObjectOf(scaled({ requests: undefined, queue: 4, cpu: '60%', memory: '80%' }, withKeda()));
  expect(triggers).toEqual([
    {
      type: 'prometheus',
      name: 'queue',
      metadata: {
        serverAddress: PROMETHEUS,
        query: 'sum(nv_inference_pending_request_count{namespace="shop",job="ranker"})',
        threshold: '4',
        ignoreNullValues: 'false',
      },
    },
    { type: 'cpu', name: 'cpu', metricType: 'Utilization', metadata: { value: '60' } },
    { type: 'memory', name: 'memory', metricType: 'Utilization', metadata: { value: '80' } },
  ]);
});

test('CPU and memory alone need nothing of KEDA: they are left to the HPA', () => {
  const manifests = scaled({ requests: undefined, cpu: '60%' }, withKeda());
  expect(manifests.ofKind('ScaledObject')).toEqual([]);
  expect(manifests.ofKind('HorizontalPodAutoscaler')).toHaveLength(1);
});

test("KEDA's default of 0 for the minimum is never relied on", () => {
  expect(scaledObjectOf(scaled({ replicas: [1, 40] }, withKeda())).minReplicaCount).toBe(1);
});

test('keda#4249, keda#6659: a metric that fails holds the replicas that there are, and asks for the minimum at least', () => {
  expect(scaledObjectOf(scaled({ replicas: [5, 40] }, withKeda())).fallback).toEqual({
    failureThreshold: 3,
    replicas: 5,
    behavior: 'currentReplicasIfHigher',
  });
  expect(scaledObjectOf(scaled({ fallback: { replicas: 12 } }, withKeda())).fallback?.replicas).toBe(12);
});

test('keda#6844: above none, a cooldown or a polling interval would only look as if it meant something', () => {
  const spec = scaledObjectOf(scaled({}, withKeda()));
  expect(spec).not.toHaveProperty('cooldownPeriod');
  expect(spec).not.toHaveProperty('pollingInterval');
});

const ARRIVALS = 'sum(rate(traefik_service_requests_total{service=~"shop-ranker-.*"}[1m])) or vector(0)';
const toNone = {
  replicas: [0, 40],
  wakeUp: { within: '10m', requests: ARRIVALS },
} as const satisfies Partial<AutoscaleOnDemandProps>;

test('without replicas requests are counted where they arrive, and what replicas tell of themselves is none', () => {
  const spec = scaledObjectOf(scaled({ ...toNone, queue: 4 }, withKeda()));
  expect(spec).toMatchObject({
    minReplicaCount: 0,
    pollingInterval: 15,
    cooldownPeriod: 300,
    fallback: { replicas: 1, behavior: 'currentReplicasIfHigher' },
  });
  expect(spec.triggers.map(({ name, metadata }) => [name, metadata.query, metadata.ignoreNullValues])).toEqual([
    ['requests', ARRIVALS, 'false'],
    ['queue', 'sum(nv_inference_pending_request_count{namespace="shop",job="ranker"})', 'true'],
  ]);
});

test('the last replica goes after the idle time that is given', () => {
  const wakeUp = { ...toNone.wakeUp, idle: '20m' } as const;
  expect(scaledObjectOf(scaled({ ...toNone, wakeUp }, withKeda())).cooldownPeriod).toBe(1200);
});

test('a wake-up must have the time that it takes: scrape, look and start', () => {
  const wakeUp = { ...toNone.wakeUp, within: '9m' } as const;
  expect(problemsOf(() => scaled({ ...toNone, wakeUp }, withKeda()))).toEqual([
    "[shop/ranker] wakeUp.within must be '582s' or longer, got '9m': 15s to the next scrape, 15s to KEDA's next look and 552s until a replica is ready; keep 1 replica, or state what was measured as perReplica.readyAfter",
  ]);
  const perReplica = { rps: 220, readyAfter: '90s' } as const;
  const quick = { ...toNone, wakeUp: { ...wakeUp, within: '2m' }, perReplica } as const;
  expect(problemsOf(() => scaled(quick, withKeda()))).toEqual([]);
});

test('the plan tells how long a wake-up takes', () => {
  const shop = withKeda();
  ranker({}, shop).autoscale(autoscaleOnDemand({ ...toNone, requests: 180 }));
  const found = derivationsOf(shop).find(({ where }) => where === 'shop/ranker/autoscaler');
  expect(found?.derivations.find(({ what }) => what === 'wake-up')).toEqual({
    what: 'wake-up',
    value: '582s',
    formula: '15s scrape + 15s poll + 552s until ready ≤ 10m; no objective holds in it',
  });
});

test("KEDA's operator, and nobody else from outside, may ask the platform's Prometheus, once for all servers", () => {
  const shop = withKeda();
  const policy = autoscaleOnDemand({ replicas: [3, 40], requests: 180 });
  ranker({}, shop).autoscale(policy);
  ranker({}, shop, 'other').autoscale(policy);
  expect(objectsOf(shop).get('NetworkPolicy', 'keda-access').spec).toEqual({
    podSelector: {
      matchLabels: { 'app.kubernetes.io/name': 'monitoring-prometheus', 'app.kubernetes.io/part-of': 'shop' },
    },
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'keda-operator' } } }],
        ports: [{ protocol: 'TCP', port: 9090 }],
      },
    ],
  });
});

test('a Prometheus of your own is asked where it is, and its doors are yours', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', addons: ['keda'] } });
  const manifests = scaled({ prometheus: 'http://prometheus.monitoring.svc:9090' }, shop);
  expect(scaledObjectOf(manifests).triggers[0]?.metadata.serverAddress).toBe('http://prometheus.monitoring.svc:9090');
  expect(manifests.find('NetworkPolicy', 'keda-access')).toBeUndefined();
});
