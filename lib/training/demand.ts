import { type Bytes, bytes, type Cpu, cores } from '../core/quantities';
import type { Engine } from './engines/capabilities';
import { RAY_COMPANIONS } from './engines/rayjob';
import { PROGRESS_REQUESTS } from './progress';
import type { TrainingJobSettings } from './training-job-props';

/** What a run asks of a queue. */
export interface Demand {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly gpuType?: string | undefined;
  /** Of each node. */
  readonly resources: { readonly cpu: Cpu; readonly memory: Bytes };
  /** What the whole run asks for beyond that. */
  readonly beside: {
    /** Cores. */
    readonly cpu: number;
    /** Bytes. */
    readonly memory: number;
    /** What it is, in words. */
    readonly what: string;
  };
  /** Priority class of its pods, which is another priority than the one in its queue. */
  readonly priorityClass?: string | undefined;
}

/**
 * What Kueue counts of a run: its nodes, with the container in each that tells of progress, and of a RayJob the head and
 * the submitter. A run that fits only without them waits for ever.
 */
export function demandOf(settings: TrainingJobSettings, engine: Engine): Demand {
  const { nodes, progress } = settings;
  const sidecars = progress ? Array<Requests>(nodes).fill(PROGRESS_REQUESTS) : [];
  const companions: readonly Requests[] = engine === 'rayjob' ? RAY_COMPANIONS : [];
  const all = [...sidecars, ...companions];
  const words = [
    ...(companions.length === 0 ? [] : ["Ray's head and submitter"]),
    ...(progress ? ['the sidecars of progress'] : []),
  ];
  const beside = {
    // Floating point would make 0.1 + 0.2 cores more than 0.3.
    cpu: all.reduce((sum, { cpu }) => sum + Math.round(1000 * cores(cpu)), 0) / 1000,
    memory: all.reduce((sum, { memory }) => sum + bytes(memory), 0),
    what: words.join(' and '),
  };
  return { ...settings, beside };
}

interface Requests {
  readonly cpu: Cpu;
  readonly memory: Bytes;
}
