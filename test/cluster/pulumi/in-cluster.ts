import type { Manifest } from '../../../lib/synth/manifest';
import { type Client, Refused } from '../harness/client';

/** Every field of every manifest is in the cluster with an equal value; what the server adds is no matter. */
export async function expectInCluster(client: Client, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) expect(await client.get(manifest)).toMatchObject(withoutEmptyText(manifest));
}

/** Those of the objects that are in the cluster, by kind and name. */
export async function present(client: Client, manifests: readonly Manifest[]): Promise<string[]> {
  const found: string[] = [];
  for (const manifest of manifests) if (await exists(client, manifest)) found.push(labelOf(manifest));
  return found;
}

export function labelOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

async function exists(client: Client, manifest: Manifest): Promise<boolean> {
  try {
    await client.get(manifest);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return false;
    throw error;
  }
}

/** The server doesn't write out a field whose text is empty. */
function withoutEmptyText<T>(data: T): T {
  return JSON.parse(JSON.stringify(data), function (this: unknown, _key, value) {
    return value === '' && !Array.isArray(this) ? undefined : value;
  });
}
