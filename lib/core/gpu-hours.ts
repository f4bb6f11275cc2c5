import type { IConstruct } from 'constructs';

/** What a workload that comes and goes asks of GPUs, in hours of one card. */
export interface GpuHours {
  /** The type of its GPUs, unless any will do. */
  readonly gpuType: string | undefined;
  readonly perRun: number;
  /** In the average month of 365.25 / 12 days; undefined where it has no schedule. */
  readonly perMonth?: number;
  /** Whether it is the most that can come, rather than what is expected. */
  readonly isBound: boolean;
}

const GPU_HOURS = Symbol.for('recstack.gpu-hours');

/** Tells what a construct asks of GPUs, for whoever sums it up. */
export function tellGpuHours(construct: IConstruct, gpuHours: GpuHours): void {
  Object.defineProperty(construct, GPU_HOURS, { value: gpuHours });
}

/** What is asked of GPUs below a construct, in the order of the tree. */
export function gpuHoursBelow(root: IConstruct): GpuHours[] {
  return root.node.findAll().flatMap((construct): GpuHours[] => {
    const gpuHours: GpuHours | undefined = Reflect.get(construct, GPU_HOURS);
    return gpuHours === undefined ? [] : [gpuHours];
  });
}
