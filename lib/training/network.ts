import type { Cluster } from '../platform/cluster';
import type { Distribution } from '../platform/distributions';
import { POD_INTERFACE } from './network-props';
import type { TrainingJobSettings } from './training-job-props';

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
