import { parse } from '../../lib/core/schema';
import { Cluster, type ClusterProps, clusterSchema } from '../../lib/platform/cluster';

const cluster = (props: Partial<ClusterProps> = {}) =>
  new Cluster(parse(clusterSchema, { kubernetes: '1.33', ...props }, 'shop'));

test('a cluster is nothing but a version, unless more is said', () => {
  expect(parse(clusterSchema, { kubernetes: '1.33' }, 'shop')).toEqual({
    kubernetes: '1.33',
    distribution: 'other',
    addons: [],
    dnsDomain: 'cluster.local',
    gpuSharing: {},
  });
});

test.each(['1.30', '1.30.0', '1.33', '1.33.4', '1.37', '1.37.9'])('Kubernetes %s is known', (kubernetes) => {
  expect(cluster({ kubernetes }).kubernetes).toBe(kubernetes);
});

test.each([
  ['1.29', "'1.29'"],
  ['1.29.15', "'1.29.15'"],
  ['1.38', "'1.38'"],
  ['1.3', "'1.3'"],
  ['1.033', "'1.033'"],
  ['v1.33', "'v1.33'"],
  ['1.33.', "'1.33.'"],
  ['1.33.4-eks-1', "'1.33.4-eks-1'"],
  [1.33, '1.33'],
  [null, 'null'],
])('the version %p is refused', (kubernetes, shown) => {
  expect(() => parse(clusterSchema, { kubernetes }, 'shop')).toThrow(
    new Error(
      `[shop] kubernetes must be a Kubernetes version from '1.30' to '1.37', in quotes, got ${shown}: in YAML write "1.30", not 1.30, which is the number 1.3`,
    ),
  );
});

test('1.30 without quotes in YAML is the number 1.3, and the error says so', () => {
  expect(() => parse(clusterSchema, { kubernetes: Number('1.30') }, 'dev.yaml:3')).toThrow(
    new Error(
      `[dev.yaml:3] kubernetes must be a Kubernetes version from '1.30' to '1.37', in quotes, got 1.3: in YAML write "1.30", not 1.30, which is the number 1.3`,
    ),
  );
});

test.each(['2.0', '1.330', '', 'latest'])('the version %j is refused in one line', (kubernetes) => {
  expect(() => parse(clusterSchema, { kubernetes }, 'shop')).toThrow(
    new Error(
      `[shop] kubernetes must be a Kubernetes version from '1.30' to '1.37', in quotes, got '${kubernetes}': in YAML write "1.30", not 1.30, which is the number 1.3`,
    ),
  );
});

test('an unknown add-on is answered with those that are known, and the nearest', () => {
  expect(() => parse(clusterSchema, { kubernetes: '1.33', addons: ['keda', 'prometheus-operater'] }, 'shop')).toThrow(
    new Error(
      "[shop] addons[1] must be one of metrics-server, dcgm-exporter, nvidia-dra-driver, gpushare, keda, prometheus-adapter, prometheus-operator, gateway-api, kserve, kuberay, jobset, kubeflow-trainer, kueue, got 'prometheus-operater': did you mean 'prometheus-operator'?",
    ),
  );
});

test('an unknown distribution and an unknown GPU are reported together', () => {
  expect(() => parse(clusterSchema, { kubernetes: '1.33', distribution: 'k3', gpus: ['nvidia-l40'] }, 'shop')).toThrow(
    new Error(
      "[shop] distribution must be one of minikube, k3s, kubeadm, eks, gke, aks, ack, other, got 'k3': did you mean 'k3s'?\n" +
        "[shop] gpus[0] must be one of nvidia-t4, nvidia-l4, nvidia-a10, nvidia-a10g, nvidia-l40s, nvidia-a100-40gb, nvidia-a100-80gb, nvidia-h20, nvidia-h100-80gb, nvidia-h200, nvidia-b200, got 'nvidia-l40': did you mean 'nvidia-l4'?",
    ),
  );
});

test('a misspelt property is answered with the right one', () => {
  expect(() => parse(clusterSchema, { kubernetes: '1.33', addon: [] }, 'shop')).toThrow(
    new Error(
      "[shop] addon is not known: did you mean 'addons'? (known: kubernetes, distribution, addons, gpus, gpuSharing, gpuRuntimeClass, dnsDomain)",
    ),
  );
});

test('an add-on is there when it was installed, and only then', () => {
  const described = cluster({ addons: ['keda'] });
  expect([described.has('keda'), described.has('metrics-server')]).toEqual([true, false]);
});

test.each([
  ['k3s', true],
  ['gke', true],
  ['aks', true],
  ['ack', true],
  ['minikube', false],
  ['kubeadm', false],
  ['eks', false],
  ['other', false],
] as const)('%s brings metrics-server by itself: %s', (distribution, brings) => {
  expect(cluster({ distribution }).has('metrics-server')).toBe(brings);
  expect(cluster({ distribution, addons: ['metrics-server'] }).has('metrics-server')).toBe(true);
  expect(cluster({ distribution }).has('keda')).toBe(false);
});

test.each([
  ['1.34', false],
  ['1.34.9', false],
  ['1.35', true],
  ['1.35.0', true],
  ['1.37', true],
] as const)('Kubernetes %s has the tolerance of the HPA: %s', (kubernetes, supported) => {
  expect(cluster({ kubernetes }).supports('HPA tolerance')).toBe(supported);
  expect(cluster({ kubernetes }).since('HPA tolerance')).toBe('1.35');
});

