import { Lazy } from 'cdk8s';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, PodSpec, Probe, ResourceRequirements, Volume, VolumeMount } from 'kubernetes-types/core/v1';
import { hash } from '../core/hash';
import { MAX_LABEL } from '../core/names';
import { formatBytes } from '../core/quantities';
import { type GpuNeeds, gpuNeeds } from '../platform/gpu-needs';
import { devicesOf } from '../platform/gpu-request';
import { podLabels, selectorLabels, type workloadMetadata } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod, UNPRIVILEGED } from '../platform/pod-security';
import { ENDPOINT_LAG_SECONDS } from './budgets';
import type { Derived } from './derived';
import { podClaims } from './gpu-claim';
import type { ModelServerSettings } from './model-server-props';
import type { ModelVolume } from './model-volume';
import { stepsOf, supplyOf } from './rollout';
import { CONFIG_FOLDER, type ProbeTarget, type Runtime } from './runtime';

/**
 * The longest name of a server. Its pods are called `<name>-<hash of up to 10>-<5 characters>`, which Kubernetes cuts
 * in the middle at 63, so that nothing could tell any more whose they are.
 */
export const MAX_SERVER_NAME = MAX_LABEL - 17;

/** What a server's Deployment is made of. */
export interface DeploymentInput {
  readonly platform: Platform;
  readonly metadata: ReturnType<typeof workloadMetadata>;
  readonly settings: ModelServerSettings;
  readonly derived: Derived;
  readonly model: ModelVolume;
  /** The runtime's image, with its digest. */
  readonly image: string;
  readonly serviceAccount: string;
  /** Asked at synth, when it is known whether an autoscaler decides on the replicas. */
  readonly replicas: () => number | undefined;
}

/** The Deployment of a model server. */
export function deployment(input: DeploymentInput) {
  const { metadata, platform, settings, derived, replicas } = input;
  const identity = { platform: platform.node.id, name: metadata.name };
  const { runtime, model } = settings;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: Lazy.any({ produce: replicas }),
      selector: { matchLabels: selectorLabels(identity) },
      strategy: { type: 'RollingUpdate', rollingUpdate: stepsOf(supplyOf(settings)) },
      progressDeadlineSeconds: derived.progressSeconds,
      template: {
        metadata: {
          labels: podLabels({ ...identity, component: 'model-server', version: model.version }),
          ...(runtime.files === undefined
            ? {}
            : { annotations: { 'checksum/config': hash(JSON.stringify(runtime.files)) } }),
        },
        spec: podSpec(input),
      },
    },
  } as const satisfies Deployment;
}

function podSpec(input: DeploymentInput): PodSpec {
  const { metadata, platform, settings, derived, model, serviceAccount } = input;
  const { name } = metadata;
  const { runtime, gpu, priorityClass } = settings;
  const needs = gpu === undefined ? undefined : gpuNeeds(gpu, platform.cluster);
  const spread = { labelSelector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) } };
  return {
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    // A Service called `vllm` would set VLLM_PORT=tcp://…, which vLLM takes for its own setting.
    enableServiceLinks: false,
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    securityContext: restrictedPod({ uid: UNPRIVILEGED.uid, gid: runtime.gid ?? UNPRIVILEGED.gid }),
    terminationGracePeriodSeconds: derived.graceSeconds,
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      // Evenly if possible: where GPUs are scarce, a replica in the wrong zone is better than none.
      whenUnsatisfiable: 'ScheduleAnyway',
      ...spread,
      // Old and new pods of a rollout are spread apart from each other.
      matchLabelKeys: ['pod-template-hash'],
    })),
    ...needs?.pod,
    ...(needs?.claim === undefined ? {} : { resourceClaims: podClaims(name) }),
    ...(model.initContainers.length > 0 ? { initContainers: model.initContainers } : {}),
    containers: [server(input, needs)],
    volumes: [...model.volumes, ...ownVolumes(shared(runtime, needs), name)],
  };
}

