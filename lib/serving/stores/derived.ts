import type { Derivation } from '../../core/derivation';
import { type Bytes, bytes, type Cpu, cores, formatBytes, formatCpu } from '../../core/quantities';
import { ENDPOINT_LAG_SECONDS, startupBudget } from '../budgets';
import type { StoreEngine, StoreShape } from './engine';
import type { StoreSettings } from './store-props';

/** The numbers of a store that follow from what it keeps. */
export interface DerivedStore {
  readonly cpu: Cpu;
  /** Undefined where the user has to say. */
  readonly memory: Bytes | undefined;
  readonly startupSeconds: number;
  /** Seconds before it is told to stop: a replica leaves the endpoints first, an only one has nobody to hand over to. */
  readonly lagSeconds: number;
  readonly graceSeconds: number;
}

/** Computes a store's numbers. */
export function deriveStore(engine: StoreEngine, shape: StoreShape, { resources }: StoreSettings): DerivedStore {
  const { memory, loads, loadsPerSecond } = engine.sizing(shape);
  const given = resources.memory === undefined ? memory?.bytes : bytes(resources.memory);
  const lagSeconds = shape.replicas > 1 ? ENDPOINT_LAG_SECONDS : 0;
  return {
    cpu: formatCpu(cores(resources.cpu ?? '1')),
    memory: given === undefined ? undefined : formatBytes(given),
    startupSeconds: startupBudget({ size: loads, bandwidth: loadsPerSecond, warmUp: engine.warmUpSeconds }),
    lagSeconds,
    graceSeconds: lagSeconds + engine.stopSeconds + 5,
  };
}

/** How the numbers came about. */
export function explainStore(engine: StoreEngine, shape: StoreShape, settings: StoreSettings): Derivation[] {
  const { memory, storage, loads, loadsPerSecond } = engine.sizing(shape);
  const { startupSeconds, graceSeconds, lagSeconds } = deriveStore(engine, shape, settings);
  return [
    ...(memory === undefined || settings.resources.memory !== undefined
      ? []
      : [{ what: 'resources.memory', value: formatBytes(memory.bytes), formula: memory.formula }]),
    ...(storage === undefined
      ? []
      : [{ what: 'storage, at least', value: formatBytes(storage.bytes), formula: storage.formula }]),
    {
      what: 'startup budget',
      value: `${startupSeconds}s`,
      formula:
        loads === 0
          ? `2 × ${engine.warmUpSeconds} s warm-up`
          : `2 × (${formatBytes(loads)} / ${formatBytes(loadsPerSecond)} a second + ${engine.warmUpSeconds} s warm-up)`,
    },
    {
      what: 'terminationGracePeriodSeconds',
      value: `${graceSeconds}s`,
      formula: `${lagSeconds} s endpoint lag + ${engine.stopSeconds} s to finish and save + 5 s exit`,
    },
  ];
}
