import { z } from 'zod';
import { type Bytes, bytes, bytesSchema, type Cpu, cores, cpuSchema, formatBytes, formatCpu } from '../core/quantities';
import { wholeNumber } from '../core/schema';
import type { ResourceGroup, ResourceQuota } from '../crds/kueue';

/** What a queue counts, in numbers: cards, cores and bytes. */
export interface Amounts {
  readonly gpus: number;
  readonly cpu: number;
  readonly memory: number;
}

/** What is counted, in the order in which Kueue is told of it. */
export const COUNTED = ['gpus', 'cpu', 'memory'] as const satisfies readonly (keyof Amounts)[];

/** The names that Kubernetes has for it. */
export const RESOURCES = { gpus: 'nvidia.com/gpu', cpu: 'cpu', memory: 'memory' } as const satisfies Record<
  keyof Amounts,
  string
>;

/**
 * The disk that pods set aside must be in the quota, as Kueue admits nothing that asks for a resource which its queue
 * doesn't have; nobody counts it, so that it never is what is short.
 */
export const UNCOUNTED_DISK: ResourceQuota = { name: 'ephemeral-storage', nominalQuota: '1Pi' };

/** Checks {@link Share}. */
export const shareSchema = z.strictObject({
  /** GPUs. */
  gpus: wholeNumber({ min: 0, of: 'GPUs' }).optional(),
  /** CPU. */
  cpu: cpuSchema.optional(),
  /** Memory. */
  memory: bytesSchema.optional(),
});

/** A part of a quota: of what is left out, nothing is said. */
export type Share = z.output<typeof shareSchema>;

/** A part in numbers; what is left out counts as `otherwise`. */
export function amountsOf({ gpus, cpu, memory }: Share, otherwise: number): Amounts {
  return {
    gpus: gpus ?? otherwise,
    cpu: cpu === undefined ? otherwise : cores(cpu),
    memory: memory === undefined ? otherwise : bytes(memory),
  };
}

/** A number of something, as a user would write it. */
export function written(what: keyof Amounts, amount: number): string {
  if (amount === 0 || what === 'gpus') return String(amount);
  return what === 'cpu' ? formatCpu(amount) : formatBytes(amount);
}

/** A queue's quota of one flavor, and how much of it goes to the queues of its cohort and comes from them. */
export function quotaOf(
  flavor: string,
  quota: { readonly gpus: number | undefined; readonly cpu: Cpu; readonly memory: Bytes },
  limits: { readonly borrowingLimit?: Share | undefined; readonly lendingLimit?: Share | undefined } = {},
): ResourceGroup {
  const resources = COUNTED.flatMap((what): ResourceQuota[] => {
    if (quota[what] === undefined) return [];
    const borrowingLimit = limitOf(what, limits.borrowingLimit);
    const lendingLimit = limitOf(what, limits.lendingLimit);
    return [
      {
        name: RESOURCES[what],
        nominalQuota: limitOf(what, quota) ?? '0',
        ...(borrowingLimit === undefined ? {} : { borrowingLimit }),
        ...(lendingLimit === undefined ? {} : { lendingLimit }),
      },
    ];
  });
  return groupOf(flavor, [...resources, UNCOUNTED_DISK]);
}

/** What a cohort has on top of its queues' quotas. */
export function poolOf(flavor: string, pool: Share): ResourceGroup {
  const resources = COUNTED.flatMap((what): ResourceQuota[] => {
    const nominalQuota = limitOf(what, pool);
    return nominalQuota === undefined ? [] : [{ name: RESOURCES[what], nominalQuota }];
  });
  return groupOf(flavor, resources);
}

function groupOf(flavor: string, resources: readonly ResourceQuota[]): ResourceGroup {
  return { coveredResources: resources.map(({ name }) => name), flavors: [{ name: flavor, resources }] };
}

function limitOf(what: keyof Amounts, share: Share | undefined): string | undefined {
  return share?.[what] === undefined ? undefined : written(what, amountsOf(share, 0)[what]);
}
