import { parse } from '../../lib/core/schema';
import { Cluster, type ClusterProps, clusterSchema } from '../../lib/platform/cluster';
import { gpuNeeds, wholeGpus } from '../../lib/platform/gpu-needs';
import { gpuProblems } from '../../lib/platform/gpu-problems';
import type { GpuRequest } from '../../lib/platform/gpu-request';

type Props = Partial<ClusterProps>;
const cluster = (props: Props = {}) => new Cluster(parse(clusterSchema, { kubernetes: '1.37', ...props }, 'shop'));

/** Resources, and requirements on the node as `key=values`. */
function needs(request: GpuRequest, props: Props) {
  const { resources, pod } = gpuNeeds(request, cluster(props));
  const terms = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return {
    resources,
    nodes: terms.flatMap(({ matchExpressions = [] }) => matchExpressions.map(({ key, values }) => `${key}=${values}`)),
  };
}

const PRODUCT = 'nvidia.com/gpu.product';
const A100: GpuRequest = { type: 'nvidia-a100-80gb', mig: '2g.20gb' };
const T4: GpuRequest = { type: 'nvidia-t4', share: 'time-slicing' };

test.each<[string, GpuRequest, Props, Record<string, string>, string[]]>([
  ['whole cards', { type: 'nvidia-l4', count: 2 }, {}, { 'nvidia.com/gpu': '2' }, [`${PRODUCT}=NVIDIA-L4`]],
  [
    'a slice under its own name, on nodes labelled with the whole card',
    A100,
    { gpuSharing: { 'nvidia-a100-80gb': { by: 'mig-mixed' } } },
    { 'nvidia.com/mig-2g.20gb': '1' },
    [`${PRODUCT}=NVIDIA-A100-SXM4-80GB,NVIDIA-A100-80GB-PCIe`],
  ],
  [
    'a slice that is called a GPU, on nodes labelled with the slice',
    A100,
    { gpuSharing: { 'nvidia-a100-80gb': { by: 'mig-single', profile: '2g.20gb' } } },
    { 'nvidia.com/gpu': '1' },
    [`${PRODUCT}=NVIDIA-A100-SXM4-80GB-MIG-2g.20gb,NVIDIA-A100-80GB-PCIe-MIG-2g.20gb`],
  ],
  [
    'a slice on GKE',
    A100,
    { distribution: 'gke' },
    { 'nvidia.com/gpu': '1' },
    ['cloud.google.com/gke-accelerator=nvidia-a100-80gb', 'cloud.google.com/gke-gpu-partition-size=2g.20gb'],
  ],
  [
    'a share that is called a GPU, on nodes labelled as shared',
    T4,
    { gpuSharing: { 'nvidia-t4': { by: 'time-slicing', replicas: 4 } } },
    { 'nvidia.com/gpu': '1' },
    [`${PRODUCT}=Tesla-T4-SHARED`],
  ],
  [
    'a share under a name of its own, on nodes whose label is not changed',
    { type: 'nvidia-t4', share: 'mps' },
    { gpuSharing: { 'nvidia-t4': { by: 'mps', replicas: 4, renamed: true } } },
    { 'nvidia.com/gpu.shared': '1' },
    [`${PRODUCT}=Tesla-T4`],
  ],
  [
    'a share on GKE',
    T4,
    { distribution: 'gke' },
    { 'nvidia.com/gpu': '1' },
    ['cloud.google.com/gke-accelerator=nvidia-tesla-t4', 'cloud.google.com/gke-gpu-sharing-strategy=time-sharing'],
  ],
  [
    'memory of any card on ACK, and not where compute is shared out, too',
    { memory: '8Gi' },
    { distribution: 'ack', addons: ['gpushare'] },
    { 'aliyun.com/gpu-mem': '8' },
    ['ack.node.gpu.schedule=cgpu,share,mps'],
  ],
  ['memory elsewhere', { memory: '8Gi' }, { addons: ['gpushare'] }, { 'aliyun.com/gpu-mem': '8' }, []],
  ['a claim', { claim: { type: 'nvidia-l4' }, count: 1 }, { addons: ['nvidia-dra-driver'] }, {}, []],
])('%s', (_what, request, props, resources, nodes) => {
  expect(needs(request, props)).toEqual({ resources, nodes });
});

test('a claim says in CEL what the driver publishes: names with spaces, or memory', () => {
  const claim = (request: GpuRequest) => gpuNeeds(request, cluster()).claim;
  expect(claim({ claim: { type: 'nvidia-a100-80gb' }, count: 2 })).toEqual({
    count: 2,
    expression: "device.attributes['gpu.nvidia.com'].productName in ['NVIDIA A100-SXM4-80GB', 'NVIDIA A100 80GB PCIe']",
  });
  expect(claim({ claim: { memory: '40Gi' }, count: 1 })).toEqual({
    count: 1,
    expression: "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0",
  });
});

