import type { Footprint } from '../capacity/footprint';

/** `7 pods ask for 34 CPU, 98 GiB of memory and 3 GPUs` */
export function describeFootprint({ pods, cpu, memory, gpus }: Footprint): string {
  const gibibytes = Math.round((memory / 2 ** 30) * 10) / 10;
  const cards = gpus === 0 ? '' : ` and ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`;
  const asking = pods === 1 ? '1 pod asks' : `${pods} pods ask`;
  return `${asking} for ${Math.round(cpu * 100) / 100} CPU, ${gibibytes} GiB of memory${cards}`;
}
