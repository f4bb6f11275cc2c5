import type { ApiObject } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import { MAX_LABEL } from '../core/names';
import { InvalidInput } from '../core/problem';
import { parse } from '../core/schema';
import { clusterQueue, KUEUE_LABELS, localQueue, resourceFlavor, topology, workloadPriorityClass } from '../crds/kueue';
import { LABELS } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import type { Demand } from './demand';
import { borrowedOf, lentOf, onLoan, ownOf, queueProblems, waitProblems } from './queue-problems';
import { quotaOf } from './quota';
import { type Served, servedProblems, turnProblems } from './served';
import { flavorSpec, type QueueTopology, topologyWarnings } from './topology';
import {
  type Priority,
  type TrainingQueueProps,
  type TrainingQueueSettings,
  trainingQueueSchema,
} from './training-queue-props';

/** What a queue orders by: the values have room between them for classes of one's own. */
const VALUES = { low: 100, normal: 200, high: 300, serving: 1000 } as const satisfies Record<
  Priority | 'serving',
  number
>;

const NOTHING = { gpus: 0, cpu: 0, memory: 0 } as const;

const QUEUE = Symbol.for('recstack.TrainingQueue');

/** The constructs that a queue is made of. All but the LocalQueue belong to no namespace. */
export interface TrainingQueueNodes {
  readonly clusterQueue: ApiObject;
  readonly localQueue: ApiObject;
  /** What the quota is of; in a cohort, the one of all its queues. */
  readonly resourceFlavor: ApiObject;
  readonly topology: ApiObject | undefined;
  readonly priorityClasses: Readonly<Record<Priority | 'serving', ApiObject>>;
}

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
  private readonly settings: TrainingQueueSettings;
  private readonly served: Served[] = [];

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
    const { cohort, topology: where } = this.settings;
    this.nodes = this.emit();
    cohort?.join(this.node.path, { lends: lentOf(this.settings) });
    if (cohort !== undefined) this.nodes.clusterQueue.node.addDependency(cohort);
    const problems = queueProblems(this.settings, this.platform.cluster);
    // Servers come in later, and are scaled later still.
    this.node.addValidation({ validate: () => [...problems, ...servedProblems(this.served, ownOf(this.settings))] });
    if (where && this.platform.production) for (const text of topologyWarnings(where)) warn(this, text);
  }

  /** Where the nodes lie, as far as it is known. */
  get topology(): QueueTopology | undefined {
    return this.settings.cohort?.topology ?? this.settings.topology;
  }

  /**
   * Lets a server's replicas take from the same quota, before all training: a replica for which there is no room stops
   * as many runs as it takes. Kueue must take in Deployments, which it doesn't by default: see `kueueConfiguration`.
   *
   * @throws InvalidInput when the server is in another namespace
   */
  serve(server: Served): void {
    this.requireSamePlatform(server, 'serve');
    this.served.push(server);
    const labels = { [KUEUE_LABELS.queue]: this.name, [KUEUE_LABELS.priority]: this.priorityClass('serving') };
    for (const [key, value] of Object.entries(labels)) server.nodes.deployment.metadata.addLabel(key, value);
    server.nodes.deployment.node.addDependency(this);
  }

  /** The labels by which a run enters. */
  labels(priority: Priority): Record<string, string> {
    return { [KUEUE_LABELS.queue]: this.name, [KUEUE_LABELS.priority]: this.priorityClass(priority) };
  }

  /** Why a run would wait for ever, each as the rest of a sentence after its path, once all that shares is known. */
  problemsWith(run: IConstruct, demand: Demand): string[] {
    const { name, settings } = this;
    const lendable = settings.cohort?.lendableTo(this.node.path) ?? NOTHING;
    const elsewhere =
      Platform.of(run) === this.platform
        ? []
        : [`queue must be in the platform of the run, got '${this.node.path}': make one there`];
    return [
      ...elsewhere,
      ...waitProblems({ name, settings, borrowed: borrowedOf(settings, lendable) }, demand),
      ...turnProblems(this.served, name, demand.priorityClass),
    ];
  }

  /** What is risky about a run. */
  warningsWith(demand: Demand): string[] {
    const loan = onLoan(this.settings, demand);
    if (this.settings.cohort === undefined || loan.length === 0) return [];
    return [
      `nodes need ${loan.join(' and ')} more than the queue '${this.name}' has of its own: the run waits until its cohort leaves them, and is stopped whenever their owner comes`,
    ];
  }

  private emit(): TrainingQueueNodes {
    const { gpus, cpu, memory, cohort, topology: where } = this.settings;
    const { namespace, cluster } = this.platform;
    const labels = { [LABELS.name]: this.name, [LABELS.component]: 'training-queue' };
    // Names that all namespaces of the cluster share.
    const metadata = { name: `${namespace}-${this.name}`, labels };
    // Queues lend each other what is of one flavor.
    const quota = quotaOf(cohort?.name ?? metadata.name, { gpus: gpus?.count, cpu, memory }, this.settings);
    const levels = where?.levels.map(({ label }) => ({ nodeLabel: label }));
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
      topology: levels && topology(this, 'topology', { metadata, spec: { levels } }),
      resourceFlavor:
        cohort?.nodes.resourceFlavor ??
        resourceFlavor(this, 'resource-flavor', {
          metadata,
          spec: where && flavorSpec(metadata.name, where, gpus?.type, cluster),
        }),
      clusterQueue: clusterQueue(this, 'cluster-queue', {
        metadata,
        spec: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          // Otherwise small runs would slip past a large one for ever; one that never fits in is refused.
          queueingStrategy: 'StrictFIFO',
          preemption: {
            withinClusterQueue: 'LowerPriority',
            // Whatever its priority: a loan that the owner can't end would be a gift.
            ...(cohort === undefined ? {} : { reclaimWithinCohort: 'Any' }),
          },
          ...(cohort === undefined ? {} : { cohort: cohort.name }),
          resourceGroups: [quota],
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

  private requireSamePlatform(construct: IConstruct, what: string): void {
    if (Platform.of(construct) === this.platform) return;
    const text = `${what} must be given what is in the platform '${this.platform.node.id}', got '${construct.node.path}': make a queue there`;
    throw new InvalidInput([{ where: this.node.path, text }]);
  }
}
