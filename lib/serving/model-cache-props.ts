import type { DaemonSet } from 'kubernetes-types/apps/v1';
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import { z } from 'zod';
import { durationSchema } from '../core/durations';
import { bytesSchema } from '../core/quantities';
import { must, pattern } from '../core/schema';
import type { Transform } from '../core/transform';

const folderRule = must("be an absolute path on the nodes, like '/mnt/disks/ssd0'", "without '..' and ':'");

/** Checks {@link ModelCacheProps}. */
export const modelCacheSchema = z.strictObject({
  /** How much of each node's disk it may take. It must hold all models of the servers that use it. */
  size: bytesSchema,
  /**
   * How long a model stays that no server uses any more: a rollback within this time starts without a download.
   * @default '7d'
   */
  keep: durationSchema.default('7d'),
  /**
   * Where it lies on the nodes: below, each cache has a folder of its own. Take a local SSD where there is one. On the
   * system's disk, a cache too big for it makes the kubelet evict pods (`DiskPressure`), and frees nothing.
   * @default '/var/lib/recstack'
   */
  folder: pattern<string>(
    /^(\/[\w.-]+)+$/,
    folderRule,
    (path) => !path.split('/').some((part) => part === '..' || part === '.'),
  ).default('/var/lib/recstack'),
  /** The last word on each emitted object. */
  transform: z
    .strictObject({
      volume: z.custom<Transform<PersistentVolume>>().optional(),
      claim: z.custom<Transform<PersistentVolumeClaim>>().optional(),
      keeper: z.custom<Transform<DaemonSet>>().optional(),
    })
    .default({}),
});

/** Properties of a ModelCache. @interface */
export type ModelCacheProps = z.input<typeof modelCacheSchema>;

/** The same, checked and with defaults. */
export type ModelCacheSettings = z.output<typeof modelCacheSchema>;
