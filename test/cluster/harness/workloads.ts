import type { Manifest } from '../../../lib/synth/manifest';
import type { Client, Live } from './client';
import { eventually } from './eventually';
import { provideVolumes } from './volumes';

export interface Pod extends Live {
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

interface Workload extends Live {
  readonly metadata: Live['metadata'] & { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** Applies objects in the order in which they are given. */
export async function applyAll(client: Client, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) await client.apply(manifest);
}

/** All of an object but what changes without anybody's doing: its status, and who wrote what when. */
export function declared({ status: _, ...object }: Live): object {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, managedFields: undefined } };
}

/** Deletes objects, the last first and namespaces after all else, and waits until those are gone. */
export async function deleteAll(client: Client, manifests: readonly Manifest[]): Promise<void> {
  const namespaces = manifests.filter(({ kind }) => kind === 'Namespace');
  for (const manifest of [...manifests].reverse()) {
    if (manifest.kind !== 'Namespace') await client.delete(manifest);
  }
  for (const namespace of namespaces) {
    // Kubernetes waits for half the grace period of the pods that it finds, and then looks again. What an owner of a new
    // kind leaves behind is collected only once the collector has heard of that kind: it asks every 30 s.
    await eventually(async () => requireNone(await client.list('v1', 'Pod', namespace.metadata.name)), { seconds: 90 });
    await client.delete(namespace);
  }
  await eventually(
    async () => {
      const names = namespaces.map(({ metadata }) => metadata.name);
      requireNone((await client.list('v1', 'Namespace')).filter(({ metadata }) => names.includes(metadata.name)));
    },
    { seconds: 60 },
  );
}

function requireNone(left: readonly Live[]): void {
  if (left.length > 0) throw new Error(`still there: ${left.map(({ kind, metadata }) => `${kind} ${metadata.name}`)}`);
}

/** Waits until each Deployment and StatefulSet runs all its replicas, all of the newest template. */
export async function rolledOut(client: Client, manifests: readonly Manifest[], seconds = 60): Promise<void> {
  const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  const namespaces = new Set(workloads.map(({ metadata }) => metadata.namespace ?? 'default'));
  await eventually(
    async () => {
      for (const namespace of namespaces) await provideVolumes(client, namespace);
      for (const workload of workloads) await requireRollout(client, workload);
    },
    { seconds, every: 0.5 },
  );
}

async function requireRollout(client: Client, workload: Manifest): Promise<void> {
  const { metadata, spec, status } = await client.get<Workload>(workload);
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas];
  if (status.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas)) return;
  const waiting = (await client.list<Pod>('v1', 'Pod', metadata.namespace)).flatMap((pod) => {
    const reason = pod.status.conditions?.find(({ status: met }) => met === 'False')?.message;
    return reason === undefined ? [] : [`${pod.metadata.name}: ${reason}`];
  });
  throw new Error(
    `${workload.kind} ${metadata.name} has ${counts.map((count = 0) => count).join(', ')} replicas, updated, ready ` +
      `of ${spec.replicas}\n${waiting.join('\n')}`,
  );
}
