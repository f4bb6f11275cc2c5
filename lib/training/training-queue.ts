import type { ApiObject } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import type { z } from 'zod';
import { MAX_LABEL } from '../core/names';
import { InvalidInput } from '../core/problem';
import { bytes, type bytesSchema, cores, type cpuSchema, formatBytes, formatCpu } from '../core/quantities';
import { parse } from '../core/schema';
import { clusterQueue, KUEUE_LABELS, localQueue, resourceFlavor, workloadPriorityClass } from '../crds/kueue';
import { LABELS } from '../platform/labels';
import { Platform } from '../platform/platform';
import { type Priority, type TrainingQueueProps, trainingQueueSchema } from './training-queue-props';

/** What a queue orders by: the values have room between them for classes of one's own. */
const VALUES = { low: 100, normal: 200, high: 300, serving: 1000 } as const satisfies Record<
  Priority | 'serving',
  number
>;

/**
 * The disk that pods set aside must be in the quota, as Kueue admits nothing that asks for a resource which its queue
 * doesn't have; nobody counts it, so that it never is what is short.
 */
const UNCOUNTED_DISK = '1Pi';

const QUEUE = Symbol.for('recstack.TrainingQueue');

/** The constructs that a queue is made of. All but the LocalQueue belong to no namespace. */
export interface TrainingQueueNodes {
  readonly clusterQueue: ApiObject;
  readonly localQueue: ApiObject;
  readonly resourceFlavor: ApiObject;
  readonly priorityClasses: Readonly<Record<Priority | 'serving', ApiObject>>;
}

/** What a run asks for on each of its nodes. */
export type Demand = Readonly<{
  nodes: number;
  gpusPerNode: number;
  gpuType?: string | undefined;
  resources: z.output<z.ZodObject<{ cpu: typeof cpuSchema; memory: typeof bytesSchema }>>;
}>;

/**
 * A quota that training runs share and wait for, by Kueue: a run starts when all of its nodes fit in, the oldest of the
 * highest priority first, and one of a lower priority is stopped to make room for it. What is stopped waits for its turn
 * and goes on from its checkpoints.
 *
 * The quota is a promise: it must not be more than the nodes have, or a run that was let in waits for machines, and its
 * peers hold theirs.
 *
 * @example
 * ```ts
 * const a100 = new TrainingQueue(shop, 'a100', {
 *   gpus: { count: 32, type: 'nvidia-a100-80gb' },
 *   cpu: '512',
 *   memory: '4Ti',
 * });
 * new TrainingJob(shop, 'dlrm', { queue: a100, priority: 'high', gpuType: 'nvidia-a100-80gb', … });
 * a100.serve(ranker);
 * ```
 */
