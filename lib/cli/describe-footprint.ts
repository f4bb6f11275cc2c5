import type { Footprint } from '../capacity/footprint';

/** `7 pods with 34 CPU, 98 GiB of memory and 3 GPUs` */
export function describeFootprint({ pods, cpu, memory, gpus }: Footprint): string {
  const gibibytes = Math.round((memory / 2 ** 30) * 10) / 10;
  const cards = gpus === 0 ? '' : ` and ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`;
  return `${pods} pods ask for ${Math.round(cpu * 100) / 100} CPU, ${gibibytes} GiB of memory${cards}`;
}
