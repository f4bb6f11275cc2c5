import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { type AutoscaleOnDemandProps, autoscaleOnDemand, BEHAVIORS, Slo } from '../../lib';
import { derivationsOf } from '../../lib/core/derivation';
import { scaledBelow } from '../../lib/core/scaled';
import { matchers } from '../../lib/testing';
import { objectsOf, own, platform, problemsOf, ranker } from '../serving/fixtures';
import { funnel } from '../serving/funnel/fixtures';
import { hpaOf, monitored, requestsQuery, scaled } from './fixtures';

expect.extend(matchers);

test('without KEDA a server is scaled by the HPA on what each replica gets of its requests', () => {
  expect(scaled().get('HorizontalPodAutoscaler', 'ranker')).toEqual({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
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
      minReplicas: 3,
      maxReplicas: 40,
      metrics: [
        {
          type: 'External',
          external: {
            metric: { name: 'shop-ranker-requests' },
            target: { type: 'AverageValue', averageValue: '180' },
          },
        },
      ],
      behavior: BEHAVIORS.responsive,
    },
  });
});

test('several aims are several metrics, of which the HPA takes the one that asks for most replicas', () => {
  const gpu = { gpu: { count: 2, type: 'nvidia-l4' } } as const;
  const { metrics } = hpaOf(scaled({ queue: 4, gpu: '70%', cpu: '60%', memory: '80%' }, monitored(), gpu));
  const external = (name: string, averageValue: string) => ({
    type: 'External',
    external: { metric: { name }, target: { type: 'AverageValue', averageValue } },
  });
  const resource = (name: string, averageUtilization: number) => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  });
  expect(metrics).toEqual([
    external('shop-ranker-requests', '180'),
    external('shop-ranker-queue', '4'),
    external('shop-ranker-gpu', '700m'),
    resource('cpu', 60),
    resource('memory', 80),
  ]);
});

test.each([
  [12.5, '12500m'],
  [0.25, '250m'],
  [0.001, '1m'],
  [80, '80'],
  [1000, '1k'],
  [2500, '2500'],
  [3_000_000, '3M'],
])('%d requests per replica are the quantity %s, as the API server writes it', (requests, quantity) => {
  expect(hpaOf(scaled({ requests })).metrics[0]?.external?.target.averageValue).toBe(quantity);
});

test('behaviour and tolerance go out as they are said, the tolerance in each direction', () => {
  const { behavior } = hpaOf(scaled({ behavior: 'steady', tolerance: { up: '2%' } }));
  expect(behavior).toEqual({
    scaleUp: { ...BEHAVIORS.steady.scaleUp, tolerance: '20m' },
    scaleDown: BEHAVIORS.steady.scaleDown,
  });
});

test('what reads no metric of the server needs neither Prometheus nor an adapter', () => {
  const shop = platform();
  const manifests = scaled({ requests: undefined, cpu: '60%' }, shop);
  expect(hpaOf(manifests).metrics).toHaveLength(1);
  expect(manifests.ofKind('APIService')).toEqual([]);
});

test('without a Prometheus the metrics would come from nowhere: refused, with what to do', () => {
  const shop = platform({ cluster: { kubernetes: '1.35' } });
  expect(problemsOf(() => scaled({}, shop))).toEqual([
    "[shop/ranker/autoscaler] must have a Prometheus to read its metrics from, but the platform has none: add new Monitoring(platform, 'monitoring') or give the policy the address of yours as prometheus",
  ]);
});

test('CPU without metrics-server, and a tolerance on an old Kubernetes, are refused together', () => {
  const shop = monitored([], { cluster: { kubernetes: '1.34' } });
  expect(problemsOf(() => scaled({ cpu: '60%', tolerance: '5%' }, shop))).toEqual([
    '[shop/ranker/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons',
    '[shop/ranker/autoscaler] tolerance must run on Kubernetes 1.35 or newer, got 1.34: leave it out',
  ]);
});

