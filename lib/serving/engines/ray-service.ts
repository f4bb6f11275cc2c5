import type { Container, PodSpec, PodTemplateSpec, Probe } from 'kubernetes-types/core/v1';
import { stringify } from 'yaml';
import { cores } from '../../core/quantities';
import { type RayService, rayService } from '../../crds/ray';
import { type DeploymentInput, deployment } from '../deployment';
import type { ModelServerSettings } from '../model-server-props';
import { supplyOf } from '../rollout';
import type { RayApplication, Runtime } from '../runtime';
import type { Engine } from './engine';
import { rayNetworkPolicy } from './ray-network';

/** Ports of Ray: of its proxies, of the agent that each node has, and of the dashboard and the books, at the head. */
const HTTP = 8000;
const AGENT = 52365;
const DASHBOARD = 8265;
const BOOKS = 6379;

/** What KubeRay calls the port that its Service leads to. */
const SERVING_PORT = 'serve';

/** Name of the group of workers; it is in the names of their pods. */
const GROUP = 'serve';

/** What the head sets aside: it keeps the books of the cluster, and no replica runs there. */
const HEAD = { cpu: '2', memory: '4Gi' } as const;

/** Bytes of the store by which Ray's processes share objects; it lies in `/dev/shm`. */
const OBJECT_STORE = { 'object-store-memory': String(2 ** 29) };

/**
 * KubeRay: one Ray over several nodes, `replicas` of them beside the head, on which Ray Serve places what the application
 * asks for. How many replicas each of its deployments has is said there.
 *
 * A second cluster needs its GPUs while the first one has them (kuberay#1476, kuberay#4239). Where they are scarce, a
 * change of the pods therefore waits until the old cluster is deleted.
 *
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/controllers/ray/common/pod.go
 */
export const RAY_SERVICE: Engine = {
  addon: 'kuberay',
  // KubeRay cuts names that it makes of it, such as `<name>-<5 characters>-head-svc`, to 50 characters.
  maxName: 35,
  transform: 'rayService',
  bringsService: true,
  container: 'server',
  pods: (name) => `${name}-[a-z0-9]{5}-(head|${GROUP}-worker)(-[a-z0-9]{5})?`,
  scalingTarget: () => undefined,
  problems: ({ runtime }) =>
    runtime.ray === undefined
      ? [`runtime must be rayServe(…) with engine 'ray-service', got ${runtime.name}: take another engine`]
      : [],
  warnings: ({ settings }) =>
    upgradeOf(settings) === 'None'
      ? [
          "engine 'ray-service' keeps its pods when the model or anything else of them changes, as a second cluster would wait for the GPUs of the first: delete the RayCluster to roll out, or set supply to 'spare' where there is room for a second one",
        ]
      : [],
  runtime: ofNode,
  // Kubernetes can't tell how many pods a RayCluster should have, so that a budget of what may be missing allows none.
  minAvailable: ({ replicas }) => replicas,
  emit(scope, input) {
    rayNetworkPolicy(scope, input);
    return rayService(scope, 'deployment', { metadata: input.metadata, spec: spec(input) });
  },
};

/** What each node of Ray has. The proxies' port opens by Ray's own command, which KubeRay gives the container. */
function ofNode({ files: _, ...runtime }: Runtime): Runtime {
  return { ...runtime, ports: { http: HTTP, metrics: runtime.ports.metrics ?? 8080 } };
}

function upgradeOf(settings: ModelServerSettings): RayService['spec']['upgradeStrategy']['type'] {
  return supplyOf(settings) === 'spare' ? 'NewCluster' : 'None';
}