export class TrainingQueue extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: TrainingQueueNodes;
  /** The name of its LocalQueue, by which other workloads of the namespace can enter it. */
  readonly name: string;
  private readonly platform: Platform;
  private readonly settings: z.output<typeof trainingQueueSchema>;

  /** Whether `x` is a TrainingQueue, also one of another copy of recstack. */
  static isTrainingQueue(x: unknown): x is TrainingQueue {
    return typeof x === 'object' && x !== null && QUEUE in x;
  }

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: TrainingQueueProps) {
    super(scope, id);
    Object.defineProperty(this, QUEUE, { value: true });
    this.platform = Platform.of(this);
    this.settings = parse(trainingQueueSchema, props, this.node.path);
    // The name of a priority class is the value of a label.
    this.name = this.platform.nameOf(this, MAX_LABEL - `${this.platform.namespace}--serving`.length);
    this.nodes = this.emit();
    const problems = this.problems();
    if (problems.length > 0) this.node.addValidation({ validate: () => problems });
  }

  /**
   * Lets a server's replicas take from the same quota, before all training: a replica for which there is no room stops
   * as many runs as it takes. Kueue must have its integrations `pod` and `deployment` enabled, which it has not by
   * default.
   *
   * @throws InvalidInput when the server is in another namespace
   */
  serve(server: IConstruct & { readonly nodes: { readonly deployment: ApiObject } }): void {
    this.requireSamePlatform(server, 'serve');
    const labels = { [KUEUE_LABELS.queue]: this.name, [KUEUE_LABELS.priority]: this.priorityClass('serving') };
    for (const [key, value] of Object.entries(labels)) server.nodes.deployment.metadata.addLabel(key, value);
    server.nodes.deployment.node.addDependency(this);
  }

  /** The labels by which a run enters. */
  labels(priority: Priority): Record<string, string> {
    return { [KUEUE_LABELS.queue]: this.name, [KUEUE_LABELS.priority]: this.priorityClass(priority) };
  }

  /** Why a run would wait for ever, each as the rest of a sentence after its path. */
  problemsWith(run: IConstruct, { nodes, gpusPerNode, gpuType, resources }: Demand): string[] {
    const { gpus, cpu, memory } = this.settings;
    const problems: string[] = [];
    if (Platform.of(run) !== this.platform) {
      problems.push(`queue must be in the platform of the run, got '${this.node.path}': make one there`);
    }
    if (gpusPerNode > 0 && gpus !== undefined && gpuType !== gpus.type) {
      const given = gpuType === undefined ? 'but is missing' : `got '${gpuType}'`;
      problems.push(`gpuType must be '${gpus.type}', which the queue '${this.name}' counts, ${given}`);
    }
    const tooMuch = (what: string, each: string, has: string, raise: string) =>
      `nodes must fit into the queue '${this.name}' at the same time, got ${nodes} × ${each}${what}, and it has ${has}: take fewer or raise the queue's ${raise}, or the run waits for ever`;
    if (nodes * gpusPerNode > (gpus?.count ?? 0)) {
      problems.push(tooMuch(' GPUs', String(gpusPerNode), String(gpus?.count ?? 'none'), 'gpus.count'));
    }
    if (nodes * cores(resources.cpu) > cores(cpu)) problems.push(tooMuch(' CPU', resources.cpu, cpu, 'cpu'));
    if (nodes * bytes(resources.memory) > bytes(memory)) {
      problems.push(tooMuch(' of memory', resources.memory, memory, 'memory'));
    }
    return problems;
  }

  private emit(): TrainingQueueNodes {
    const { gpus, cpu, memory } = this.settings;
    const { namespace } = this.platform;
    const labels = { [LABELS.name]: this.name, [LABELS.component]: 'training-queue' };
    // Names that all namespaces of the cluster share.
    const metadata = { name: `${namespace}-${this.name}`, labels };
    const quotas = [
      ...(gpus === undefined ? [] : [{ name: 'nvidia.com/gpu', nominalQuota: String(gpus.count) }]),
      { name: 'cpu', nominalQuota: formatCpu(cores(cpu)) },
      { name: 'memory', nominalQuota: formatBytes(bytes(memory)) },
      { name: 'ephemeral-storage', nominalQuota: UNCOUNTED_DISK },
    ];
    const priority = (level: Priority | 'serving') =>
      workloadPriorityClass(this, `priority-${level}`, {
        metadata: { name: this.priorityClass(level), labels },
        value: VALUES[level],
      });
    return {
      priorityClasses: {
        low: priority('low'),
        normal: priority('normal'),
        high: priority('high'),
        serving: priority('serving'),
      },
      // Without labels of nodes: the pods say themselves which GPUs they want, and a type may go by several labels.
      resourceFlavor: resourceFlavor(this, 'resource-flavor', { metadata }),
      clusterQueue: clusterQueue(this, 'cluster-queue', {
        metadata,
        spec: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          // Otherwise small runs would slip past a large one for ever; one that never fits in is refused.
          queueingStrategy: 'StrictFIFO',
          preemption: { withinClusterQueue: 'LowerPriority' },
          resourceGroups: [
            { coveredResources: quotas.map(({ name }) => name), flavors: [{ name: metadata.name, resources: quotas }] },
          ],
        },
      }),
      localQueue: localQueue(this, 'local-queue', {
        metadata: { name: this.name, labels },
        spec: { clusterQueue: metadata.name },
      }),
    };
  }

  private priorityClass(level: Priority | 'serving'): string {
    return `${this.platform.namespace}-${this.name}-${level}`;
  }

  private problems(): string[] {
    const { cluster } = this.platform;
    const { gpus } = this.settings;
    const problems: string[] = [];
    if (!cluster.has('kueue')) {
      problems.push("must be in a cluster with the add-on 'kueue': add it to cluster.addons or do without a queue");
    }
    const problem = gpus && cluster.problemWithGpu(gpus.type);
    if (problem !== undefined) problems.push(`gpus.type ${problem}`);
    return problems;
  }

  private requireSamePlatform(construct: IConstruct, what: string): void {
    if (Platform.of(construct) === this.platform) return;
    const text = `${what} must be given what is in the platform '${this.platform.node.id}', got '${construct.node.path}': make a queue there`;
    throw new InvalidInput([{ where: this.node.path, text }]);
  }
}
