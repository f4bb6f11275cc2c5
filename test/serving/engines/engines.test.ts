import type { PodSpec } from 'kubernetes-types/core/v1';
import { parse } from 'yaml';
import { autoscaleOnResources, container, rayServe } from '../../../lib';
import { warningsOf } from '../../../lib/platform/warnings';
import { containerOf, model, objectsOf, platform, podOf, problemsOf, ranker, specOf } from '../fixtures';

const cluster = { kubernetes: '1.33', addons: ['kserve', 'kuberay', 'metrics-server'] } as const;
const shop = () => platform({ cluster, production: false });
const runtime = rayServe({ version: '2.60.0', application: 'ranker:app' });
const gpu = { count: 1, type: 'nvidia-l4' } as const;

interface Predictor extends PodSpec {
  readonly labels: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly deploymentStrategy: object;
  readonly minReplicas?: number;
}
interface Node {
  readonly replicas?: number;
  readonly rayStartParams: Record<string, string>;
  readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Required<PodSpec> };
}
interface Ray {
  readonly upgradeStrategy: object;
  readonly serveConfigV2: string;
  readonly serveService: object;
  readonly rayClusterConfig: {
    readonly rayVersion: string;
    readonly headGroupSpec: Node;
    readonly workerGroupSpecs: readonly [Node];
  };
}
type Props = Parameters<typeof ranker>[0];

const kserve = (props: Props = {}) => objectsOf(ranker({ engine: 'kserve', ...props }, shop()));
const predictor = (props: Props = {}) =>
  specOf<{ predictor: Predictor }>(kserve(props), 'InferenceService', 'ranker').predictor;
const rayObjects = (props: Props = {}) => objectsOf(ranker({ engine: 'ray-service', runtime, ...props }, shop()));
const ray = (props: Props = {}) => specOf<Ray>(rayObjects(props), 'RayService', 'ranker');
const warnings = (props: Props) => warningsOf(ranker(props, shop())).map(({ text }) => text);

test.each([
  ['kserve', 'kserve', {}],
  ['ray-service', 'kuberay', { runtime }],
] as const)('engine %s is refused where the cluster lacks %s', (engine, addon, props) => {
  expect(problemsOf(() => ranker({ engine, ...props }))).toEqual([
    `[shop/ranker] engine must be one that the cluster has, got '${engine}', but it has no ${addon}: add it to cluster.addons, or take engine 'deployment'`,
  ]);
});

test('a RayService runs Ray Serve only', () => {
  expect(problemsOf(() => ranker({ engine: 'ray-service' }, shop()))).toEqual([
    "[shop/ranker] runtime must be rayServe(…) with engine 'ray-service', got triton: take another engine",
  ]);
});

test('KServe refuses PYTHONPATH, so that Ray Serve in one pod needs another engine', () => {
  expect(problemsOf(() => ranker({ engine: 'kserve', runtime }, shop()))).toEqual([
    "[shop/ranker] runtime must not set PYTHONPATH with engine 'kserve', which forbids it, but ray-serve does: take engine 'deployment'",
  ]);
});

test.each([
  ['kserve', { transform: { deployment: {} } }, 'transform.deployment', 'use transform.inferenceService'],
  ['deployment', { transform: { rayService: {} } }, 'transform.rayService', 'use transform.deployment'],
  [
    'ray-service',
    { runtime, transform: { inferenceService: {} } },
    'transform.inferenceService',
    'use transform.rayService',
  ],
] as const)('engine %s drops no transform that is for another', (engine, props, prop, hint) => {
  expect(problemsOf(() => ranker({ engine, ...props }, shop()))).toEqual([
    `[shop/ranker] ${prop} must be left out with engine '${engine}': ${hint}`,
  ]);
});

test.each(['inferenceService', 'rayService'] as const)('transform.%s has the last word', (key) => {
  const change = { metadata: { annotations: { team: 'search' } } };
  const isRay = key === 'rayService';
  const props = isRay ? { engine: 'ray-service' as const, runtime } : { engine: 'kserve' as const };
  const objects = objectsOf(ranker({ ...props, transform: { [key]: change } }, shop()));
  expect(objects.get(isRay ? 'RayService' : 'InferenceService', 'ranker').metadata.annotations).toMatchObject({
    team: 'search',
  });
});

