import { seconds } from '../core/durations';
import { type Bytes, bytes, type Cpu, cores, formatBytes, formatCpu } from '../core/quantities';
import { devicesOf } from '../platform/gpu-request';
import * as budgets from './budgets';
import { hostBytes, rawBytes } from './embedding-tables';
import { locationOf } from './model-artifact';
import type { ModelServerSettings } from './model-server-props';

/** The numbers of a server that follow from its model, its runtime and what was measured. */
export interface Derived {
  /** Seconds for one attempt to copy the model; 0 where nothing is copied. */
  readonly pullSeconds: number;
  /** Seconds from the start of the server to its first good answer, at most. */
  readonly startupSeconds: number;
  /** Seconds that a pod has to end. */
  readonly graceSeconds: number;
  /** Seconds that a rollout may stand still. */
  readonly progressSeconds: number;
  /** Seconds from the decision for a replica until it is ready, as it should be. */
  readonly readySeconds: number;
  readonly cpu: Cpu;
  readonly memory: Bytes;
}

/** Computes a server's numbers by the formulas of `budgets.ts`. */
export function derive(settings: ModelServerSettings): Derived {
  const { model, runtime, gpu, resources, startup } = settings;
  const size = bytes(model.size);
  const pullSeconds =
    locationOf(model).scheme === 'pvc'
      ? 0
      : budgets.pullBudget({
          size,
          bandwidth: startup.pullPerSecond === undefined ? budgets.PULL_BYTES_PER_SECOND : bytes(startup.pullPerSecond),
        });
  const startupSeconds = budgets.startupBudget({
    size,
    bandwidth: startup.loadPerSecond === undefined ? budgets.LOAD_BYTES_PER_SECOND : bytes(startup.loadPerSecond),
    warmUp: startup.warmUp === undefined ? runtime.warmUpSeconds : seconds(startup.warmUp),
  });
  return {
    pullSeconds,
    startupSeconds,
    graceSeconds: budgets.gracePeriod(runtime.drainSeconds),
    progressSeconds: budgets.progressDeadline({ pull: pullSeconds, startup: startupSeconds }),
    readySeconds: budgets.readyTime({ pull: pullSeconds, startup: startupSeconds }),
    // In the API server's own form, so that applying twice changes nothing.
    cpu: formatCpu(
      resources.cpu === undefined ? budgets.cpuFor(gpu === undefined ? 0 : devicesOf(gpu)) : cores(resources.cpu),
    ),
    memory: formatBytes(
      resources.memory === undefined ? budgets.memoryFor(memoryNeeds(settings)) : bytes(resources.memory),
    ),
  };
}

/** What a server must have room for, in bytes: its model, as it lies in memory, and `/dev/shm`. */
export function memoryNeeds({ model, runtime }: Pick<ModelServerSettings, 'model' | 'runtime'>) {
  const { embeddings } = model;
  return {
    size: budgets.sizeInMemory({ size: bytes(model.size), raw: rawBytes(embeddings), held: hostBytes(embeddings) }),
    sharedMemory: runtime.sharedMemory === undefined ? 0 : bytes(runtime.sharedMemory),
  };
}