test('where the GPUs are not described, every type is accepted', () => {
  expect(cluster().problemWithGpu('nvidia-l4')).toBeUndefined();
  expect(cluster({ distribution: 'gke' }).problemWithGpu('nvidia-l4')).toBeUndefined();
});

test('a GPU that the cluster has is accepted, another is refused with those that are there', () => {
  const described = cluster({ gpus: ['nvidia-l4', 'nvidia-h200'] });
  expect(described.problemWithGpu('nvidia-h200')).toBeUndefined();
  expect(described.problemWithGpu('nvidia-t4')).toBe(
    "must be a type of GPU in the cluster, got 'nvidia-t4', but it has nvidia-l4, nvidia-h200: add it to cluster.gpus or take another",
  );
});

test('a cluster that is said to have no GPUs refuses all', () => {
  expect(cluster({ gpus: [] }).problemWithGpu('nvidia-l4')).toBe(
    "must be a type of GPU in the cluster, got 'nvidia-l4', but it has no GPUs: add it to cluster.gpus or take another",
  );
});

test('GKE refuses what it has no label for, even if it is said to be there', () => {
  expect(cluster({ distribution: 'gke' }).problemWithGpu('nvidia-a10')).toBe(
    "must be a type of GPU that gke offers, got 'nvidia-a10'",
  );
  expect(cluster({ distribution: 'gke', gpus: ['nvidia-a10'] }).problemWithGpu('nvidia-a10')).toBe(
    "must be a type of GPU that gke offers, got 'nvidia-a10'",
  );
});

test('pods with GPUs need a runtime class on k3s, unless the nodes have the runtime by default', () => {
  expect(cluster({ distribution: 'k3s' }).gpuRuntimeClass).toBe('nvidia');
  expect(cluster({ distribution: 'k3s', gpuRuntimeClass: false }).gpuRuntimeClass).toBeUndefined();
  expect(cluster({ distribution: 'eks' }).gpuRuntimeClass).toBeUndefined();
  expect(cluster({ distribution: 'kubeadm', gpuRuntimeClass: 'nvidia-cdi' }).gpuRuntimeClass).toBe('nvidia-cdi');
});

test('cards are shared by their type', () => {
  const described = cluster({ gpuSharing: { 'nvidia-t4': { by: 'time-slicing', replicas: 4 } } });
  expect(described.gpuSharing('nvidia-t4')).toEqual({ by: 'time-slicing', replicas: 4, renamed: false });
  expect(described.gpuSharing('nvidia-l4')).toBeUndefined();
});

test.each([
  ['whole cards', {}, undefined],
  ['slices under names of their own', { 'nvidia-h200': { by: 'mig-mixed' } }, undefined],
  ['slices that are all alike', { 'nvidia-h200': { by: 'mig-single', profile: '1g.18gb' } }, 'nvidia-h200'],
  ["shares under their card's name", { 'nvidia-t4': { by: 'mps', replicas: 2 } }, 'nvidia-t4'],
  ['shares under a name of their own', { 'nvidia-t4': { by: 'mps', replicas: 2, renamed: true } }, undefined],
] as const)('%s can be mistaken for whole cards: %#', (_what, gpuSharing, type) => {
  expect(cluster({ gpuSharing }).gpuOfWhichSharesLookWhole).toBe(type);
});

test.each([
  [
    { 'nvidia-l4': { by: 'mig-mixed' } },
    "gpuSharing.nvidia-l4.by must be shared in another way than MIG, which cannot cut this type, got 'mig-mixed'",
  ],
  [
    { 'nvidia-a100-40gb': { by: 'mig-single', profile: '2g.20gb' } },
    "gpuSharing.nvidia-a100-40gb.profile must be one of 1g.5gb, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb, got '2g.20gb'",
  ],
  [
    { 'nvidia-t4': { by: 'mps', replicas: 1 } },
    'gpuSharing.nvidia-t4.replicas must be a whole number of replicas, from 2 to 128, got 1',
  ],
  [
    { 'nvidia-t4': { by: 'vgpu' } },
    "gpuSharing.nvidia-t4.by must be one of mig-mixed, mig-single, time-slicing, mps, got 'vgpu'",
  ],
])('cards are not shared in ways that they cannot: %j', (gpuSharing, text) => {
  expect(() => parse(clusterSchema, { kubernetes: '1.33', gpuSharing }, 'shop')).toThrow(new Error(`[shop] ${text}`));
});

test('what no cluster has does not compile', () => {
  const wrong: ClusterProps[] = [
    // @ts-expect-error: a version is needed
    {},
    // @ts-expect-error: a version is a string
    { kubernetes: 1.33 },
    // @ts-expect-error: not an add-on
    { kubernetes: '1.33', addons: ['istio'] },
    // @ts-expect-error: not a distribution
    { kubernetes: '1.33', distribution: 'openshift' },
    // @ts-expect-error: not a type of GPU
    { kubernetes: '1.33', gpus: ['nvidia-l40'] },
  ];
  for (const props of wrong) expect(clusterSchema.safeParse(props).success).toBe(false);
});
