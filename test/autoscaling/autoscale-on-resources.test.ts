import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import fc from 'fast-check';
import type { HorizontalPodAutoscalerSpec } from 'kubernetes-types/autoscaling/v2';
import { type AutoscaleOnResourcesProps, autoscaleOnResources, BEHAVIORS, transform } from '../../lib';
import { matchers } from '../../lib/testing';
import { objectsOf, platform, problemsOf, ranker, specOf } from '../serving/fixtures';

fc.configureGlobal({ seed: 42 });
expect.extend(matchers);

/** A ranker that is scaled, and all objects around it. */
function scaled(props: Partial<AutoscaleOnResourcesProps> = {}, shop = platform()) {
  const server = ranker({}, shop);
  server.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%', ...props }));
  return objectsOf(server);
}

function hpa(props: Partial<AutoscaleOnResourcesProps> = {}, shop = platform()) {
  return specOf<Required<HorizontalPodAutoscalerSpec>>(scaled(props, shop), 'HorizontalPodAutoscaler', 'ranker');
}

/** What is said against props; of those that do not compile, too. */
const refused = (props: object) =>
  problemsOf(() => autoscaleOnResources({ replicas: [3, 40], cpu: '60%', ...props } as AutoscaleOnResourcesProps));

const NEWER = { cluster: { kubernetes: '1.35', addons: ['metrics-server'] } } as const;

test('a server is scaled between its bounds on the CPU that it sets aside', () => {
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
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      behavior: BEHAVIORS.responsive,
    },
  });
});

test('the policy tells the fewest replicas, on which a server decides whether it can do without one', () => {
  expect(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }).fewest).toBe(3);
});

test('memory is looked at where it is asked for, alone or beside CPU', () => {
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } },
  };
  expect(hpa({ cpu: undefined, memory: '80%' }).metrics).toEqual([memory]);
  expect(hpa({ memory: '80%' }).metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    memory,
  ]);
});

test('the container sets aside what utilization is a share of', () => {
  const manifests = scaled({ memory: '80%' });
  expect(manifests).toHaveObject('Deployment', 'ranker', {
    spec: { template: { spec: { containers: [{ resources: { requests: { cpu: '2', memory: '26112Mi' } } }] } } },
  });
});

test.each([
  ['100%', 100],
  ['66.4%', 66],
  ['66.5%', 67],
  ['0.1%', 1],
] as const)('an aim of %s is one of %d whole percent, which Kubernetes takes', (cpu, percent) => {
  expect(hpa({ cpu }).metrics[0]?.resource?.target.averageUtilization).toBe(percent);
});

test('whatever the aim, it is a whole percentage from 1 to 100', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 100, noNaN: true }), (percent) => {
      const cpu = `${Number(percent.toFixed(3))}%` as const;
      const aim = hpa({ cpu }).metrics[0]?.resource?.target.averageUtilization ?? 0;
      return Number.isInteger(aim) && aim >= 1 && aim <= 100 && Math.abs(aim - percent) <= 1;
    }),
    { numRuns: 20 },
  );
});

test('replicas come and go as the behavior says', () => {
  expect(hpa({ behavior: 'steady' }).behavior).toEqual(BEHAVIORS.steady);
  expect(hpa({ behavior: 'responsive' }).behavior).toEqual(BEHAVIORS.responsive);
});

test.each([
  ['5%', '50m'],
  ['12.5%', '125m'],
  ['1%', '10m'],
] as const)('a tolerance of %s goes both ways, as the quantity %s', (tolerance, quantity) => {
  const { scaleUp, scaleDown } = hpa({ tolerance }, platform(NEWER)).behavior;
  expect(scaleUp).toEqual({ ...BEHAVIORS.responsive.scaleUp, tolerance: quantity });
  expect(scaleDown).toEqual({ ...BEHAVIORS.responsive.scaleDown, tolerance: quantity });
});

