import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1';
import type { Bytes } from '../core/quantities';

/** The claim of each pod of a StatefulSet on a volume for its data, called `data`. */
export function dataClaim({
  size,
  storageClass,
}: {
  readonly size: Bytes;
  readonly storageClass?: string | undefined;
}) {
  return {
    // The API server writes these two into the object; without them a second apply would differ.
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
    },
  } as const satisfies PersistentVolumeClaim;
}
