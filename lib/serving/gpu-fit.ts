import type { Derivation } from '../core/derivation';
import { type Bytes, bytes, formatBytes } from '../core/quantities';
import type { Cluster } from '../platform/cluster';
import { devicesOf, type GpuRequest } from '../platform/gpu-request';
import { gpuMemory } from '../platform/gpus';
import { migMemory } from '../platform/mig';
import { gpuCacheBytes, rawBytes } from './embedding-tables';
import type { ModelArtifact } from './model-artifact';
import type { Runtime } from './runtime';

/** The memory that CUDA and its libraries take for a process on a card before anything is loaded, in bytes. */
export const CUDA_CONTEXT = 0.5 * 2 ** 30;

/** What decides on whether a model fits; sizes in bytes. */
export interface FitInput {
  /** What of the model lies in GPU memory. */
  readonly size: number;
  /** Memory of each device. */
  readonly memory: number;
  /** Devices that the model is split over: 1 where each holds all of it. */
  readonly parts: number;
  /** The part of a device's memory that the runtime lets itself have, from 0 to 1. */
  readonly usable: number;
}

/**
 * What a device must hold and what it can: `size / parts ≤ usable × memory − CUDA context`. It tells what can't fit;
 * what fits may still need more for its activations, batches and caches.
 */
export function gpuFit({ size, memory, parts, usable }: FitInput): { needed: number; available: number } {
  return { needed: size / parts, available: Math.max(0, usable * memory - CUDA_CONTEXT) };
}

/** Memory of one of the devices that are asked for, in bytes, at most; undefined where nobody says. */
export function deviceMemory(request: GpuRequest, cluster: Cluster): number | undefined {
  if (request.claim !== undefined) {
    // A claim by memory may get a larger card: only the least is certain.
    return request.claim.type === undefined ? bytes(request.claim.memory) : gpuMemory(request.claim.type);
  }
  if (request.memory !== undefined) return bytes(request.memory);
  if (request.mig !== undefined) return migMemory(request.mig);
  if (request.share !== undefined) {
    const sharing = cluster.gpuSharing(request.type);
    return sharing !== undefined && 'replicas' in sharing ? gpuMemory(request.type) / sharing.replicas : undefined;
  }
  return gpuMemory(request.type);
}

/** Whether a server's model fits into its GPUs: how that came about, and what is wrong if it does not. */
export function modelFit(
  request: GpuRequest,
  model: Pick<ModelArtifact, 'size' | 'embeddings'>,
  runtime: Runtime,
  cluster: Cluster,
): { readonly derivation: Derivation; readonly problem: string | undefined } | undefined {
  const memory = deviceMemory(request, cluster);
  if (memory === undefined) return undefined;
  const { splits = false, usable = 1 } = runtime.gpuMemory ?? {};
  const parts = splits ? devicesOf(request) : 1;
  const size = request.holds ?? onEachGpu(model);
  const { needed, available } = gpuFit({ size: bytes(size), memory, parts, usable });
  const whole = `${usable === 1 ? '' : `${usable} × `}${gib(memory)} GiB − ${gib(CUDA_CONTEXT)} GiB for CUDA`;
  const share = parts === 1 ? `${size}` : `${size} / ${parts} GPUs`;
  return {
    derivation: {
      what: 'GPU memory',
      value: `${gib(needed)} of ${gib(available)} GiB`,
      formula: `${share} in ${whole}`,
    },
    problem:
      needed <= available
        ? undefined
        : `model.size must fit into GPU memory, got ${gib(needed)} GiB (${share}) for ${gib(available)} GiB (${whole}): take a larger GPU${splits ? ' or more of them' : ''}, or set gpu.holds to what of the model lies there`,
  };
}

/** Embedding tables stay in the host's memory, but for what each GPU caches of them. */
function onEachGpu({ size, embeddings }: Pick<ModelArtifact, 'size' | 'embeddings'>): Bytes {
  if (embeddings.length === 0) return size;
  return formatBytes(Math.max(0, bytes(size) - rawBytes(embeddings)) + gpuCacheBytes(embeddings));
}

/** Gibibytes to a tenth. */
function gib(count: number): number {
  return Math.round((count / 2 ** 30) * 10) / 10;
}
