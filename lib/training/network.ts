import { z } from 'zod';
import { must, pattern, wholeNumber } from '../core/schema';
import type { Cluster } from '../platform/cluster';
import type { Distribution } from '../platform/distributions';
import type { TrainingJobSettings } from './training-job-props';

/** The interface that container runtimes give a pod, whatever the node's own is called. */
const POD_INTERFACE = 'eth0';

const interfaceRule = must("be the name of a network interface in the pod, at most 15 characters, like 'eth0'");
const resourceRule = must(
  "be a resource of a device plugin, like 'rdma/hca_shared_devices_a'",
  'kubectl describe node shows it under Allocatable',
);
const RESOURCE = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const cardRule = must("be the name of a card, like 'mlx5_0' or, with its port, 'mlx5_0:1'");
const attachmentRule = must("be the name of a NetworkAttachmentDefinition, like 'rdma-net' or 'kube-system/rdma-net'");

const onEveryNetwork = {
  /**
   * The pod's interface for TCP, by which the nodes find each other, also where the data goes another way.
   * @default 'eth0' - what container runtimes call it
   */
  interface: pattern<string>(/^[\w.-]{1,15}$/, interfaceRule).default(POD_INTERFACE),
};

const onCards = {
  /**
   * Says that containers on the nodes may lock memory without limit (`LimitMEMLOCK=infinity` in the unit of containerd,
   * or an rlimit in its base runtime spec), which cards demand of memory that they read by themselves. Kubernetes has no
   * field for it, and the capability IPC_LOCK of the device plugins' examples does nothing for a user other than root:
   * recstack never adds it.
   * @default - not said, which is warned about in production: 8 MiB are usual, and memory of NCCL can't be registered
   */
  lockedMemory: z.literal('unlimited').optional(),
};

/** Checks how the nodes of a run reach each other. */
export const networkSchema = z.discriminatedUnion('by', [
  z.strictObject({
    /** By TCP over the pods' own network, which is there everywhere. */
    by: z.literal('tcp'),
    ...onEveryNetwork,
  }),
  z.strictObject({
    /**
     * By RDMA: InfiniBand, RoCE, or what a cloud has of the kind. A run that can't use the cards fails, and does not go
     * on by TCP, at a fraction of the speed. Network policies know nothing of what passes by RDMA, nor of further
     * interfaces: the fabric itself must keep runs apart.
     */
    by: z.literal('rdma'),
    ...onEveryNetwork,
    /**
     * What the device plugin calls the cards.
     * @example 'rdma/hca_shared_devices_a', 'aliyun/erdma', 'nvidia.com/mlnxnics'
     */
    resource: pattern<string>(
      RESOURCE,
      resourceRule,
      (name) => !/^nvidia\.com\/gpu$|(^|\.)kubernetes\.io\//.test(name),
    ),
    /**
     * Cards for each node, as the device plugin counts them: those that share one count a place on it.
     * @default 1
     */
    count: wholeNumber({ min: 1, max: 64, of: 'cards' }).default(1),
    /**
     * The cards that NCCL may use, by their exact names.
     * @default - all in the pod
     */
    hca: z
      .array(pattern<string>(/^\w[\w.-]*(:\d+)?$/, cardRule))
      .min(1)
      .readonly()
      .optional(),
    /**
     * Which address of a RoCE card is used.
     * @default - NCCL looks for one of RoCE v2, from 2.21 on
     */
    gidIndex: wholeNumber({ min: 0, max: 255, of: 'an index' }).optional(),
    /**
     * Networks that Multus attaches to the pods, one for each card, where RoCE needs an interface of its own in the pod.
     * @default - none
     */
    attachments: z
      .array(pattern<string>(/^([a-z0-9][-a-z0-9]*\/)?[a-z0-9][-a-z0-9.]*(@[\w.-]{1,15})?$/, attachmentRule))
      .min(1)
      .readonly()
      .optional(),
    ...onCards,
  }),
  z.strictObject({
    /**
     * By the Elastic Fabric Adapter of AWS, through libfabric, which the image must have along with aws-ofi-nccl. As with
     * RDMA, a run that can't use it fails, and network policies know nothing of it.
     */
    by: z.literal('efa'),
    ...onEveryNetwork,
    /** Adapters for each node: all that the type of instance has. */
    count: wholeNumber({ min: 1, max: 64, of: 'adapters' }),
    ...onCards,
  }),
]);

/** How the nodes of a run reach each other. @useDeclaredType */
export type TrainingNetwork = z.input<typeof networkSchema>;

