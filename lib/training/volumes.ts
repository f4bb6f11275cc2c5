import type { Volume, VolumeMount } from 'kubernetes-types/core/v1';
import { z } from 'zod';
import { isName, nameRule, nameSchema } from '../core/names';
import { type Bytes, bytes, formatBytes } from '../core/quantities';
import { must, pattern } from '../core/schema';
import { HYPERPARAMETERS } from './hyperparameters';
import type { TrainingJobSettings } from './training-job-props';

/** Below it, each claim of data is mounted under its name. */
const DATA_FOLDER = '/data';

/** The prefix of the volumes of data, whose names may have 63 characters. */
const PREFIX = 'data-';
const LONGEST = 63 - PREFIX.length;

/** Disk beyond `/tmp`, for logs and what the container runtime keeps. */
const REST_OF_DISK = 2 * 2 ** 30;

/** Checks {@link TrainingJobSettings.data}. */
export const dataSchema = z.record(
  pattern<string>(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, must(nameRule(LONGEST)), (name) => isName(name, LONGEST)),
  z.strictObject({
    /** Name of the PersistentVolumeClaim. */
    claim: nameSchema,
  }),
);

/**
 * The size of `/dev/shm`: NVIDIA recommends 1 GiB for NCCL, whose buffers between processes lie there, beside what data
 * loaders hand over. It is a part of the container's memory.
 *
 * @see https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting/runtime_and_mpi_issues.html
 */
export function sharedMemoryOf({
  sharedMemory,
  resources,
}: Pick<TrainingJobSettings, 'sharedMemory' | 'resources'>): Bytes {
  return formatBytes(sharedMemory === undefined ? Math.min(2 ** 30, bytes(resources.memory) / 2) : bytes(sharedMemory));
}

/** The disk that a node's pod sets aside: what `/tmp` may hold, and 2 GiB; a full `/tmp` must not evict the pod. */
export function diskOf({ scratch }: Pick<TrainingJobSettings, 'scratch'>): Bytes {
  return formatBytes(bytes(scratch) + REST_OF_DISK);
}

/**
 * The volumes of data, and where the program finds them.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/volume/csi/csi_mounter.go on what becomes of files that
 *   are not read-only
 */
export function dataVolumes({ data }: Pick<TrainingJobSettings, 'data'>): {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
} {
  const names = Object.keys(data);
  return {
    // Read-only as a whole, or the kubelet would make all files the pod's own before it starts: hours, for millions.
    volumes: Object.entries(data).map(([name, { claim }]) => ({
      name: PREFIX + name,
      persistentVolumeClaim: { claimName: claim, readOnly: true },
    })),
    mounts: names.map((name) => ({ name: PREFIX + name, mountPath: `${DATA_FOLDER}/${name}`, readOnly: true })),
  };
}

/** The file, from the pod itself or from where a sweep writes it: there until then is none, for which the pod waits. */
export function hyperparameterVolumes({ hyperparameters, hyperparametersFrom }: TrainingJobSettings): Volume[] {
  const path = HYPERPARAMETERS.file;
  if (hyperparametersFrom !== undefined) {
    return [{ name: 'hyperparameters', configMap: { name: hyperparametersFrom.best, items: [{ key: path, path }] } }];
  }
  if (hyperparameters === undefined) return [];
  const fieldPath = `metadata.annotations['${HYPERPARAMETERS.annotation}']`;
  return [{ name: 'hyperparameters', downwardAPI: { items: [{ path, fieldRef: { fieldPath } }] } }];
}

/** What can't work about memory, disk and data. */
export function volumeProblems({ sharedMemory, resources, data, checkpoints }: TrainingJobSettings): string[] {
  const problems: string[] = [];
  if (sharedMemory !== undefined && bytes(sharedMemory) >= bytes(resources.memory)) {
    problems.push(
      `sharedMemory must be less than resources.memory, '${resources.memory}', of which it is a part, got '${sharedMemory}': lower it or raise the memory`,
    );
  }
  const takers = new Map(checkpoints === undefined ? [] : [[checkpoints.claim, 'checkpoints']]);
  for (const [name, { claim }] of Object.entries(data)) {
    const taker = takers.get(claim);
    // The kubelet waits for ever for the second volume of a claim (kubernetes#51853).
    if (taker === undefined) takers.set(claim, `data.${name}`);
    else {
      problems.push(
        `data.${name}.claim must be another one than that of ${taker}, got '${claim}': a pod with two volumes of one claim never starts`,
      );
    }
  }
  return problems;
}