test('pods with devices have the runtime class of the cluster, pods with claims need none', () => {
  const k3s = cluster({ distribution: 'k3s' });
  expect(gpuNeeds({ type: 'nvidia-l4', count: 1 }, k3s).pod.runtimeClassName).toBe('nvidia');
  expect(wholeGpus(undefined, 8, k3s).pod.runtimeClassName).toBe('nvidia');
  expect(gpuNeeds({ claim: { type: 'nvidia-l4' }, count: 1 }, k3s).pod).not.toHaveProperty('runtimeClassName');
  expect(wholeGpus('nvidia-l4', 8, cluster()).pod).not.toHaveProperty('runtimeClassName');
});

test('every request is let onto GPU nodes', () => {
  const all: GpuRequest[] = [{ type: 'nvidia-l4', count: 1 }, A100, T4, { memory: '8Gi' }];
  for (const request of [...all, { claim: { memory: '8Gi' }, count: 1 } as const]) {
    expect(gpuNeeds(request, cluster()).pod.tolerations).toContainEqual({
      key: 'nvidia.com/gpu',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
  }
});

test.each<[string, GpuRequest, Props, string[]]>([
  ['whole cards anywhere', { type: 'nvidia-l4', count: 1 }, {}, []],
  [
    'a type that is not there, and nothing more',
    A100,
    { gpus: ['nvidia-l4'] },
    [
      "gpu.type must be a type of GPU in the cluster, got 'nvidia-a100-80gb', but it has nvidia-l4: add it to cluster.gpus or take another",
    ],
  ],
  [
    'a claimed type that is not there',
    { claim: { type: 'nvidia-t4' }, count: 1 },
    { gpus: ['nvidia-l4'] },
    [
      "gpu.claim.type must be a type of GPU in the cluster, got 'nvidia-t4', but it has nvidia-l4: add it to cluster.gpus or take another",
    ],
  ],
  [
    'a slice of whole cards',
    A100,
    {},
    [
      "gpu.mig must be a slice that the cluster has, got '2g.20gb', but its nvidia-a100-80gb are not said to be cut by MIG: describe it in cluster.gpuSharing",
    ],
  ],
  [
    'a slice of cards that are cut otherwise',
    A100,
    { gpuSharing: { 'nvidia-a100-80gb': { by: 'mig-single', profile: '1g.10gb' } } },
    [
      "gpu.mig must be a slice that the cluster has, got '2g.20gb', but its nvidia-a100-80gb are cut into 1g.10gb: describe it in cluster.gpuSharing",
    ],
  ],
  ['a slice that is there', A100, { gpuSharing: { 'nvidia-a100-80gb': { by: 'mig-mixed' } } }, []],
  [
    'a share of whole cards',
    T4,
    {},
    [
      "gpu.share must be how the cluster shares them, got 'time-slicing', but its nvidia-t4 are not said to be shared: describe it in cluster.gpuSharing",
    ],
  ],
  [
    'a share of cards that are shared otherwise',
    T4,
    { gpuSharing: { 'nvidia-t4': { by: 'mps', replicas: 4 } } },
    [
      "gpu.share must be how the cluster shares them, got 'time-slicing', but its nvidia-t4 are shared by mps: describe it in cluster.gpuSharing",
    ],
  ],
  [
    'MPS on GKE',
    { type: 'nvidia-t4', share: 'mps' },
    { distribution: 'gke', gpuSharing: { 'nvidia-t4': { by: 'mps', replicas: 4 } } },
    [
      "gpu.share must be 'time-slicing' on gke, got 'mps', where it needs hostIPC, which Pod Security restricted forbids",
    ],
  ],
  [
    'memory without its scheduler',
    { memory: '8Gi' },
    { distribution: 'ack' },
    [
      "gpu.memory must be shared out by Alibaba Cloud's scheduler, got '8Gi', but the cluster has no gpushare: add it to cluster.addons",
    ],
  ],
  [
    'a claim on an old cluster without a driver',
    { claim: { memory: '8Gi' }, count: 1 },
    { kubernetes: '1.33' },
    [
      'gpu.claim must run on Kubernetes 1.34 or newer, got 1.33: ask by gpu.type',
      'gpu.claim must be met by a driver, but the cluster has no nvidia-dra-driver: add it to cluster.addons or ask by gpu.type',
    ],
  ],
  ['a claim', { claim: { memory: '8Gi' }, count: 1 }, { kubernetes: '1.34', addons: ['nvidia-dra-driver'] }, []],
])('%s: what is missing is named', (_what, request, props, problems) => {
  expect(gpuProblems(request, cluster(props))).toEqual(problems);
});
