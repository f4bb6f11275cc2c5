import { z } from 'zod';
import { nameSchema } from '../core/names';
import { must, wholeNumber } from '../core/schema';
import { KUEUE_TOPOLOGY, type ResourceFlavorSpec } from '../crds/kueue';
import type { Cluster } from '../platform/cluster';
import { type GpuType, nodeRequirement } from '../platform/gpus';
import { labelKeySchema, labelsSchema } from '../platform/labels';

/** The label of every node by its own name, which only the last level can have. */
const HOST = 'kubernetes.io/hostname';

/** Checks {@link QueueTopology}. */
export const topologySchema = z.strictObject({
  /**
   * The levels of the network, from the widest on. That of the single node is best left out: Kubernetes then places the
   * pods within the last level, also those that replace others.
   * @example [{ name: 'block', label: 'example.com/block' }, { name: 'rack', label: 'example.com/rack', nodes: 8 }]
   */
  levels: z
    .array(
      z.strictObject({
        /** What a run calls it, such as `rack`. */
        name: nameSchema,
        /** The label of the nodes that says in which one they are. Nodes without it get no pods. */
        label: labelKeySchema,
        /**
         * How many nodes one has, so that a run which needs more of them in one is refused.
         * @default - not known
         */
        nodes: wholeNumber({ min: 1, of: 'nodes' }).optional(),
      }),
    )
    .min(1, { error: must('have at least one level') })
    .max(16, { error: must('have at most 16 levels') })
    .readonly(),
  /**
   * Labels of the nodes that the quota is of: Kueue looks for room there only, and sends the pods there.
   * @default - that of the type of GPU, where it goes by one
   */
  nodeLabels: labelsSchema.optional(),
});

/** Where nodes lie in the network. @useDeclaredType */
export type QueueTopology = z.output<typeof topologySchema>;

/** Checks {@link Placement}. */
export const placementSchema = z.strictObject({
  /** The level of the queue's topology of which all nodes must be in one: the run waits until there is room. */
  required: nameSchema.optional(),
  /** The level of which they should be in one; where none has room, they are in few. */
  preferred: nameSchema.optional(),
});

/** How near to each other the nodes of a run lie. @useDeclaredType */
export type Placement = z.output<typeof placementSchema>;

/**
 * A flavor with a topology. Kueue looks at the labels of nodes, and not at the pods' affinity, so that the type of GPU
 * must be among them.
 *
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/pkg/cache/scheduler/tas_flavor_snapshot.go
 */
export function flavorSpec(
  topologyName: string,
  { nodeLabels }: QueueTopology,
  gpuType: GpuType | undefined,
  cluster: Cluster,
): ResourceFlavorSpec {
  return { nodeLabels: nodeLabels ?? labelsOf(gpuType, cluster) ?? {}, topologyName };
}

/** What can't work in a topology, as the rest of a sentence that starts with its prop. */
export function topologyProblems(
  { levels, nodeLabels }: QueueTopology,
  gpuType: GpuType | undefined,
  cluster: Cluster,
): string[] {
  const problems: string[] = [];
  for (const key of ['name', 'label'] as const) {
    const values = levels.map((level) => level[key]);
    const twice = values.find((value, i) => values.indexOf(value) < i);
    if (twice !== undefined)
      problems.push(`topology.levels must each have a ${key} of their own, got '${twice}' twice`);
  }
  if (levels.slice(0, -1).some(({ label }) => label === HOST)) {
    problems.push(`topology.levels must have '${HOST}' last, got it before others: list the widest level first`);
  }
  if (nodeLabels === undefined && labelsOf(gpuType, cluster) === undefined) {
    problems.push(
      `topology.nodeLabels must say which nodes have '${gpuType}', which goes by several labels, but is missing: copy the one of your nodes`,
    );
  }
  if (nodeLabels !== undefined && Object.keys(nodeLabels).length === 0) {
    problems.push('topology.nodeLabels must have at least one label, got none: leave it out or name one of your nodes');
  }
  return problems;
}

/** What a topology puts at risk. */
export function topologyWarnings({ levels }: QueueTopology): string[] {
  if (levels.at(-1)?.label !== HOST) return [];
  return [
    `topology.levels end with '${HOST}', which ties each pod to a node that Kueue has chosen: before 0.15.7 and 0.16.4 it can stay tied to one that failed (kueue#9616); leave the level out`,
  ];
}

/** What a run's pods carry so that they come near to each other. */
export function placementAnnotations(
  placement: Placement | undefined,
  topology: QueueTopology | undefined,
): Record<string, string> {
  const labelOf = (name: string) => topology?.levels.find((level) => level.name === name)?.label ?? name;
  const { required, preferred } = placement ?? {};
  if (required !== undefined) return { [KUEUE_TOPOLOGY.required]: labelOf(required) };
  return preferred === undefined ? {} : { [KUEUE_TOPOLOGY.preferred]: labelOf(preferred) };
}

/** What can't work in the placement of a run, as the rest of a sentence that starts with its prop. */
export function placementProblems(
  placement: Placement | undefined,
  nodes: number,
  topology: QueueTopology | undefined,
): string[] {
  if (placement === undefined) return [];
  const { required, preferred } = placement;
  const name = required ?? preferred;
  if (name === undefined || (required !== undefined && preferred !== undefined)) {
    return [`topology must have either required or preferred, got ${name === undefined ? 'none' : 'both'}`];
  }
  if (topology === undefined) {
    return [`topology must come with a queue that has one, got '${name}': give topology to the queue or its cohort`];
  }
  const level = topology.levels.find((other) => other.name === name);
  const prop = `topology.${required === undefined ? 'preferred' : 'required'}`;
  if (level === undefined) {
    const known = topology.levels.map((other) => other.name).join(', ');
    return [`${prop} must be one of ${known}, which are the levels of its queue, got '${name}'`];
  }
  if (required === undefined || level.nodes === undefined || nodes <= level.nodes) return [];
  return [
    `${prop} must be a level with room for all ${nodes} nodes, got '${name}', which has ${level.nodes}: take a wider one or preferred, or the run waits for ever`,
  ];
}

/** Labels of the nodes with a type of GPU, if one is enough; of any node where there is no type. */
function labelsOf(gpuType: GpuType | undefined, cluster: Cluster): Record<string, string> | undefined {
  if (gpuType === undefined) return { 'kubernetes.io/os': 'linux' };
  const { key, values = [] } = nodeRequirement(gpuType, cluster.distribution) ?? { key: '' };
  const [value, ...others] = values;
  return value === undefined || others.length > 0 ? undefined : { [key]: value };
}