/** The variables that say how nodes reach each other, with the prop that each follows from. */
const OWNED = {
  NCCL_SOCKET_IFNAME: 'network.interface',
  GLOO_SOCKET_IFNAME: 'network.interface',
  NCCL_NET: 'network.by',
  NCCL_IB_DISABLE: 'network.by',
  NCCL_IB_HCA: 'network.hca',
  NCCL_IB_GID_INDEX: 'network.gidIndex',
  FI_PROVIDER: 'network.by',
  FI_EFA_USE_HUGE_PAGE: 'network.by',
} as const satisfies Record<string, string>;

type Variables = Partial<Record<keyof typeof OWNED, string>>;

/** What the network of a run puts into its pods: nothing where a node is alone. */
export function networkOf({
  nodes,
  gpusPerNode,
  network,
}: Pick<TrainingJobSettings, 'nodes' | 'gpusPerNode' | 'network'>): {
  readonly env: Variables;
  /** Devices by the name of their resource. */
  readonly devices: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
} {
  if (nodes === 1) return { env: {}, devices: {}, annotations: {} };
  const name = network?.interface ?? POD_INTERFACE;
  // Gloo asks for the address of the host's name otherwise, and takes the loopback interface when there is none.
  const gloo = { GLOO_SOCKET_IFNAME: name };
  if (gpusPerNode === 0) return { env: gloo, devices: {}, annotations: {} };
  // NCCL takes this for a prefix without the sign, and takes interfaces called ib… first when nothing is said.
  const env = { NCCL_SOCKET_IFNAME: `=${name}`, ...gloo };
  // A network that is named is used or fails; NCCL would otherwise try what the image brings and end with TCP.
  if (network?.by === 'rdma') {
    const { resource, count, hca, gidIndex, attachments } = network;
    return {
      env: {
        ...env,
        NCCL_NET: 'IB',
        ...(hca === undefined ? {} : { NCCL_IB_HCA: `=${hca.join(',')}` }),
        ...(gidIndex === undefined ? {} : { NCCL_IB_GID_INDEX: String(gidIndex) }),
      },
      devices: { [resource]: String(count) },
      annotations: attachments === undefined ? {} : { 'k8s.v1.cni.cncf.io/networks': attachments.join(',') },
    };
  }
  if (network?.by === 'efa') {
    // The name that every version of the plugin answers to. Its huge pages run out when data loaders fork.
    const efa = { NCCL_NET: 'AWS Libfabric', FI_PROVIDER: 'efa', FI_EFA_USE_HUGE_PAGE: '0' };
    return { env: { ...env, ...efa }, devices: { 'vpc.amazonaws.com/efa': String(network.count) }, annotations: {} };
  }
  return { env: { ...env, NCCL_NET: 'Socket', NCCL_IB_DISABLE: '1' }, devices: {}, annotations: {} };
}

/** Where AWS' adapter is not. */
const ELSEWHERE: readonly Distribution[] = ['gke', 'aks', 'ack', 'minikube'];

/** What can't work about the network of a run. */
export function networkProblems(
  settings: TrainingJobSettings,
  { distribution }: Pick<Cluster, 'distribution'>,
): string[] {
  const { nodes, gpusPerNode, network, env } = settings;
  if (nodes === 1) {
    if (network === undefined) return [];
    return [`network must come with several nodes, got '${network.by}' and one: leave it out or raise nodes`];
  }
  const problems = Object.entries(OWNED).flatMap(([name, prop]) => {
    const value = env[name];
    return value === undefined
      ? []
      : [`env.${name} must be left to recstack with several nodes, got '${value}': set ${prop}`];
  });
  if (network === undefined || network.by === 'tcp') return problems;
  if (gpusPerNode === 0) {
    problems.push(
      `network.by must be 'tcp' without GPUs, got '${network.by}', which Gloo does not know: set gpusPerNode`,
    );
  }
  if (network.by === 'efa' && ELSEWHERE.includes(distribution)) {
    problems.push(`network.by must be 'tcp' or 'rdma' on ${distribution}, got 'efa', which AWS has: take one of them`);
  }
  return problems;
}

/** What may not work about it: only the nodes know. */
export function networkWarnings({ network }: TrainingJobSettings): string[] {
  if (network === undefined || network.by === 'tcp' || network.lockedMemory !== undefined) return [];
  return [
    "network.lockedMemory is not said: with the usual limit of 8 MiB, NCCL can't register memory with the cards: raise it on the nodes (LimitMEMLOCK=infinity of containerd) and set it to 'unlimited'",
  ];
}