function spec(input: DeploymentInput): RayService['spec'] {
  const { metadata, settings, derived } = input;
  const { ray } = settings.runtime;
  if (ray === undefined) throw new Error('the runtime was checked before');
  const { replicas } = settings;
  return {
    upgradeStrategy: { type: upgradeOf(settings) },
    serveConfigV2: stringify(serveConfig(ray)),
    serveService: {
      metadata,
      spec: { ports: [{ name: SERVING_PORT, port: HTTP, targetPort: HTTP, protocol: 'TCP' }] },
    },
    excludeHeadPodFromServeSvc: true,
    rayClusterConfig: {
      rayVersion: ray.version,
      headGroupSpec: {
        rayStartParams: { ...OBJECT_STORE, 'num-cpus': '0' },
        template: nodeTemplate(input, (pod) => ({
          ...withoutGpus(pod),
          containers: pod.containers.map((container) => head(container, settings.runtime)),
        })),
      },
      workerGroupSpecs: [
        {
          groupName: GROUP,
          // What the API server would add.
          numOfHosts: 1,
          replicas,
          minReplicas: replicas,
          maxReplicas: replicas,
          rayStartParams: { ...OBJECT_STORE, 'num-cpus': String(Math.max(1, Math.floor(cores(derived.cpu)))) },
          template: nodeTemplate(input, (pod) => ({
            ...pod,
            containers: pod.containers.map((container) => worker(container, settings.runtime)),
          })),
        },
      ],
    },
  };
}

/** @see https://docs.ray.io/en/latest/serve/production-guide/config.html */
function serveConfig({ application }: RayApplication): object {
  return {
    proxy_location: 'EveryNode',
    http_options: { host: '0.0.0.0', port: HTTP },
    applications: [{ name: 'default', route_prefix: '/', import_path: application }],
  };
}

function nodeTemplate(input: DeploymentInput, change: (pod: PodSpec) => PodSpec): PodTemplateSpec {
  const { metadata, spec: pod } = deployment(input).spec.template;
  const topologySpreadConstraints = pod.topologySpreadConstraints?.map((constraint) => ({
    ...constraint,
    // The nodes of an old and of a new cluster are spread apart from each other.
    matchLabelKeys: ['ray.io/cluster'],
  }));
  return { metadata, spec: change({ ...pod, ...(topologySpreadConstraints && { topologySpreadConstraints }) }) };
}

/** The head needs no GPU, and must not hold one. */
function withoutGpus(pod: PodSpec): PodSpec {
  const { affinity: _affinity, tolerations: _tolerations, runtimeClassName: _class, ...rest } = pod;
  const { resourceClaims: _claims, ...own } = rest;
  return own;
}

function head(container: Container, runtime: Runtime): Container {
  const { 'ephemeral-storage': disk = '2Gi' } = container.resources?.limits ?? {};
  const own = { 'ephemeral-storage': disk };
  const books = { path: '/api/gcs_healthz', port: DASHBOARD };
  return {
    ...node(container, runtime, [
      { name: 'gcs-server', containerPort: BOOKS },
      { name: 'dashboard', containerPort: DASHBOARD },
    ]),
    resources: { requests: { ...HEAD, ...own }, limits: { memory: HEAD.memory, ...own } },
    startupProbe: { httpGet: books, ...startOf(runtime) },
    readinessProbe: { httpGet: books, ...READINESS },
  };
}

function worker(container: Container, runtime: Runtime): Container {
  return {
    ...node(container, runtime, []),
    startupProbe: { httpGet: RAYLET, ...startOf(runtime) },
    // KubeRay's own would give up after one failure (as kserve#5677), and needs wget in the image.
    readinessProbe: { httpGet: { path: '/-/healthz', port: SERVING_PORT }, ...READINESS },
  };
}

const RAYLET = { path: '/api/local_raylet_healthz', port: AGENT };
const READINESS = { periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 3 };

/** Ray starts before the application, which takes its time for the model while the proxies' answer is awaited. */
function startOf({ warmUpSeconds }: Runtime): Probe {
  return { periodSeconds: 5, failureThreshold: Math.ceil((2 * warmUpSeconds) / 5) };
}

function node(
  { command: _command, args: _args, ...container }: Container,
  { ports }: Runtime,
  more: NonNullable<Container['ports']>,
): Container {
  return {
    ...container,
    ports: [
      ...Object.entries(ports).map(([name, containerPort]) => ({
        name: name === 'http' ? SERVING_PORT : name,
        containerPort,
      })),
      ...more,
      // What the API server would add, so that applying twice changes nothing.
    ].map((port) => ({ ...port, protocol: 'TCP' })),
    livenessProbe: { httpGet: RAYLET, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
  };
}