function server({ settings, derived, model, image }: DeploymentInput, needs: GpuNeeds | undefined): Container {
  const { runtime, gpu } = settings;
  const { command, args, env } = runtime.start({
    artifact: settings.model,
    folder: runtime.modelFolder(settings.model),
    gpus: gpu === undefined ? 0 : devicesOf(gpu),
    slos: settings.slo,
  });
  return {
    name: 'server',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...command],
    args: [...args],
    ...(env === undefined ? {} : { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }),
    ports: Object.entries(runtime.ports).map(([key, containerPort]) => ({ name: key, containerPort })),
    startupProbe: probe(runtime, 'startup', {
      periodSeconds: 5,
      failureThreshold: Math.ceil(derived.startupSeconds / 5),
    }),
    // One failure is too twitchy: a busy server misses a probe now and then (kserve#5677).
    readinessProbe: probe(runtime, 'readiness', { periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 3 }),
    livenessProbe: probe(runtime, 'liveness', { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }),
    // Endpoints leave before the server is told to stop, or requests that are still sent are refused.
    lifecycle: { preStop: { sleep: { seconds: ENDPOINT_LAG_SECONDS } } },
    resources: resources(settings, derived, model.disk, needs),
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [model.mount, ...ownMounts(shared(runtime, needs))],
  };
}

function resources(
  { runtime }: ModelServerSettings,
  { cpu, memory }: Derived,
  copy: number,
  needs: GpuNeeds | undefined,
): ResourceRequirements & { readonly claims?: readonly { readonly name: string }[] } {
  const devices = needs?.resources;
  // The model's copy, what the server writes (2 GiB in each place), and its log count together.
  const disk = { 'ephemeral-storage': formatBytes(copy + (runtime.writablePaths.length + 1) * 2 * 2 ** 30) };
  return {
    requests: { cpu, memory, ...disk, ...devices },
    limits: { memory, ...disk, ...devices },
    ...(needs?.claim === undefined ? {} : { claims: [{ name: 'gpu' }] }),
  };
}

/** A runtime without its `/dev/shm`, where the GPUs bring one. */
function shared(runtime: Runtime, needs: GpuNeeds | undefined): Runtime {
  if (!needs?.ownsSharedMemory) return runtime;
  const { sharedMemory: _, ...rest } = runtime;
  return rest;
}

function probe(runtime: Runtime, kind: keyof Runtime['probes'], timing: Probe): Probe {
  const target: ProbeTarget = runtime.probes[kind];
  // Kubernetes takes the port of a gRPC probe as a number only.
  return 'grpc' in target
    ? { grpc: { port: runtime.ports[target.grpc] ?? 0 }, ...timing }
    : { httpGet: { path: target.path, port: target.port }, ...timing };
}

function ownVolumes({ writablePaths, sharedMemory, files }: Runtime, name: string): Volume[] {
  return [
    ...writablePaths.map((path) => ({ name: volumeName(path), emptyDir: { sizeLimit: '2Gi' } })),
    ...(sharedMemory === undefined
      ? []
      : [{ name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } }]),
    ...(files === undefined
      ? []
      : [{ name: 'config', configMap: { name, items: Object.keys(files).map((key) => ({ key, path: key })) } }]),
  ];
}

function ownMounts({ writablePaths, sharedMemory, files }: Runtime): VolumeMount[] {
  return [
    ...writablePaths.map((path) => ({ name: volumeName(path), mountPath: path })),
    ...(sharedMemory === undefined ? [] : [{ name: 'shared-memory', mountPath: '/dev/shm' }]),
    ...(files === undefined ? [] : [{ name: 'config', mountPath: CONFIG_FOLDER, readOnly: true }]),
  ];
}

/** `/var/cache` as `writable-var-cache`; a path of which that makes no name, or not one of its own, as its hash. */
function volumeName(path: string): string {
  const isReadable = /^(\/[a-z0-9]+)+$/.test(path) && path.length <= 54;
  return `writable${isReadable ? path.replaceAll('/', '-') : `-${hash(path)}`}`;
}