test('aims that the runtime knows nothing of are refused with its reason, all at once, and the server stays as it was', () => {
  const server = ranker({ runtime: own() }, monitored());
  const policy = autoscaleOnDemand({ replicas: [3, 40], requests: 180, queue: 4 });
  expect(problemsOf(() => server.autoscale(policy))).toEqual([
    "[shop/ranker] requests must be left out: query must be for what container exposes, got 'requests': it was not told of any metrics",
    "[shop/ranker] queue must be left out: query must be for what container exposes, got 'queued': it was not told of any metrics",
  ]);
  expect(server.hasAutoscaler).toBe(false);
});

test('a Deployment of cdk8s-plus tells nothing of its requests, and is scaled on CPU', () => {
  const shop = monitored();
  const gateway = new kplus.Deployment(shop, 'gateway', { containers: [{ image: 'envoy:1.34.1' }] });
  expect(problemsOf(() => autoscaleOnDemand({ replicas: [2, 9], requests: 50 }).attachTo(gateway))).toEqual([
    '[shop/gateway] requests must be left out: what is scaled is no server of recstack, and nobody knows its metrics; take cpu',
  ]);
  autoscaleOnDemand({ replicas: [2, 9], cpu: '60%' }).attachTo(gateway);
  expect(objectsOf(shop)).toHaveObject('HorizontalPodAutoscaler', 'gateway', { spec: { maxReplicas: 9 } });
});

test('a second autoscaler is refused', () => {
  const server = ranker({}, monitored());
  const policy = autoscaleOnDemand({ replicas: [3, 40], requests: 180 });
  server.autoscale(policy);
  expect(problemsOf(() => policy.attachTo(server))).toEqual([
    '[shop/ranker] must have one autoscaler, but has one already: two would fight over the replicas',
  ]);
});

test('outside of a platform nobody knows the cluster', () => {
  const chart = new Chart(new App(), 'plain');
  const gateway = new kplus.Deployment(chart, 'gateway', { containers: [{ image: 'envoy:1.34.1' }] });
  expect(problemsOf(() => autoscaleOnDemand({ replicas: [2, 9], cpu: '60%' }).attachTo(gateway))).toEqual([
    '[plain/gateway] must be inside a Platform: make one and pass it as the scope',
  ]);
});

test.each([
  ['none at least', { replicas: [0, 9], wakeUp: { within: '20m', requests: 'sum(rate(x[1m]))' } }],
  ['a fallback', { fallback: { replicas: 5 } }],
] as const)('%s is refused without KEDA', (what, props) => {
  const problems = {
    'none at least': 'replicas[0] must be 1 or more without KEDA, got 0: add keda to cluster.addons',
    'a fallback': 'fallback must be left out without KEDA: replicas stay as they are; add keda to cluster.addons',
  };
  expect(problemsOf(() => scaled(props))).toEqual([`[shop/ranker] ${problems[what]}`]);
});

const warningsOf = (props: Partial<AutoscaleOnDemandProps>, shop = monitored()) =>
  scaled(props, shop)
    .warnings.filter(({ where }) => where === 'shop/ranker/autoscaler')
    .map(({ text }) => text);

test('one replica at least is warned about: a lost zone, or the drain that the budget allows, takes it away', () => {
  expect(warningsOf({ replicas: [1, 40] })).toEqual([
    'replicas[0] is 1, which is away when its zone is lost, its node drained or its pod moved: keep 2 or more, so that the disruption budget leaves one',
  ]);
  expect(warningsOf({ replicas: [2, 40] })).toEqual([]);
  expect(warningsOf({ replicas: [1, 40] }, monitored(undefined, { production: false }))).toEqual([]);
});

