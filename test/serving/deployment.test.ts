import fc from 'fast-check';
import type { DeploymentSpec } from 'kubernetes-types/apps/v1';
import { type ModelServerProps, type Runtime, tensorflowServing, triton, vllm } from '../../lib';
import { bytes } from '../../lib/core/quantities';
import {
  containerOf,
  envOf,
  model,
  objectsOf,
  own,
  platform,
  podOf,
  ranker,
  serverContainer,
  specOf,
} from './fixtures';

fc.configureGlobal({ seed: 42 });

const GPU = { count: 1, type: 'nvidia-l4' } as const;
const RUNTIMES: [string, Runtime][] = [
  triton({ version: '25.08' }),
  tensorflowServing({ version: '2.19.1' }),
  vllm({ version: '0.33.0' }),
  own({ drain: '2m' }),
].map((runtime) => [runtime.name, runtime]);

function deploymentSpec(props: Partial<ModelServerProps> = {}): Required<DeploymentSpec> {
  return specOf(objectsOf(ranker(props)), 'Deployment', 'ranker');
}

function pod(props: Partial<ModelServerProps> = {}) {
  return podOf(objectsOf(ranker(props)));
}

test.each(RUNTIMES)(
  'kserve#5496: endpoints leave before %s is told to stop, and what it began fits into the grace period',
  (_name, runtime) => {
    const { terminationGracePeriodSeconds: grace } = pod({ runtime });
    const { lifecycle } = serverContainer({ runtime });
    expect(lifecycle).toEqual({ preStop: { sleep: { seconds: 10 } } });
    expect(grace).toBe(10 + runtime.drainSeconds + 5);
  },
);

test('tensorflow/serving#1853: a server that ignores SIGTERM is killed after half a minute, and not after five', () => {
  expect(pod({ runtime: tensorflowServing({ version: '2.19.1' }) }).terminationGracePeriodSeconds).toBe(30);
});

test('kserve#3795, triton#6469: a big model is not killed while it loads: a startup probe holds liveness back', () => {
  const { startupProbe, livenessProbe } = serverContainer({ gpu: GPU });
  expect(startupProbe).toEqual({
    httpGet: { path: '/v2/health/ready', port: 'http' },
    periodSeconds: 5,
    failureThreshold: 61,
  });
  expect(livenessProbe).not.toHaveProperty('initialDelaySeconds');
});

test('the startup probe lasts for the computed budget, whatever the size of the model', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (gigabytes) => {
      const { startupProbe } = serverContainer({ model: model({ size: `${gigabytes}Gi` }) });
      const { periodSeconds = 0, failureThreshold = 0 } = startupProbe;
      return periodSeconds * failureThreshold >= 2 * ((gigabytes * 1024) / 200 + 60);
    }),
    { numRuns: 20 },
  );
});

test('kserve#5677: one missed probe takes no replica out of service', () => {
  const { readinessProbe, livenessProbe } = serverContainer();
  expect(readinessProbe).toEqual({
    httpGet: { path: '/v2/health/ready', port: 'http' },
    periodSeconds: 5,
    failureThreshold: 3,
    timeoutSeconds: 3,
  });
  expect(livenessProbe).toEqual({
    httpGet: { path: '/v2/health/live', port: 'http' },
    periodSeconds: 10,
    failureThreshold: 6,
    timeoutSeconds: 5,
  });
});

test('a gRPC probe has the number of its port, because Kubernetes takes no name there', () => {
  const { startupProbe, readinessProbe, livenessProbe } = serverContainer({
    runtime: tensorflowServing({ version: '2.19.1' }),
  });
  for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
    expect(probe.grpc).toEqual({ port: 8500 });
    expect(probe).not.toHaveProperty('httpGet');
  }
});

test('kuberay#1476, kserve#4618: with GPUs a rollout frees a card before it asks for one', () => {
  expect(deploymentSpec({ gpu: GPU }).strategy).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  });
});

