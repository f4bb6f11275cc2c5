/*
 * The numbers of a server that are computed rather than guessed. Each is a small pure function: sizes in bytes,
 * times in seconds.
 */

/** How fast a model is copied from its store, unless a user measured it: a slow day of an object store. */
export const PULL_BYTES_PER_SECOND = 50 * 2 ** 20;

/** How fast a server reads a model from the node's disk into memory, unless a user measured it. */
export const LOAD_BYTES_PER_SECOND = 200 * 2 ** 20;

/** How long endpoints keep sending new requests to a pod that is being deleted: kube-proxy and gateways lag behind. */
export const ENDPOINT_LAG_SECONDS = 10;

/**
 * The time that a server may take from its start until it answers, and after which it is started again:
 * `2 × (size / bandwidth + warm-up)`. Twice, because a budget that is just right kills big models on slow days
 * (kserve#3795, triton#6469).
 */
export function startupBudget({ size, bandwidth, warmUp }: Readonly<Record<'size' | 'bandwidth' | 'warmUp', number>>) {
  return Math.ceil(2 * (size / bandwidth + warmUp));
}

/**
 * The time that the copy of a model may take before it is given up and tried again: `2 × size / bandwidth`, at
 * least a minute.
 */
export function pullBudget({ size, bandwidth }: Readonly<Record<'size' | 'bandwidth', number>>): number {
  return Math.max(60, Math.ceil((2 * size) / bandwidth));
}

/**
 * The time that a rollout may stand still before Kubernetes calls it failed: a node and its image (10 min, which is
 * also Kubernetes' default for all of it), the copy, and the start. Without the last two, every rollout of a big
 * model would be called failed while it is going well.
 */
export function progressDeadline({ pull, startup }: Readonly<Record<'pull' | 'startup', number>>): number {
  return 600 + pull + startup;
}

/**
 * The time from the decision for a replica until it is ready: `30 + (pull + startup) / 2`. Half a minute until it is
 * scheduled on a node that is there and has the image, and starts; the budgets are twice what the copy and the start
 * should take.
 */
export function readyTime({ pull, startup }: Readonly<Record<'pull' | 'startup', number>>): number {
  return 30 + Math.ceil((pull + startup) / 2);
}

/**
 * The time that a pod has to end: `lag + drain + 5`. Endpoints leave first, while the server still takes requests;
 * then it is told to stop and finishes what it has; 5 s remain for its exit. Shorter, and requests are cut off
 * (kserve#5496, vllm#24885).
 */
export function gracePeriod(drain: number): number {
  return ENDPOINT_LAG_SECONDS + drain + 5;
}

/**
 * The size of a model in host memory: `files - embedding tables in them + embedding tables in memory`. A hash map is
 * larger than its table (HugeCTR#412), and a table that is held in part is smaller.
 */
export function sizeInMemory({ size, raw, held }: Readonly<Record<'size' | 'raw' | 'held', number>>): number {
  return Math.max(0, size - raw) + held;
}

/**
 * The memory of a replica that states none: `1.25 × model + 2 GiB + /dev/shm`. The model passes through host memory
 * also on its way to a GPU; a quarter more for the copies while it is unpacked, 2 GiB for the program; `/dev/shm` is
 * memory and counts against the container's limit. The size of the model is that of {@link sizeInMemory}.
 */
export function memoryFor({ size, sharedMemory }: Readonly<Record<'size' | 'sharedMemory', number>>): number {
  return 1.25 * size + 2 * 2 ** 30 + sharedMemory;
}

/** The cores of a replica that states none: 4 to feed each GPU with decoded requests, 2 where the CPU does the work. */
export function cpuFor(gpus: number): number {
  return gpus === 0 ? 2 : 4 * gpus;
}
