import { Construct } from 'constructs';
import { type TrainingJobProps, type TrainingNetwork, TrainingQueue } from '../../lib';
import { envOf, objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { FOUR_NODES, jobOf, jobSetOf, jobSetPlatform, trainerOf, training } from './fixtures';

const RDMA = { by: 'rdma', resource: 'rdma/hca_shared_devices_a', count: 8, lockedMemory: 'unlimited' } as const;
const EFA = { by: 'efa', count: 4, lockedMemory: 'unlimited' } as const;

/** The variables of networks in a run's pods. */
function networkEnv(props: Partial<TrainingJobProps> = {}) {
  const env = Object.entries(envOf(trainerOf({ ...FOUR_NODES, ...props })));
  return Object.fromEntries(env.filter(([name]) => /^(NCCL|GLOO|FI)_/.test(name)));
}

const refused = (props: Partial<TrainingJobProps>, shop?: Construct) =>
  problemsOf(() => objectsOf(training({ ...FOUR_NODES, ...props }, shop)));

test('a node alone is told nothing of networks', () => {
  expect(networkEnv({ nodes: 1 })).toEqual({});
  expect(trainerOf({ gpusPerNode: 8 }).resources.limits).not.toHaveProperty('rdma/hca_shared_devices_a');
});

test('several nodes talk by TCP over the interface of the pod, and look for no cards that they may not open', () => {
  expect(networkEnv()).toEqual({
    NCCL_SOCKET_IFNAME: '=eth0',
    GLOO_SOCKET_IFNAME: 'eth0',
    NCCL_NET: 'Socket',
    NCCL_IB_DISABLE: '1',
  });
  expect(networkEnv({ network: { by: 'tcp' } })).toEqual(networkEnv());
  expect(jobOf(FOUR_NODES).template.metadata).not.toHaveProperty('annotations');
});

test('a JobSet has the same variables', () => {
  const [trainer] = jobSetOf().replicatedJobs[0]?.template.spec.template.spec?.containers ?? [];
  expect(envOf(trainer ?? { name: 'none' })).toMatchObject(networkEnv());
});

test('NCCL takes the name of an interface as it is, and not for a prefix: eth1 is not eth10', () => {
  expect(networkEnv({ network: { by: 'tcp', interface: 'eth1' } })).toMatchObject({
    NCCL_SOCKET_IFNAME: '=eth1',
    GLOO_SOCKET_IFNAME: 'eth1',
  });
});

test('on CPU there is only Gloo, which would take the loopback interface where the host has no name', () => {
  expect(networkEnv({ gpusPerNode: 0 })).toEqual({ GLOO_SOCKET_IFNAME: 'eth0' });
});

test('RDMA asks for cards, and fails without them rather than fall back to TCP in silence', () => {
  expect(networkEnv({ network: RDMA })).toEqual({
    NCCL_SOCKET_IFNAME: '=eth0',
    GLOO_SOCKET_IFNAME: 'eth0',
    NCCL_NET: 'IB',
  });
  const { requests, limits } = trainerOf({ ...FOUR_NODES, network: RDMA }).resources;
  const devices = { 'nvidia.com/gpu': '8', 'rdma/hca_shared_devices_a': '8' };
  expect([requests, limits]).toEqual([expect.objectContaining(devices), expect.objectContaining(devices)]);
});

test('cards go by their exact names, and an address by its index', () => {
  expect(networkEnv({ network: { ...RDMA, hca: ['mlx5_0', 'mlx5_1:1'], gidIndex: 3 } })).toMatchObject({
    NCCL_IB_HCA: '=mlx5_0,mlx5_1:1',
    NCCL_IB_GID_INDEX: '3',
  });
});

test('Multus attaches further networks to the pods of every engine', () => {
  const network = { ...RDMA, attachments: ['rail-0', 'kube-system/rail-1@net1'] };
  const annotations = { 'k8s.v1.cni.cncf.io/networks': 'rail-0,kube-system/rail-1@net1' };
  expect(jobOf({ ...FOUR_NODES, network }).template.metadata?.annotations).toEqual(annotations);
  const inJobSet = jobSetOf({ network, hyperparameters: { lr: 1 } }).replicatedJobs[0]?.template.spec.template;
  expect(inJobSet?.metadata?.annotations).toEqual({ ...annotations, 'recstack/hyperparameters': '{"lr":1}' });
});

test('the adapter of AWS is used through libfabric or not at all, without huge pages, which run out when data loaders fork', () => {
  expect(networkEnv({ network: EFA })).toEqual({
    NCCL_SOCKET_IFNAME: '=eth0',
    GLOO_SOCKET_IFNAME: 'eth0',
    NCCL_NET: 'AWS Libfabric',
    FI_PROVIDER: 'efa',
    FI_EFA_USE_HUGE_PAGE: '0',
  });
  expect(trainerOf({ ...FOUR_NODES, network: EFA }).resources.limits).toMatchObject({ 'vpc.amazonaws.com/efa': '4' });
});

test.each([RDMA, EFA])(
  'nvidia-container-toolkit#2037: no capability is added for $by, as it would do nothing for a user other than root',
  (network) => {
    expect(trainerOf({ ...FOUR_NODES, network }).securityContext.capabilities).toEqual({ drop: ['ALL'] });
  },
);

test('in production, cards are warned about until nodes are said to let containers lock memory', () => {
  const LIMIT =
    "network.lockedMemory is not said: with the usual limit of 8 MiB, NCCL can't register memory with the cards: raise it on the nodes (LimitMEMLOCK=infinity of containerd) and set it to 'unlimited'";
  const warnings = (network: TrainingNetwork | undefined, production = true) =>
    objectsOf(training({ ...FOUR_NODES, network }, platform({ production }))).warnings.map(({ text }) => text);
  for (const network of [RDMA, EFA]) {
    expect(warnings({ ...network, lockedMemory: undefined })).toContain(LIMIT);
    expect(warnings({ ...network, lockedMemory: undefined }, false)).not.toContain(LIMIT);
    expect(warnings(network)).not.toContain(LIMIT);
  }
  expect(warnings(undefined)).not.toContain(LIMIT);
});

test.each([
  ['NCCL_SOCKET_IFNAME', 'network.interface'],
  ['GLOO_SOCKET_IFNAME', 'network.interface'],
  ['NCCL_NET', 'network.by'],
  ['NCCL_IB_DISABLE', 'network.by'],
  ['NCCL_IB_HCA', 'network.hca'],
  ['NCCL_IB_GID_INDEX', 'network.gidIndex'],
  ['FI_PROVIDER', 'network.by'],
  ['FI_EFA_USE_HUGE_PAGE', 'network.by'],
])('%s follows from %s on several nodes, and belongs to the user on one', (name, prop) => {
  for (const network of [undefined, RDMA, EFA]) {
    expect(refused({ network, env: { [name]: '1' } })).toEqual([
      `[shop/retraining] env.${name} must be left to recstack with several nodes, got '1': set ${prop}`,
    ]);
  }
  expect(refused({ nodes: 1, env: { [name]: '1' } })).toEqual([]);
});

test('every variable that a network sets is one that a user may not set', () => {
  for (const network of [undefined, { ...RDMA, hca: ['mlx5_0'], gidIndex: 0 }, EFA]) {
    const names = Object.keys(networkEnv({ network }));
    const env = Object.fromEntries(names.map((name) => [name, '1']));
    expect(refused({ network, env })).toHaveLength(names.length);
  }
});

test('what says nothing of how nodes reach each other stays free', () => {
  const env = {
    NCCL_DEBUG: 'INFO',
    NCCL_IB_TC: '106',
    NCCL_TOPO_FILE: '/data/topo.xml',
    TORCH_NCCL_BLOCKING_WAIT: '1',
  };
  expect(refused({ env })).toEqual([]);
  expect(envOf(trainerOf({ ...FOUR_NODES, env }))).toMatchObject(env);
});

test.each<[what: string, props: Partial<TrainingJobProps>, problem: string]>([
  [
    'a network for a node alone',
    { nodes: 1, network: RDMA },
    "network must come with several nodes, got 'rdma' and one: leave it out or raise nodes",
  ],
  [
    'RDMA without GPUs',
    { gpusPerNode: 0, network: RDMA },
    "network.by must be 'tcp' without GPUs, got 'rdma', which Gloo does not know: set gpusPerNode",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/retraining] ${problem}`]);
});

test('the adapter of AWS is refused where it can not be', () => {
  const on = (distribution: 'ack' | 'eks' | 'other') => platform({ cluster: { kubernetes: '1.33', distribution } });
  expect(refused({ network: EFA }, on('ack'))).toEqual([
    "[shop/retraining] network.by must be 'tcp' or 'rdma' on ack, got 'efa', which AWS has: take one of them",
  ]);
  expect(refused({ network: EFA }, on('eks'))).toEqual([]);
  expect(refused({ network: EFA }, on('other'))).toEqual([]);
});

const RESOURCE = "network.resource must be a resource of a device plugin, like 'rdma/hca_shared_devices_a'";
const HINT = 'kubectl describe node shows it under Allocatable';

test.each<[what: string, network: object, problem: string]>([
  ['another network', { by: 'infiniband' }, "network.by must be one of tcp, rdma, efa, got 'infiniband'"],
  ['RDMA of nothing', { by: 'rdma' }, `${RESOURCE}, but is missing: ${HINT}`],
  ['a resource without a domain', { ...RDMA, resource: 'hca' }, `${RESOURCE}, got 'hca': ${HINT}`],
  ['GPUs for cards', { ...RDMA, resource: 'nvidia.com/gpu' }, `${RESOURCE}, got 'nvidia.com/gpu': ${HINT}`],
  ["Kubernetes' own", { ...RDMA, resource: 'kubernetes.io/hca' }, `${RESOURCE}, got 'kubernetes.io/hca': ${HINT}`],
  [
    'what a quota would call cards',
    { ...RDMA, resource: 'requests.rdma/hca' },
    `${RESOURCE}, got 'requests.rdma/hca': ${HINT}`,
  ],
  ['a domain that is none', { ...RDMA, resource: 'rdma..io/hca' }, `${RESOURCE}, got 'rdma..io/hca': ${HINT}`],
  ['no card', { ...RDMA, count: 0 }, 'network.count must be a whole number of cards, from 1 to 64, got 0'],
  [
    'an unknown number of adapters',
    { by: 'efa' },
    'network.count must be a whole number of adapters, from 1 to 64, but is missing',
  ],
  [
    'an interface with the sign of NCCL',
    { by: 'tcp', interface: '=eth0' },
    "network.interface must be the name of a network interface in the pod, at most 15 characters, like 'eth0', got '=eth0'",
  ],
  [
    'several interfaces',
    { by: 'tcp', interface: 'eth0,eth1' },
    "network.interface must be the name of a network interface in the pod, at most 15 characters, like 'eth0', got 'eth0,eth1'",
  ],
  [
    'a card with the sign of NCCL',
    { ...RDMA, hca: ['^mlx5_0'] },
    "network.hca[0] must be the name of a card, like 'mlx5_0' or, with its port, 'mlx5_0:1', got '^mlx5_0'",
  ],
  ['no cards by name', { ...RDMA, hca: [] }, 'network.hca must have at least 1 item, got []'],
  [
    'an attachment that is no name',
    { ...RDMA, attachments: ['a,b'] },
    "network.attachments[0] must be the name of a NetworkAttachmentDefinition, like 'rdma-net' or 'kube-system/rdma-net', got 'a,b'",
  ],
  [
    'an attachment that ends with a dash',
    { ...RDMA, attachments: ['rail-'] },
    "network.attachments[0] must be the name of a NetworkAttachmentDefinition, like 'rdma-net' or 'kube-system/rdma-net', got 'rail-'",
  ],
  ['a little locked memory', { ...RDMA, lockedMemory: '64Gi' }, "network.lockedMemory must be 'unlimited', got '64Gi'"],
  ['cards by TCP', { by: 'tcp', count: 1 }, 'network.count is not known (known: by, interface)'],
])('%s is refused', (_what, network, problem) => {
  expect(refused({ network: network as TrainingNetwork })).toEqual([`[shop/retraining] ${problem}`]);
});

test('what one kind of network has does not compile for another', () => {
  // @ts-expect-error: TCP needs no cards
  expect(refused({ network: { by: 'tcp', count: 8 } })).toHaveLength(1);
  // @ts-expect-error: there is no network by RDMA without a resource
  expect(refused({ network: { by: 'rdma', count: 8 } })).toHaveLength(1);
});

test.each(['aliyun/erdma', 'nvidia.com/mlnxnics', 'rdma/rdma_shared_device_a', 'openshift.io/mlx_rdma'])(
  '%s is a resource of cards',
  (resource) => {
    expect(refused({ network: { ...RDMA, resource } })).toEqual([]);
  },
);

test('Kueue admits nothing that asks for what is not in the quota: cards are, once, and are never what is short', () => {
  const shop = jobSetPlatform();
  const queue = new TrainingQueue(shop, 'gpus', {
    gpus: { count: 64, type: 'nvidia-a100-80gb' },
    cpu: '256',
    memory: '2Ti',
  });
  const run = { ...FOUR_NODES, gpuType: 'nvidia-a100-80gb', queue, network: RDMA } as const;
  training(run, shop);
  training(run, new Construct(shop, 'again'));
  training({ ...run, network: EFA }, new Construct(shop, 'efa'));
  const { resourceGroups } = specOf<{
    resourceGroups: { coveredResources: string[]; flavors: { resources: object[] }[] }[];
  }>(objectsOf(shop), 'ClusterQueue', 'shop-gpus');
  const [group] = resourceGroups;
  const covered = ['nvidia.com/gpu', 'cpu', 'memory', 'ephemeral-storage', RDMA.resource, 'vpc.amazonaws.com/efa'];
  expect(group?.coveredResources).toEqual(covered);
  expect(group?.flavors[0]?.resources.map((quota) => Reflect.get(quota, 'name'))).toEqual(covered);
  expect(group?.flavors[0]?.resources).toContainEqual({ name: RDMA.resource, nominalQuota: '1M' });
});

test('a queue of which no run asks for cards has none', () => {
  const shop = jobSetPlatform();
  const queue = new TrainingQueue(shop, 'cpus', { cpu: '256', memory: '2Ti' });
  training({ nodes: 2, queue }, shop);
  expect(JSON.stringify(specOf(objectsOf(shop), 'ClusterQueue', 'shop-cpus'))).not.toContain('1M');
});