test('without GPUs a rollout never has fewer replicas than asked for', () => {
  expect(deploymentSpec().strategy).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
});

test('kserve#3869: a rollout of a big model is given the time of its copy and its start', () => {
  expect(deploymentSpec().progressDeadlineSeconds).toBe(1643);
  expect(deploymentSpec({ model: model({ size: '140Gi' }) }).progressDeadlineSeconds).toBe(600 + 5735 + 1554);
});

test('a Service called vllm would set VLLM_PORT: service links are off', () => {
  expect(pod().enableServiceLinks).toBe(false);
});

test('no token of the Kubernetes API is mounted', () => {
  expect(pod().automountServiceAccountToken).toBe(false);
  expect(pod().serviceAccountName).toBe('ranker');
});

test('cdk8s-plus#1752: there is no CPU limit; memory and disk are limited to what is set aside', () => {
  expect(serverContainer({ resources: { cpu: '3', memory: '30Gi' } }).resources).toEqual({
    requests: { cpu: '3', memory: '30Gi', 'ephemeral-storage': '24372Mi' },
    limits: { memory: '30Gi', 'ephemeral-storage': '24372Mi' },
  });
});

test('cdk8s#2163: GPUs are requested and limited alike, as Kubernetes demands, by a string', () => {
  const { resources } = serverContainer({ gpu: { count: 2, type: 'nvidia-l4' } });
  expect(resources.requests?.['nvidia.com/gpu']).toBe('2');
  expect(resources.limits?.['nvidia.com/gpu']).toBe('2');
  expect(serverContainer().resources.limits).not.toHaveProperty('nvidia.com/gpu');
});

test('pods with a GPU go to nodes of its type and tolerate what keeps others off', () => {
  const { affinity, tolerations } = pod({ gpu: GPU });
  expect(affinity.nodeAffinity).toEqual({
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-L4'] }] },
      ],
    },
  });
  expect(tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('pods without a GPU go anywhere but to nodes with GPUs', () => {
  expect(pod()).not.toHaveProperty('affinity');
  expect(pod()).not.toHaveProperty('tolerations');
});

test('on GKE and on AKS, GPUs are found and tolerated as these do it', () => {
  const of = (distribution: 'gke' | 'aks') =>
    podOf(objectsOf(ranker({ gpu: GPU }, platform({ cluster: { kubernetes: '1.33', distribution } }))));
  expect(of('gke').affinity.nodeAffinity).toMatchObject({
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'cloud.google.com/gke-accelerator', operator: 'In', values: ['nvidia-l4'] }] },
      ],
    },
  });
  expect(of('aks').tolerations).toContainEqual({ key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' });
});

test('triton#3504: /dev/shm is a memory volume of the size that the runtime asks for', () => {
  const { volumes, containers } = pod({ gpu: GPU });
  expect(volumes).toContainEqual({ name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } });
  expect(containers[0]?.volumeMounts).toContainEqual({ name: 'shared-memory', mountPath: '/dev/shm' });
});

test('a runtime that asks for no /dev/shm keeps that of every container', () => {
  expect(JSON.stringify(pod({ runtime: own() }))).not.toContain('shm');
});

test('a server writes to the paths of its runtime and to nothing else', () => {
  const { containers, volumes } = pod({ runtime: own({ writablePaths: ['/tmp', '/var/cache', '/Var/Cache_1'] }) });
  expect(containers[0]?.securityContext?.readOnlyRootFilesystem).toBe(true);
  expect(containers[0]?.volumeMounts).toEqual([
    { name: 'model', mountPath: '/models', readOnly: true },
    { name: 'writable-tmp', mountPath: '/tmp' },
    { name: 'writable-var-cache', mountPath: '/var/cache' },
    { name: 'writable-4e5f95400c403410', mountPath: '/Var/Cache_1' },
  ]);
  expect(volumes).toContainEqual({ name: 'writable-tmp', emptyDir: { sizeLimit: '2Gi' } });
  expect(volumes).toContainEqual({ name: 'writable-4e5f95400c403410', emptyDir: { sizeLimit: '2Gi' } });
});