test.each([
  ['kserve', {}, 36],
  ['ray-service', { runtime }, 35],
] as const)('a name of which %s would cut what it makes is refused', (engine, props, max) => {
  const id = 'r'.repeat(max + 1);
  expect(problemsOf(() => ranker({ engine, ...props }, shop(), id))).toEqual([
    `[shop/${id}] id must be a name of at most ${max} lower-case letters, digits and '-', from a letter to a letter or digit, got '${id}' (${max + 1} characters)`,
  ]);
});

describe('KServe', () => {
  test('an InferenceService in Standard mode takes the place of the Deployment, closed to the outside and unscaled', () => {
    const objects = kserve();
    expect(objects.ofKind('Deployment')).toEqual([]);
    expect(objects.get('InferenceService', 'ranker')).toMatchObject({
      apiVersion: 'serving.kserve.io/v1beta1',
      metadata: {
        labels: { 'app.kubernetes.io/name': 'ranker', 'networking.kserve.io/visibility': 'cluster-local' },
        annotations: {
          'serving.kserve.io/deploymentMode': 'Standard',
          'serving.kserve.io/autoscalerClass': 'none',
        },
      },
      spec: { predictor: { minReplicas: 2 } },
    });
  });

  test('its pods are those of the Deployment but for what KServe demands: the name of the container, and a CPU limit', () => {
    const plain = podOf(objectsOf(ranker({}, shop())));
    const { labels, annotations, deploymentStrategy, minReplicas, ...pod } = predictor();
    const server = containerOf(pod, 'kserve-container');
    const expected = containerOf(plain);
    expect({ ...pod, containers: [] }).toEqual({ ...plain, containers: [] });
    expect(server).toEqual({
      ...expected,
      name: 'kserve-container',
      ports: expected.ports.map((port) => ({ ...port, protocol: 'TCP' })),
      resources: { ...expected.resources, limits: { cpu: '512', ...expected.resources.limits } },
    });
    expect(labels).toMatchObject({ 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/part-of': 'shop' });
    expect(annotations).toBeUndefined();
  });

  test('kserve#3795: the start-up budget of a big model arrives, and nothing stops the server before', () => {
    const { startupProbe } = containerOf(predictor({ model: model({ size: '140Gi' }) }), 'kserve-container');
    expect(startupProbe).toMatchObject({ periodSeconds: 5, failureThreshold: 311 });
  });

  test('kserve#5677: three failures of readiness, not one, take a replica out', () => {
    expect(containerOf(predictor(), 'kserve-container').readinessProbe.failureThreshold).toBe(3);
  });

  test('kserve#4618: with GPUs no pod surges, with nothing left to the configuration of KServe', () => {
    expect(predictor({ gpu }).deploymentStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    });
    expect(predictor().deploymentStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });

  test('kserve#5335: no share of the traffic for a canary is set, which Standard mode would ignore', () => {
    expect(JSON.stringify(kserve().all)).not.toContain('canary');
  });

  test('one autoscaler: ours, of the Deployment that KServe makes, under a name that KServe would not overwrite', () => {
    const server = ranker({ engine: 'kserve' }, shop());
    server.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
    const objects = objectsOf(server);
    const { metadata, spec } = objects.get('InferenceService', 'ranker');
    expect(metadata.annotations).toMatchObject({ 'serving.kserve.io/autoscalerClass': 'external' });
    expect(spec).not.toHaveProperty('predictor.minReplicas');
    expect(specOf(objects, 'HorizontalPodAutoscaler', 'ranker').scaleTargetRef).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'ranker-predictor',
    });
  });

  test('it is called as ever, at its own Service', () => {
    const server = ranker({ engine: 'kserve' }, shop());
    expect(server.addresses.http).toBe('ranker.shop.svc:8000');
    expect(specOf(objectsOf(server), 'Service', 'ranker').selector).toEqual({
      'app.kubernetes.io/name': 'ranker',
      'app.kubernetes.io/part-of': 'shop',
    });
  });

  test('a start that outlasts the patience of KServe is warned about', () => {
    expect(warnings({ engine: 'kserve', model: model({ size: '1Gi' }) })).toEqual([]);
    expect(warnings({ engine: 'kserve' })).toEqual([
      "engine 'kserve' calls a rollout failed when it stands still for 600 s, and a replica may take 1043 s here: don't roll back on that alone, or take engine 'deployment'",
    ]);
  });
});

