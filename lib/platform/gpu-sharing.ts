import { z } from 'zod';
import { must, oneOf, wholeNumber } from '../core/schema';
import { GPU_TYPES, type GpuType } from './gpus';
import { ALL_MIG_PROFILES, migProfiles } from './mig';

const replicated = {
  /** Pods that get a card together: `replicas` in the device plugin's configuration. */
  replicas: wholeNumber({ min: 2, max: 128, of: 'replicas' }),
  /**
   * Whether the device plugin offers the shares as `nvidia.com/gpu.shared` (`renameByDefault`).
   * @default false
   */
  renamed: z.boolean().default(false),
};

const howSchema = z.discriminatedUnion('by', [
  z.strictObject({
    /** By MIG, where each profile is a resource of its own: the device plugin's strategy `mixed`. */
    by: z.literal('mig-mixed'),
  }),
  z.strictObject({
    /** By MIG, where all slices of a node are alike and are called `nvidia.com/gpu`: the strategy `single`. */
    by: z.literal('mig-single'),
    /** The profile that the cards are cut into. */
    profile: oneOf(ALL_MIG_PROFILES),
  }),
  z.strictObject({
    /** In turns. Nothing keeps one pod from taking the others' memory. */
    by: z.literal('time-slicing'),
    ...replicated,
  }),
  z.strictObject({
    /** By CUDA's Multi-Process Service, which gives each an equal part of memory and compute. */
    by: z.literal('mps'),
    ...replicated,
  }),
]);

/** How the cards of one type are shared. */
export type GpuSharing = z.output<typeof howSchema>;

/**
 * Checks how cards are shared, by their type.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
 */
export const gpuSharingSchema = z.partialRecord(oneOf(GPU_TYPES), howSchema).check(({ value, issues }) => {
  for (const [type, sharing] of Object.entries(value) as [GpuType, GpuSharing][]) {
    if (!sharing.by.startsWith('mig')) continue;
    const profiles = migProfiles(type);
    if (profiles.length === 0) {
      const message = must('be shared in another way than MIG, which cannot cut this type')({ input: sharing.by });
      issues.push({ code: 'custom', path: [type, 'by'], input: sharing.by, message });
    } else if (sharing.by === 'mig-single' && !profiles.includes(sharing.profile)) {
      const message = must(`be one of ${profiles.join(', ')}`)({ input: sharing.profile });
      issues.push({ code: 'custom', path: [type, 'profile'], input: sharing.profile, message });
    }
  }
});