test("without a tolerance the cluster's own holds, and the field is left out", () => {
  expect(JSON.stringify(hpa({}, platform(NEWER)))).not.toContain('tolerance');
});

test.each(['1.33', '1.34', '1.34.9'])(
  'on Kubernetes %s a tolerance is refused: it would be dropped in silence',
  (kubernetes) => {
    const shop = platform({ cluster: { kubernetes, addons: ['metrics-server'] } });
    expect(problemsOf(() => scaled({ tolerance: '5%' }, shop))).toEqual([
      `[shop/ranker/autoscaler] tolerance must run on Kubernetes 1.35 or newer, got ${kubernetes}: leave it out`,
    ]);
  },
);

test('without metrics-server nothing would ever scale: refused', () => {
  expect(problemsOf(() => scaled({}, platform({ cluster: { kubernetes: '1.33' } })))).toEqual([
    '[shop/ranker/autoscaler] must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons',
  ]);
});

test('what is missing of the cluster is said at once', () => {
  expect(problemsOf(() => scaled({ tolerance: '5%' }, platform({ cluster: { kubernetes: '1.33' } })))).toHaveLength(2);
});

test.each(['k3s', 'gke', 'aks', 'ack'] as const)('%s brings metrics-server', (distribution) => {
  expect(problemsOf(() => scaled({}, platform({ cluster: { kubernetes: '1.33', distribution } })))).toEqual([]);
});

test('beside an autoscaler a server states no replicas: every apply would set them back', () => {
  expect(scaled().get('Deployment', 'ranker').spec).not.toHaveProperty('replicas');
  expect(objectsOf(ranker({ replicas: 5 }))).toHaveObject('Deployment', 'ranker', { spec: { replicas: 5 } });
});

test('two autoscalers of one server are refused, the second by autoscale() or by the policy itself', () => {
  const server = ranker();
  const policy = autoscaleOnResources({ replicas: [3, 40], cpu: '60%' });
  server.autoscale(policy);
  expect(problemsOf(() => server.autoscale(policy))).toEqual([
    '[shop/ranker] autoscale must be called once: two autoscalers would fight over the replicas',
  ]);
  expect(problemsOf(() => policy.attachTo(server))).toEqual([
    '[shop/ranker] must have one autoscaler, but has one already: two would fight over the replicas',
  ]);
  expect(objectsOf(server).ofKind('HorizontalPodAutoscaler')).toHaveLength(1);
});

test('one policy may scale several servers, each by an autoscaler of its own', () => {
  const shop = platform();
  const policy = autoscaleOnResources({ replicas: [3, 40], cpu: '60%' });
  policy.attachTo(new kplus.Deployment(shop, 'gateway', { containers: [{ image: 'envoy:1.34.1' }] }));
  ranker({}, shop).autoscale(policy);
  expect(
    objectsOf(shop)
      .ofKind('HorizontalPodAutoscaler')
      .map(({ metadata }) => metadata.name),
  ).toEqual(['gateway', 'ranker']);
});

const deployment = (scope: Chart = platform()) =>
  new kplus.Deployment(scope, 'gateway', { replicas: 5, containers: [{ image: 'envoy:1.34.1' }] });

test('a Deployment of cdk8s-plus is scaled like a server, and states no replicas either', () => {
  const gateway = deployment();
  autoscaleOnResources({ replicas: [2, 10], cpu: '70%' }).attachTo(gateway);
  const manifests = objectsOf(gateway);
  expect(manifests).toHaveObject('HorizontalPodAutoscaler', 'gateway', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gateway' },
      minReplicas: 2,
      maxReplicas: 10,
    },
  });
  expect(manifests.get('Deployment', 'gateway').spec).not.toHaveProperty('replicas');
});

