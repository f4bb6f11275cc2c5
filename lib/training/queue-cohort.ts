import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { z } from 'zod';
import { MAX_LABEL } from '../core/names';
import { oneOf, parse } from '../core/schema';
import { cohort, resourceFlavor, topology } from '../crds/kueue';
import { GPU_TYPES } from '../platform/gpus';
import { LABELS } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { type Amounts, amountsOf, poolOf, shareSchema } from './quota';
import { flavorSpec, type QueueTopology, topologyProblems, topologySchema, topologyWarnings } from './topology';

const COHORT = Symbol.for('recstack.QueueCohort');

/** Checks {@link QueueCohortProps}. */
export const queueCohortSchema = z.strictObject({
  /**
   * The type of the GPUs that its queues count.
   * @default - none: for runs on CPU
   */
  gpuType: oneOf(GPU_TYPES).optional(),
  /**
   * What belongs to no queue, on top of what they have: whoever comes first borrows it.
   * @default - nothing
   */
  pool: shareSchema.optional(),
  /**
   * Where the nodes lie in the network, so that runs can ask to be near together. Kueue never lets it be changed: a new
   * one takes a cohort of another id.
   * @default - not known
   */
  topology: topologySchema.optional(),
});

/** Properties of a QueueCohort. @interface */
export type QueueCohortProps = z.input<typeof queueCohortSchema>;

/** The constructs that a cohort is made of. None belongs to a namespace. */
export interface QueueCohortNodes {
  readonly cohort: ApiObject;
  readonly resourceFlavor: ApiObject;
  readonly topology: ApiObject | undefined;
}

/** A queue, as its cohort sees it. */
export interface Member {
  /** What it lets others have while it doesn't use it. */
  readonly lends: Amounts;
}

/**
 * Queues that lend each other what they don't use, of one namespace or of several teams' own. Whoever comes into the
 * quota of its own queue gets it back at once, whatever runs there on loan, and however urgent it is.
 *
 * Cohorts are not nested, so that none can borrow from itself in a circle.
 *
 * @example
 * ```ts
 * const a100 = new QueueCohort(infra, 'a100', { gpuType: 'nvidia-a100-80gb', pool: { gpus: 8 } });
 * new TrainingQueue(shop, 'gpus', { cohort: a100, gpus: { count: 16, type: 'nvidia-a100-80gb' }, … });
 * new TrainingQueue(search, 'gpus', { cohort: a100, gpus: { count: 16, type: 'nvidia-a100-80gb' }, lendingLimit: { gpus: 8 }, … });
 * ```
 */
export class QueueCohort extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: QueueCohortNodes;
  /** The name of its Cohort, and of the flavor that its queues count. */
  readonly name: string;
  private readonly platform: Platform;
  private readonly settings: z.output<typeof queueCohortSchema>;
  private readonly members = new Map<string, Member>();

  /** Whether `x` is a QueueCohort, also one of another copy of recstack. */
  static isQueueCohort(x: unknown): x is QueueCohort {
    return typeof x === 'object' && x !== null && COHORT in x;
  }

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: QueueCohortProps = {}) {
    super(scope, id);
    Object.defineProperty(this, COHORT, { value: true });
    this.platform = Platform.of(this);
    this.settings = parse(queueCohortSchema, props, this.node.path);
    const name = this.platform.nameOf(this, MAX_LABEL - `${this.platform.namespace}-`.length);
    this.name = `${this.platform.namespace}-${name}`;
    this.nodes = this.emit(name);
    this.check();
  }

  /** The type of the GPUs that its queues count. */
  get gpuType() {
    return this.settings.gpuType;
  }

  /** Where the nodes lie. */
  get topology(): QueueTopology | undefined {
    return this.settings.topology;
  }

  /** Takes in a queue, by its path. */
  join(path: string, member: Member): void {
    this.members.set(path, member);
  }

  /** What a queue can have of the others at most, while none of them needs anything, and of the pool. */
  lendableTo(path: string): Amounts {
    const others = [...this.members].filter(([other]) => other !== path).map(([, { lends }]) => lends);
    return [amountsOf(this.settings.pool ?? {}, 0), ...others].reduce((sum, { gpus, cpu, memory }) => ({
      gpus: sum.gpus + gpus,
      cpu: sum.cpu + cpu,
      memory: sum.memory + memory,
    }));
  }

  private emit(name: string): QueueCohortNodes {
    const { gpuType, pool = {}, topology: where } = this.settings;
    const labels = { [LABELS.name]: name, [LABELS.component]: 'training-queue' };
    const metadata = { name: this.name, labels };
    const levels = where?.levels.map(({ label }) => ({ nodeLabel: label }));
    return {
      topology: levels && topology(this, 'topology', { metadata, spec: { levels } }),
      resourceFlavor: resourceFlavor(this, 'resource-flavor', {
        metadata,
        spec: where && flavorSpec(this.name, where, gpuType, this.platform.cluster),
      }),
      cohort: cohort(this, 'cohort', {
        metadata,
        resourceGroups: Object.keys(pool).length === 0 ? [] : [poolOf(this.name, pool)],
      }),
    };
  }

  private check(): void {
    const { gpuType, pool, topology: where } = this.settings;
    const { cluster, production } = this.platform;
    const problems: string[] = where === undefined ? [] : topologyProblems(where, gpuType, cluster);
    if (!cluster.has('kueue')) {
      problems.push("must be in a cluster with the add-on 'kueue': add it to cluster.addons or do without a cohort");
    }
    const problem = gpuType && cluster.problemWithGpu(gpuType);
    if (problem !== undefined) problems.push(`gpuType ${problem}`);
    if (gpuType === undefined && pool?.gpus !== undefined) {
      problems.push(`pool.gpus must come with gpuType, got ${pool.gpus} and none: say of which type they are`);
    }
    if (problems.length > 0) this.node.addValidation({ validate: () => problems });
    if (where && production) for (const text of topologyWarnings(where)) warn(this, text);
  }
}
