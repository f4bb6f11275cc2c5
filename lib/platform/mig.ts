import type { GpuType } from './gpus';

/**
 * The slices that MIG cuts each type of card into, and the types that it cuts: the profiles without the media engines'
 * variants (`+me`, `+gfx`).
 *
 * @see https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html
 * @see https://github.com/NVIDIA/mig-parted/blob/main/deployments/systemd/config-default.yaml
 */
export const MIG_PROFILES = {
  'nvidia-a100-40gb': ['1g.5gb', '1g.10gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb'],
  'nvidia-a100-80gb': ['1g.10gb', '1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb'],
  'nvidia-h20': ['1g.12gb', '1g.24gb', '2g.24gb', '3g.48gb', '4g.48gb', '7g.96gb'],
  'nvidia-h100-80gb': ['1g.10gb', '1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb'],
  'nvidia-h200': ['1g.18gb', '1g.35gb', '2g.35gb', '3g.71gb', '4g.71gb', '7g.141gb'],
  'nvidia-b200': ['1g.23gb', '1g.45gb', '2g.45gb', '3g.90gb', '4g.90gb', '7g.180gb'],
} as const satisfies Partial<Record<GpuType, readonly string[]>>;

/** A type of GPU that MIG can cut. */
export type MigType = keyof typeof MIG_PROFILES;

/** A slice of a type of card, as `'2g.20gb'`: compute slices, and memory. @useDeclaredType */
export type MigProfile<T extends MigType = MigType> = (typeof MIG_PROFILES)[T][number];

/** All profiles, each once. */
export const ALL_MIG_PROFILES = [...new Set<MigProfile>(Object.values(MIG_PROFILES).flat())] as [
  MigProfile,
  ...MigProfile[],
];

/** The profiles of a type of card; none where MIG can't cut it. */
export function migProfiles(type: GpuType): readonly MigProfile[] {
  return Object.hasOwn(MIG_PROFILES, type) ? MIG_PROFILES[type as MigType] : [];
}

/**
 * The most memory that a slice has, in bytes: the number in its name is rounded up, as 9.75 GiB to `1g.10gb`. What
 * doesn't fit into this doesn't fit.
 */
export function migMemory(profile: MigProfile): number {
  return Number.parseInt(profile.slice(profile.indexOf('.') + 1), 10) * 2 ** 30;
}
