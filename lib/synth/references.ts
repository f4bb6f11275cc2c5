import { type Manifest, visitStrings } from './manifest';

/** Fields that name another object, by their last one or two keys, and the kind of what they name. */
const NAMES_A: Readonly<Record<string, string>> = {
  serviceAccountName: 'ServiceAccount',
  claimName: 'PersistentVolumeClaim',
  secretName: 'Secret',
  priorityClassName: 'PriorityClass',
  runtimeClassName: 'RuntimeClass',
  storageClassName: 'StorageClass',
  'configMap.name': 'ConfigMap',
  'configMapRef.name': 'ConfigMap',
  'configMapKeyRef.name': 'ConfigMap',
  'secret.name': 'Secret',
  'secretRef.name': 'Secret',
  'secretKeyRef.name': 'Secret',
  // The Service that gives pods their host names.
  serviceName: 'Service',
  subdomain: 'Service',
};

/** The key by which an object is found; `namespace` is undefined for what belongs to the whole cluster. */
export function objectKey(kind: string, name: string, namespace: string | undefined): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/**
 * The keys of the objects that a manifest refers to: its namespace, what its pods mount and run as, what it
 * scales or binds. A name may be that of a namespaced or a cluster-wide object; both are given, and what the
 * tree doesn't hold is somebody else's.
 */
export function referencesOf(manifest: Manifest): Set<string> {
  const { namespace: own } = manifest.metadata;
  const found = new Set<string>();
  if (own !== undefined) found.add(objectKey('Namespace', own, undefined));
  visitStrings(manifest, (name, path, holder) => {
    const key = String(path.at(-1));
    const kind = NAMES_A[key] ?? NAMES_A[`${path.at(-2)}.${key}`] ?? kindBeside(key, holder);
    // The manifest's own kind and name, at the top, are no reference.
    if (kind === undefined || path.length < 2) return;
    const { namespace = own } = holder as { namespace?: string };
    found.add(objectKey(kind, name, namespace));
    found.add(objectKey(kind, name, undefined));
  });
  return found;
}

/** The kind in references of the form `{ kind, name }`: scaleTargetRef, roleRef, subjects, workloadRef… */
function kindBeside(key: string, holder: object): string | undefined {
  return key === 'name' && 'kind' in holder && typeof holder.kind === 'string' ? holder.kind : undefined;
}
