import type { Footprint } from '../capacity/footprint';

/** `7 pods ask for 34 CPU, 98 GiB of memory, 3 GPUs and 2 GPU slices` */
export function describeFootprint({ pods, cpu, memory, gpus, gpuSlices, gpuShares, gpuMemory }: Footprint): string {
  const devices = [
    counted(gpus, 'GPU'),
    counted(gpuSlices, 'GPU slice'),
    counted(gpuShares, 'GPU share'),
    gpuMemory === 0 ? [] : `${gibibytes(gpuMemory)} GiB of shared GPU memory`,
  ].flat();
  const last = devices.pop();
  const cards = last === undefined ? '' : `${devices.map((part) => `, ${part}`).join('')} and ${last}`;
  const asking = pods === 1 ? '1 pod asks' : `${pods} pods ask`;
  return `${asking} for ${Math.round(cpu * 100) / 100} CPU, ${gibibytes(memory)} GiB of memory${cards}`;
}

function counted(count: number, what: string): string | [] {
  return count === 0 ? [] : `${count} ${what}${count === 1 ? '' : 's'}`;
}

function gibibytes(bytes: number): number {
  return Math.round((bytes / 2 ** 30) * 10) / 10;
}
