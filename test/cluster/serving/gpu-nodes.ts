import type { Manifest } from '../../../lib/synth/manifest';
import { cpuNodes } from '../harness/nodes';

/** A node, tainted as GPU nodes are, with devices under any name: `deviceNode('sliced', { 'nvidia.com/mig-2g.20gb': '2' })`. */
export function deviceNode(
  name: string,
  devices: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): Manifest {
  const [node] = cpuNodes(1, { labels: { ...labels, 'kubernetes.io/hostname': name } });
  if (node === undefined) throw new Error('there is no node');
  const { capacity } = node.status as { capacity: Record<string, string> };
  const resources = { ...capacity, ...devices };
  return {
    ...node,
    metadata: { ...node.metadata, name },
    spec: { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] },
    status: { capacity: resources, allocatable: resources },
  };
}
