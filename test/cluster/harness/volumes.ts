import type { Manifest } from '../../../lib/synth/manifest';
import type { Client, Live } from './client';

interface Claim extends Live {
  readonly spec: {
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

/** Plays the storage provisioner: gives each claim of a namespace that has no volume one that fits. */
export async function provideVolumes(client: Client, namespace: string): Promise<void> {
  for (const claim of await client.list<Claim>('v1', 'PersistentVolumeClaim', namespace)) {
    if (claim.spec.volumeName === undefined) await client.apply(volumeFor(claim));
  }
}

function volumeFor({ metadata, spec }: Claim): Manifest {
  const { name, namespace, uid } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pv-${uid}` },
    spec: {
      capacity: { storage: spec.resources.requests.storage },
      accessModes: spec.accessModes,
      storageClassName: spec.storageClassName ?? '',
      // `Delete` would wait for a provisioner of the class.
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      hostPath: { path: `/recstack/${uid}` },
    },
  };
}
