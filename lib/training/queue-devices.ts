import { transform } from '../core/transform';
import type { ClusterQueueSpec } from '../crds/kueue';
import type { TrainingQueue } from './training-queue';

/** More devices than there are: nobody counts them, so that they never are what is short. */
const UNCOUNTED_DEVICES = '1M';

/**
 * Lets runs into a queue that ask for devices, such as network cards: Kueue never admits what asks for a resource that is
 * not in the quota.
 */
export function admitDevices(queue: TrainingQueue, devices: readonly string[]): void {
  if (devices.length === 0) return;
  transform<{ spec: ClusterQueueSpec }>(queue.nodes.clusterQueue, ({ spec, ...object }) => ({
    ...object,
    spec: {
      ...spec,
      resourceGroups: spec.resourceGroups.map((group, i) => (i === 0 ? withDevices(group, devices) : group)),
    },
  }));
}

type Group = ClusterQueueSpec['resourceGroups'][number];

function withDevices({ coveredResources, flavors }: Group, devices: readonly string[]): Group {
  // Another run may have asked for the same.
  const fresh = devices.filter((name) => !coveredResources.includes(name));
  const quotas = fresh.map((name) => ({ name, nominalQuota: UNCOUNTED_DEVICES }));
  return {
    coveredResources: [...coveredResources, ...fresh],
    flavors: flavors.map(({ name, resources }) => ({ name, resources: [...resources, ...quotas] })),
  };
}