test('kubernetes#115162: rules of one that let all surplus replicas go in one step are warned about', () => {
  const text =
    'behavior.down lets all surplus replicas go in one step (kubernetes#115162): limit it, such as { percent: 10, every: 1m }';
  const down = { policies: [{ percent: 100, every: '15s' }] } as const;
  expect(warningsOf({ behavior: { down } })).toEqual([text]);
  expect(warningsOf({ behavior: { down: { ...down, select: 'Disabled' } } })).toEqual([]);
  expect(warningsOf({ behavior: { down: { policies: [{ percent: 50, every: '1m' }] } } })).toEqual([]);
});

test('the plan tells how replicas follow from demand, how long the ways take, and how many GPUs there can be', () => {
  const shop = monitored();
  const server = ranker({ gpu: { count: 2, type: 'nvidia-l4' } }, shop);
  server.autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, gpu: '70%' }));
  const found = derivationsOf(shop).find(({ where }) => where === 'shop/ranker/autoscaler');
  expect(found?.derivations).toEqual([
    { what: 'replicas for requests', value: '1 per 180', formula: `${requestsQuery()} / 180, rounded up` },
    {
      what: 'replicas for gpu',
      value: '1 per 700m',
      formula: 'sum(nv_gpu_utilization{namespace="shop",job="ranker"}) / 2 / 0.7, rounded up',
    },
    { what: '3 → 40 replicas', value: '105s', formula: '100 % per 30s or 4 per 30s, whichever is more' },
    {
      what: '40 → 20 replicas',
      value: '10m',
      formula: 'once needed for 5m, 10 % per 1m or 1 per 1m, whichever is more',
    },
    { what: 'GPUs at most', value: '80', formula: '40 replicas × 2 GPU' },
  ]);
});

test('whoever replays traffic finds the server with what was measured, derived and promised', () => {
  const shop = monitored();
  const server = ranker(
    { gpu: { count: 2, type: 'nvidia-l4' }, slo: Slo.latency({ under: '50ms', objective: '99%' }) },
    shop,
  );
  const perReplica = { rps: 220, concurrency: 8, serviceTime: '30ms', variation: 0.5 } as const;
  server.autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, window: '2m', perReplica }));
  expect(scaledBelow(shop)).toEqual([
    {
      path: 'shop/ranker',
      server: {
        name: 'ranker',
        namespace: 'shop',
        perReplica: { rps: 220, concurrency: 8, serviceSeconds: 0.03, variation: 0.5 },
        readySeconds: 552,
        metricSeconds: 120,
        gpus: 2,
        slos: [{ kind: 'latency', thresholdSeconds: 0.05, objective: 0.99 }],
        canSetTolerance: true,
        objects: [server.node.findChild('autoscaler')],
        kept: {},
        triggersFor: expect.any(Function),
      },
    },
  ]);
});

test('the time until a replica is ready is the one that was measured, if it was', () => {
  const shop = monitored();
  const perReplica = { rps: 220, readyAfter: '2m' } as const;
  ranker({}, shop).autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, perReplica }));
  expect(scaledBelow(shop)[0]?.server).toMatchObject({ perReplica: { rps: 220 }, readySeconds: 120 });
});

test("a funnel's API is scaled on its requests, by the convention of its metrics", () => {
  const shop = monitored();
  const home = funnel({}, shop);
  expect(problemsOf(() => home.autoscale(autoscaleOnDemand({ replicas: [3, 40], concurrency: 8 })))).toEqual([
    "[shop/home] concurrency must be left out: query must be for what a funnel's API exposes, got 'running': it was not told of one",
  ]);
  home.autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 50 }));
  expect(scaledBelow(shop)[0]?.server).toMatchObject({
    name: 'home',
    readySeconds: 90,
    gpus: 0,
    slos: [{ kind: 'latency', thresholdSeconds: 0.15 }, { kind: 'availability' }],
  });
  expect(objectsOf(shop).get('ConfigMap', 'metrics-adapter')).toMatchObject({
    data: {
      'config.yaml': expect.stringContaining(
        'metricsQuery: sum(rate(recstack_funnel_request_duration_seconds_count{namespace="shop",job="home"}[1m]))',
      ),
    },
  });
});