/** Whether the API server would take the volumes and mounts of these writable paths. */
function areVolumesValid(writablePaths: string[]): boolean {
  const { volumes, containers } = pod({ runtime: own({ writablePaths }) });
  const names = volumes.map(({ name }) => name);
  const paths = (containers[0]?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
  return (
    new Set(names).size === names.length &&
    new Set(paths).size === paths.length &&
    names.every((name) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
  );
}

test('paths of many shapes make volumes that the API server takes', () => {
  expect(areVolumesValid(['/tmp', '/var/cache', '/home/me/.cache', '/_a', '/opt/x_y/'])).toBe(true);
});

test.each([
  ['two paths that differ in what is no letter', ['/var/cache', '/var-cache']],
  ['two paths that differ in case', ['/data', '/Data']],
  ['a path of more than 54 letters', [`/${'cache'.repeat(12)}`]],
])('%s get volumes of their own, with names that fit', (_what, paths) => {
  expect(areVolumesValid(paths)).toBe(true);
});

test('configuration is mounted from the ConfigMap, file by file', () => {
  const { volumes, containers } = pod({ runtime: tensorflowServing({ version: '2.19.1' }) });
  expect(volumes).toContainEqual({
    name: 'config',
    configMap: { name: 'ranker', items: [{ key: 'monitoring.config', path: 'monitoring.config' }] },
  });
  expect(containers[0]?.volumeMounts).toContainEqual({
    name: 'config',
    mountPath: '/etc/recstack',
    readOnly: true,
  });
});

test('pods start anew when their configuration changes, and only then', () => {
  const checksum = (files: Record<string, string> | undefined) =>
    deploymentSpec({ runtime: { ...own(), files } as Runtime }).template.metadata?.annotations;
  expect(checksum(undefined)).toBeUndefined();
  expect(checksum({ 'a.conf': '1' })).toEqual({ 'checksum/config': expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(checksum({ 'a.conf': '1' })).toEqual(checksum({ 'a.conf': '1' }));
  expect(checksum({ 'a.conf': '1' })).not.toEqual(checksum({ 'a.conf': '2' }));
  expect(checksum({ 'a.conf': '1' })).not.toEqual(checksum({ 'b.conf': '1' }));
});

test('pods are told apart by version in their labels, and selected without it, because selectors never change', () => {
  const { template, selector } = deploymentSpec({ model: model({ version: 'v7' }) });
  const selected = { 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/part-of': 'shop' };
  expect(selector).toEqual({ matchLabels: selected });
  expect(template.metadata?.labels).toEqual({
    ...selected,
    'app.kubernetes.io/component': 'model-server',
    'app.kubernetes.io/managed-by': 'recstack',
    'app.kubernetes.io/version': 'v7',
  });
});

test('cdk8s-plus#361: replicas are spread over zones and nodes, evenly if possible, old and new ones apart', () => {
  const even = {
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/part-of': 'shop' } },
    matchLabelKeys: ['pod-template-hash'],
  };
  expect(pod().topologySpreadConstraints).toEqual([
    { ...even, topologyKey: 'topology.kubernetes.io/zone' },
    { ...even, topologyKey: 'kubernetes.io/hostname' },
  ]);
});

test('pods are such as Pod Security `restricted` admits', () => {
  expect(pod().securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 10001,
    fsGroup: 10001,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(serverContainer().securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
});

test('kserve#5666: vLLM runs in group 0, the only one that its image is made for, and still not as root', () => {
  expect(pod({ runtime: vllm({ version: '0.33.0' }) }).securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 0,
    fsGroup: 0,
  });
});

test('a priority class is named when there is one', () => {
  expect(pod({ priorityClass: 'serving' }).priorityClassName).toBe('serving');
  expect(pod()).not.toHaveProperty('priorityClassName');
});

test.each(RUNTIMES)(
  '%s is started as its runtime says, with all its ports, in a container called server',
  (_name, runtime) => {
    const container = serverContainer({ runtime, gpu: GPU });
    const start = runtime.start({ artifact: model(), folder: runtime.modelFolder(model()), gpus: 1, slos: [] });
    expect(container).toMatchObject({
      image: runtime.image,
      imagePullPolicy: 'IfNotPresent',
      command: start.command,
      args: start.args,
      ports: Object.entries(runtime.ports).map(([name, containerPort]) => ({ name, containerPort })),
    });
    expect(envOf(container)).toEqual(start.env ?? {});
  },
);

test('a runtime is told how many GPUs there are', () => {
  expect(envOf(serverContainer({ gpu: GPU }))).toEqual({ HOME: '/tmp' });
  expect(envOf(serverContainer())).toEqual({ HOME: '/tmp', TRITON_SERVER_CPU_ONLY: '1' });
  const args = serverContainer({ runtime: vllm({ version: '0.33.0' }), gpu: { count: 4, type: 'nvidia-l4' } }).args;
  expect(args).toContain('--tensor-parallel-size=4');
});

test('disk is set aside for the copy of the model, for what the server writes, and for its log', () => {
  const props = { model: model({ size: '100Gi' }) };
  const disk = bytes(serverContainer(props).resources.requests?.['ephemeral-storage'] as '1Gi');
  const written = pod(props).volumes.flatMap(({ emptyDir }) => emptyDir?.medium ?? emptyDir?.sizeLimit ?? []);
  const sizes = written.filter((size) => size !== 'Memory').map((size) => bytes(size as '1Gi'));
  expect(sizes).toHaveLength(2);
  expect(disk).toBeGreaterThan(sizes.reduce((a, b) => a + b));
  expect(disk).toBeLessThan(bytes('115Gi'));
});

test('sizes are as round as what they are made of', () => {
  const { resources } = serverContainer({ model: model({ size: '100Gi' }) });
  expect(resources.requests?.['ephemeral-storage']).toBe('114Gi');
});

test('a model on a claim takes no disk of the node', () => {
  const { resources } = serverContainer({ model: model({ uri: 'pvc://models/dlrm', size: '500Gi' }) });
  expect(resources.requests?.['ephemeral-storage']).toBe('4Gi');
});

test('three writable paths that are full do not evict the pod', () => {
  const runtime = own({ writablePaths: ['/tmp', '/var/cache', '/var/spool'] });
  const { resources } = serverContainer({ runtime, model: model({ size: '10Gi' }) });
  expect(bytes(resources.limits?.['ephemeral-storage'] as '1Gi')).toBeGreaterThanOrEqual(
    bytes('11Gi') + 3 * bytes('2Gi'),
  );
});

test('a model on a claim is mounted where the runtime reads it, without a copy', () => {
  const { initContainers, volumes, containers } = pod({ model: model({ uri: 'pvc://models/dlrm/42' }) });
  expect(initContainers).toBeUndefined();
  expect(volumes[0]).toEqual({ name: 'model', persistentVolumeClaim: { claimName: 'models', readOnly: true } });
  expect(containers[0]?.volumeMounts?.[0]).toEqual({
    name: 'model',
    mountPath: '/models/dlrm',
    subPath: 'dlrm/42',
    readOnly: true,
  });
});

test('the copy of a bucket is put where the runtime reads it', () => {
  const runtime = tensorflowServing({ version: '2.19.1' });
  const puller = containerOf(pod({ runtime }), 'pull-model');
  expect(envOf(puller)).toMatchObject({ MODEL_FOLDER: '/models/dlrm/42', PULL_SECONDS: '738' });
});
