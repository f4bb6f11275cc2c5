import type { GpuHours } from '../core/gpu-hours';

/**
 * What training asks of GPUs, a line for each type:
 *
 * ```text
 * training asks for 2922 GPU-hours of nvidia-a100-80gb a month, and 96 once
 * training asks for at most 768 GPU-hours of any type once
 * ```
 */
export function describeGpuHours(all: readonly GpuHours[]): string {
  const types = new Map<string, GpuHours[]>();
  for (const hours of all) {
    const type = hours.gpuType ?? 'any type';
    types.set(type, [...(types.get(type) ?? []), hours]);
  }
  return [...types].map(([type, hours]) => `training asks for ${sums(type, hours)}\n`).join('');
}

function sums(type: string, hours: readonly GpuHours[]): string {
  const most = hours.some(({ isBound }) => isBound) ? 'at most ' : '';
  const monthly = hours.flatMap(({ perMonth }) => perMonth ?? []);
  const once = hours.flatMap(({ perMonth, perRun }) => (perMonth === undefined ? perRun : []));
  if (monthly.length === 0) return `${most}${sum(once)} GPU-hours of ${type} once`;
  return `${most}${sum(monthly)} GPU-hours of ${type} a month${once.length === 0 ? '' : `, and ${sum(once)} once`}`;
}

function sum(hours: readonly number[]): number {
  return Math.round(hours.reduce((total, count) => total + count, 0) * 10) / 10;
}
