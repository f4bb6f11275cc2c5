import { type GpuType, nodeRequirement } from '../../../lib/platform/gpus';
import type { Manifest } from '../../../lib/synth/manifest';
import type { Client } from './client';
import { eventually } from './eventually';

export interface NodeShape {
  readonly cpu?: string;
  readonly memory?: string;
  /** Labels beside those of every node. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The nodes are dealt to these zones in turn. */
  readonly zones?: readonly string[];
  /**
   * The network of their pods. With one of loopback, like `127.100.0.0/16`, a test can answer on a pod's own address and
   * port; Services then have no endpoints, since Kubernetes allows none on loopback.
   * @default - one where nobody answers
   */
  readonly podNetwork?: string;
}

export interface GpuShape extends NodeShape {
  readonly gpus: number;
  readonly type: GpuType;
}

/** Nodes without GPUs: `cpuNodes(3)`. */
export function cpuNodes(count: number, shape: NodeShape = {}): Manifest[] {
  return nodes('cpu', count, shape);
}

/** Nodes with GPUs, tainted as they are on the clouds: `gpuNodes(4, { gpus: 8, type: 'nvidia-l4' })`. */
export function gpuNodes(count: number, { gpus, type, ...shape }: GpuShape): Manifest[] {
  const { key = '', values: [product = ''] = [] } = nodeRequirement(type, 'other') ?? {};
  const labels = { [key]: product, ...shape.labels };
  const taints = [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }];
  return nodes(type, count, { ...shape, labels }, taints, { 'nvidia.com/gpu': String(gpus) });
}

function nodes(
  prefix: string,
  count: number,
  shape: NodeShape,
  taints: object[] = [],
  devices: object = {},
): Manifest[] {
  const { cpu = '96', memory = '768Gi', zones = ['zone-a', 'zone-b', 'zone-c'], podNetwork } = shape;
  const resources = { cpu, memory, pods: '250', 'ephemeral-storage': '4Ti', ...devices };
  return Array.from({ length: count }, (_, i) => {
    const name = `${prefix}-${i}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          // kwok plays the kubelet of nodes with this label.
          type: 'kwok',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'topology.kubernetes.io/zone': zones[i % zones.length] ?? '',
          ...shape.labels,
        },
      },
      spec: { taints, ...(podNetwork === undefined ? {} : { podCIDR: podNetwork, podCIDRs: [podNetwork] }) },
      status: { capacity: resources, allocatable: resources },
    };
  });
}

interface LiveNode {
  readonly status: {
    readonly allocatable?: { readonly cpu: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Adds nodes and waits until they are ready. */
export async function addNodes(client: Client, added: readonly Manifest[]): Promise<void> {
  for (const node of added) {
    const { status, ...rest } = node;
    await client.apply(rest as Manifest);
    await client.patch(node, { status }, 'status');
  }
  await eventually(async () => {
    for (const node of added) {
      const { status } = await client.get<LiveNode>(node);
      const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
      if (ready !== 'True') throw new Error(`node ${node.metadata.name} is not ready: ${ready}`);
      const { cpu } = (node.status as Required<LiveNode['status']>).allocatable;
      if (status.allocatable?.cpu === cpu) continue;
      // kwok had begun to make it ready when its size came, and gave it one of its own.
      await client.patch(node, { status: node.status }, 'status');
      throw new Error(`node ${node.metadata.name} has ${status.allocatable?.cpu} CPUs instead of ${cpu}`);
    }
  });
}

export async function removeNodes(client: Client, removed: readonly Manifest[]): Promise<void> {
  for (const node of removed) await client.delete(node);
}
