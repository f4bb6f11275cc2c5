import type { EnvVar } from 'kubernetes-types/core/v1';

/** The port at which the nodes of a run meet, torchrun's own default. */
export const RENDEZVOUS_PORT = 29500;

/** The name of a run: one on a schedule has another every time, and only the pod knows it. */
export const JOB_NAME: EnvVar = {
  name: 'JOB_NAME',
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
};

/** Names of the variables by which torchrun finds the other nodes: the library's, not the user's. */
export const OWNED_VARIABLES = ['PET_*', 'MASTER_ADDR', 'MASTER_PORT', 'RANK', 'WORLD_SIZE', 'LOCAL_RANK'] as const;

/** Whether a variable belongs to torchrun's contract, or is one of those that recstack builds it from. */
export function isOwnedVariable(name: string): boolean {
  return name.startsWith('PET_') || (OWNED_VARIABLES as readonly string[]).includes(name) || name === 'JOB_NAME';
}

/**
 * The environment in which `torchrun train.py`, without any flag, forms one process group over all nodes.
 *
 * Several nodes meet by torchrun's c10d rendezvous, hosted by the first. A plain Job starts only the failed node
 * again; with a static rendezvous its peers would wait for it until NCCL gives up, with this one they meet anew.
 *
 * The first node hosts the meeting if it takes the name for its own. By its whole name, which /etc/hosts has, it needs
 * no DNS for that: a shorter one is never its own to PyTorch 1.13, and to later ones not before DNS knows its address,
 * so that all would wait for a host that there isn't.
 *
 * @see https://github.com/pytorch/pytorch/blob/v1.13.1/torch/distributed/elastic/rendezvous/utils.py#L111
 * @see https://github.com/pytorch/pytorch/blob/main/torch/distributed/run.py
 */
export function torchrunEnv(props: {
  readonly nodes: number;
  /** The fewest that form a group: it forms anew whenever one more comes, or one is gone. */
  readonly minNodes?: number | undefined;
  readonly gpusPerNode: number;
  /** Domain in which the headless Service gives the pods their host names. */
  readonly domain: string;
  /** How often the process group may form anew before a node counts as failed. */
  readonly restarts: number;
}): EnvVar[] {
  const { nodes, minNodes = nodes, gpusPerNode, domain, restarts } = props;
  const common = groupSize(minNodes === nodes ? nodes : `${minNodes}:${nodes}`, gpusPerNode);
  if (nodes === 1) return [...common, { name: 'PET_STANDALONE', value: '1' }];
  return [
    JOB_NAME,
    ...common,
    { name: 'PET_RDZV_BACKEND', value: 'c10d' },
    { name: 'PET_RDZV_ENDPOINT', value: `$(JOB_NAME)-0.${domain}:${RENDEZVOUS_PORT}` },
    { name: 'PET_RDZV_ID', value: '$(JOB_NAME)' },
    { name: 'PET_MAX_RESTARTS', value: String(restarts) },
  ];
}

/**
 * The same for nodes that all start again when one fails: they meet at a fixed place, each with its rank, and a failed
 * process ends its node at once instead of being repaired.
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/distributed/run.py
 */
export function gangEnv(props: {
  readonly nodes: number;
  readonly gpusPerNode: number;
  /** The host name of the first node. */
  readonly master: string;
}): EnvVar[] {
  const { nodes, gpusPerNode, master } = props;
  return [
    ...groupSize(nodes, gpusPerNode),
    // JOB_COMPLETION_INDEX comes after these variables, where they can't refer to it.
    {
      name: 'PET_NODE_RANK',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
    },
    { name: 'PET_MASTER_ADDR', value: master },
    { name: 'PET_MASTER_PORT', value: String(RENDEZVOUS_PORT) },
    { name: 'PET_MAX_RESTARTS', value: '0' },
  ];
}

function groupSize(nodes: number | `${number}:${number}`, gpusPerNode: number): EnvVar[] {
  return [
    { name: 'PET_NNODES', value: String(nodes) },
    { name: 'PET_NPROC_PER_NODE', value: String(Math.max(1, gpusPerNode)) },
  ];
}