test('a StatefulSet of cdk8s-plus is scaled as one', () => {
  const shop = platform();
  const store = new kplus.StatefulSet(shop, 'store', {
    containers: [{ image: 'redis:7.4.1' }],
    service: new kplus.Service(shop, 'store-service', { ports: [{ port: 6379 }] }),
  });
  autoscaleOnResources({ replicas: [2, 10], cpu: '70%' }).attachTo(store);
  const manifests = objectsOf(shop);
  expect(manifests).toHaveObject('HorizontalPodAutoscaler', 'store', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'store' } },
  });
  expect(manifests.get('StatefulSet', 'store').spec).not.toHaveProperty('replicas');
});

test("a workload that cdk8s-plus' own autoscaler scales is not given another", () => {
  const shop = platform();
  const gateway = deployment(shop);
  new kplus.HorizontalPodAutoscaler(shop, 'own', { target: gateway, maxReplicas: 10 });
  expect(problemsOf(() => autoscaleOnResources({ replicas: [2, 10], cpu: '70%' }).attachTo(gateway))).toEqual([
    '[shop/gateway] must have one autoscaler, but has one already: two would fight over the replicas',
  ]);
});

test('outside of a platform nobody knows the cluster: refused, and the workload stays as it was', () => {
  const gateway = deployment(new Chart(new App(), 'plain'));
  expect(problemsOf(() => autoscaleOnResources({ replicas: [2, 10], cpu: '70%' }).attachTo(gateway))).toEqual([
    '[plain/gateway] must be inside a Platform: make one and pass it as the scope',
  ]);
  expect(gateway.hasAutoscaler).toBe(false);
});

test('a user reaches the autoscaler and has the last word', () => {
  const server = ranker();
  server.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
  transform(server.node.findChild('autoscaler'), { spec: { maxReplicas: 60 } });
  expect(objectsOf(server)).toHaveObject('HorizontalPodAutoscaler', 'ranker', { spec: { maxReplicas: 60 } });
});

test.each<[what: string, props: object, problem: string]>([
  [
    'a minimum above the maximum',
    { replicas: [41, 40] },
    'replicas must not have its minimum above its maximum, got [41,40]',
  ],
  ['one number', { replicas: 3 }, 'replicas must be [fewest, most] replicas, got 3: like [3, 40]'],
  ['three numbers', { replicas: [1, 2, 3] }, 'replicas must be [fewest, most] replicas, got [1,2,3]: like [3, 40]'],
  ['no numbers', { replicas: undefined }, 'replicas must be [fewest, most] replicas, but is missing: like [3, 40]'],
  [
    'none at least',
    { replicas: [0, 40] },
    'replicas[0] must be a whole number of replicas, 1 or more, got 0: scaling to none needs KEDA',
  ],
  [
    'half a replica',
    { replicas: [1, 2.5] },
    'replicas[1] must be a whole number of replicas, 1 or more, got 2.5: scaling to none needs KEDA',
  ],
  ['no aim', { cpu: undefined }, "must aim for cpu, memory or both, but has neither: cpu: '60%' is a start"],
  ['an aim of nothing', { cpu: '0%' }, "cpu must be a percentage above 0% and up to 100%, like '99.9%', got '0%'"],
  ['an aim above all', { cpu: '101%' }, "cpu must be a percentage above 0% and up to 100%, like '99.9%', got '101%'"],
  ['a number as an aim', { cpu: 60 }, "cpu must be a percentage above 0% and up to 100%, like '99.9%', got 60"],
  [
    'a tolerance without a unit',
    { tolerance: '5' },
    "tolerance must be a percentage above 0% and up to 100%, like '99.9%', got '5'",
  ],
  [
    'a behavior that is nearly right',
    { behavior: 'stedy' },
    "behavior must be one of responsive, steady, got 'stedy': did you mean 'steady'?",
  ],
  [
    'a prop that is nearly right',
    { replica: [1, 2] },
    "replica is not known: did you mean 'replicas'? (known: replicas, cpu, memory, behavior, tolerance, perReplica)",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[autoscaleOnResources] ${problem}`]);
});

test('bounds that are equal are fine: a fixed number that an autoscaler keeps', () => {
  expect(refused({ replicas: [3, 3] })).toEqual([]);
});