describe('RayService', () => {
  test('one Ray over a head, which computes nothing, and as many workers as replicas', () => {
    const { rayClusterConfig } = ray({ replicas: 3 });
    const { headGroupSpec: head, workerGroupSpecs } = rayClusterConfig;
    expect(rayClusterConfig.rayVersion).toBe('2.60.0');
    expect(head.rayStartParams).toEqual({ 'num-cpus': '0', 'object-store-memory': '536870912' });
    expect(workerGroupSpecs).toMatchObject([
      { groupName: 'serve', replicas: 3, minReplicas: 3, maxReplicas: 3, rayStartParams: { 'num-cpus': '2' } },
    ]);
  });

  test('the application is that of the runtime, on every node with a replica', () => {
    expect(parse(ray().serveConfigV2)).toEqual({
      proxy_location: 'EveryNode',
      http_options: { host: '0.0.0.0', port: 8000 },
      applications: [{ name: 'default', route_prefix: '/', import_path: 'ranker:app' }],
    });
  });

  test('GPUs are with the workers; the head stays on other nodes', () => {
    const { headGroupSpec: head, workerGroupSpecs } = ray({ gpu }).rayClusterConfig;
    const worker = workerGroupSpecs[0].template.spec;
    expect(containerOf(worker).resources.limits).toMatchObject({ 'nvidia.com/gpu': '1' });
    expect(containerOf(head.template.spec).resources).toEqual({
      requests: { cpu: '2', memory: '4Gi', 'ephemeral-storage': expect.any(String) },
      limits: { memory: '4Gi', 'ephemeral-storage': expect.any(String) },
    });
    expect(head.template.spec).not.toHaveProperty('affinity');
    expect(head.template.spec).not.toHaveProperty('tolerations');
  });

  test('kuberay#1476, kuberay#4239: with GPUs no second cluster waits for cards that the first one holds', () => {
    expect(ray({ gpu }).upgradeStrategy).toEqual({ type: 'None' });
    expect(warnings({ engine: 'ray-service', runtime, gpu })).toEqual([
      "engine 'ray-service' keeps its pods when the model or anything else of them changes, as a second cluster would wait for the GPUs of the first: delete the RayCluster to roll out, or set supply to 'spare' where there is room for a second one",
    ]);
    expect(ray({ gpu, supply: 'spare' }).upgradeStrategy).toEqual({ type: 'NewCluster' });
    expect(ray().upgradeStrategy).toEqual({ type: 'NewCluster' });
    expect(warnings({ engine: 'ray-service', runtime })).toEqual([]);
  });

  test('the head, where no replica runs, holds no GPU, claims none and goes to any node', () => {
    const cluster = { kubernetes: '1.35', addons: ['kuberay', 'nvidia-dra-driver'] } as const;
    const claim = { claim: { memory: '20Gi' }, count: 1 } as const;
    const objects = objectsOf(ranker({ engine: 'ray-service', runtime, gpu: claim }, platform({ cluster })));
    const { headGroupSpec, workerGroupSpecs } = specOf<Ray>(objects, 'RayService', 'ranker').rayClusterConfig;
    expect(headGroupSpec.template.spec).not.toHaveProperty('resourceClaims');
    expect(containerOf(headGroupSpec.template.spec).resources).not.toHaveProperty('claims');
    expect(workerGroupSpecs[0].template.spec).toHaveProperty('resourceClaims');
  });

  test('head and workers have the model, and are asked without wget', () => {
    const { headGroupSpec: head, workerGroupSpecs } = ray().rayClusterConfig;
    for (const { template } of [head, workerGroupSpecs[0]]) {
      const node = containerOf(template.spec);
      expect(template.spec.initContainers.map(({ name }) => name)).toEqual(['pull-model']);
      expect(node.livenessProbe.httpGet).toEqual({ path: '/api/local_raylet_healthz', port: 52365 });
      expect([node.command, node.args]).toEqual([undefined, undefined]);
      expect(node.securityContext.readOnlyRootFilesystem).toBe(true);
      expect(template.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'ranker' });
    }
    expect(containerOf(workerGroupSpecs[0].template.spec).readinessProbe).toEqual({
      httpGet: { path: '/-/healthz', port: 'serve' },
      periodSeconds: 5,
      failureThreshold: 3,
      timeoutSeconds: 3,
    });
    expect(containerOf(head.template.spec).readinessProbe.httpGet).toEqual({ path: '/api/gcs_healthz', port: 8265 });
  });

  test("KubeRay makes the Service, under the server's name and on the port that it is known by", () => {
    const server = ranker({ engine: 'ray-service', runtime }, shop());
    expect(server.addresses).toEqual({ http: 'ranker.shop.svc:8000' });
    expect(objectsOf(server).ofKind('Service')).toEqual([]);
    expect(ray().serveService).toMatchObject({
      metadata: { name: 'ranker' },
      spec: { ports: [{ name: 'serve', port: 8000, targetPort: 8000, protocol: 'TCP' }] },
    });
    expect(problemsOf(() => server.nodes.service)).toEqual([
      "[shop/ranker] nodes.service must not be used with engine 'ray-service', which makes the Service: use transform.rayService",
    ]);
    const transform = { service: {} };
    expect(problemsOf(() => ranker({ engine: 'ray-service', runtime, transform }, shop()))).toEqual([
      "[shop/ranker] transform.service must be left out with engine 'ray-service', which makes the Service: use transform.rayService",
    ]);
  });

  test('an autoscaler is refused: no object in Kubernetes scales a Ray', () => {
    const server = ranker({ engine: 'ray-service', runtime }, shop());
    expect(problemsOf(() => server.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' })))).toEqual([
      "[shop/ranker] autoscale must not be called with engine 'ray-service', whose pods nothing in Kubernetes scales: set replicas, or take engine 'deployment'",
    ]);
  });

  test('its budget says how many pods must stay: what may be missing of a RayCluster is not known', () => {
    expect(specOf(rayObjects({ replicas: 3 }), 'PodDisruptionBudget', 'ranker')).toMatchObject({ minAvailable: 3 });
    expect(specOf(rayObjects(), 'PodDisruptionBudget', 'ranker')).not.toHaveProperty('maxUnavailable');
  });

  test('its nodes talk to each other, and the operator to the head; the dashboard is closed to all others', () => {
    const selector = { matchLabels: { 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/part-of': 'shop' } };
    const objects = rayObjects();
    expect(specOf(objects, 'NetworkPolicy', 'ranker-ray')).toEqual({
      podSelector: selector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: selector }] },
        {
          from: [
            {
              namespaceSelector: {},
              podSelector: { matchLabels: { 'app.kubernetes.io/component': 'kuberay-operator' } },
            },
          ],
          ports: [
            { protocol: 'TCP', port: 8000 },
            { protocol: 'TCP', port: 8265 },
          ],
        },
      ],
      egress: [{ to: [{ podSelector: selector }] }],
    });
    expect(JSON.stringify(specOf(objects, 'NetworkPolicy', 'ranker'))).not.toContain('8265');
  });
});

test('a program of your own that sets PYTHONPATH is refused by KServe as well', () => {
  const probe = { path: '/ready', port: 'http' };
  const own = container({
    image: 'registry.example.com/shop/ranker:1.4.2',
    ports: { http: 8080 },
    probes: { startup: probe, readiness: probe, liveness: probe },
    start: () => ({ command: ['/server'], args: [], env: { PYTHONPATH: '/app' } }),
  });
  expect(problemsOf(() => ranker({ engine: 'kserve', runtime: own }, shop()))).toHaveLength(1);
});
