import type { Manifest } from './manifest';

/** Fields that name another object, by their last one or two keys, and the kind of what they name. */
const NAMES_A: Readonly<Record<string, string>> = {
  serviceAccountName: 'ServiceAccount',
  claimName: 'PersistentVolumeClaim',
  volumeName: 'PersistentVolume',
  secretName: 'Secret',
  priorityClassName: 'PriorityClass',
  runtimeClassName: 'RuntimeClass',
  resourceClaimTemplateName: 'ResourceClaimTemplate',
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
 * Collects the keys of the objects that a manifest refers to: its namespace, what its pods mount and run as, what it
 * scales or binds. A name may be that of a namespaced or a cluster-wide object; both are given, and what the tree
 * doesn't hold is somebody else's.
 */
export class References {
  readonly keys = new Set<string>();
  private readonly namespace: string | undefined;

  constructor({ metadata }: Manifest) {
    this.namespace = metadata.namespace;
    if (this.namespace !== undefined) this.keys.add(objectKey('Namespace', this.namespace, undefined));
  }

  /** Looks at one string of the manifest, as `visitLeaves` finds it. */
  visit(name: string, path: readonly (string | number)[], holder: object): void {
    // The manifest's own kind and name, at the top, are no reference.
    if (path.length < 2) return;
    const key = String(path.at(-1));
    const kind = NAMES_A[key] ?? (key === 'name' ? kindOfName(path.at(-2), holder) : undefined);
    if (kind === undefined) return;
    const { namespace = this.namespace } = holder as { namespace?: string };
    this.keys.add(objectKey(kind, name, namespace));
    this.keys.add(objectKey(kind, name, undefined));
  }
}

/** The kind that a `name` belongs to: said by the key around it, or beside it as in `scaleTargetRef: { kind, name }`. */
function kindOfName(around: string | number | undefined, holder: object): string | undefined {
  return NAMES_A[`${around}.name`] ?? ('kind' in holder && typeof holder.kind === 'string' ? holder.kind : undefined);
}
