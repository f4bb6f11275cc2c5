import type { Volume } from 'kubernetes-types/core/v1';
import type { SecretRef } from '../core/secrets';

/** The file with a key of a Secret, below the folder where {@link secretVolume} is mounted. */
export function secretFile(folder: string, { name, key }: SecretRef): string {
  return `${folder}/${name}/${key}`;
}

/** Keys of Secrets as files, and no other key of theirs; the kubelet puts a changed one in place. */
export function secretVolume(name: string, secrets: readonly SecretRef[]): Volume {
  const keys = new Map<string, Set<string>>();
  for (const secret of secrets) keys.set(secret.name, (keys.get(secret.name) ?? new Set()).add(secret.key));
  const sources = [...keys].map(([secret, named]) => ({
    secret: { name: secret, items: [...named].map((key) => ({ key, path: `${secret}/${key}` })) },
  }));
  return { name, projected: { sources } };
}
