import type { ApiObject } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { z } from 'zod';
import { longestEventSeconds } from '../core/calendar';
import { isName, MAX_LABEL } from '../core/names';
import { parse } from '../core/schema';
import { KUEUE_LABELS, localQueue } from '../crds/kueue';
import { LABELS } from '../platform/labels';
import { Platform } from '../platform/platform';
import { InClusterScript, type InClusterScriptNodes } from './in-cluster-script';
import { type TrainingCalendarProps, trainingCalendarSchema } from './training-calendar-props';
import type { TrainingQueue } from './training-queue';

const CALENDAR = Symbol.for('recstack.TrainingCalendar');

/** What the gate reads and writes at runs; the script beside has the same. */
const RUN_LABEL = 'recstack/calendar';
const HELD = 'recstack/held';

/** What a calendar holds: something with a `spec.suspend`, or a CronJob that makes it. */
export interface Run {
  readonly nodes: { readonly job: { readonly apiVersion: string; readonly kind: string } };
}

/** How a run is marked, so that a calendar finds it. */
export interface Admission {
  /** Of each run. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of runs that a schedule or an alert makes: they come held, and the gate lets them in when it is open. */
  readonly held?: { readonly annotations: Readonly<Record<string, string>> };
}

/**
 * Keeps training off the cluster while it is closed, such as during a sale. Runs of a schedule that come due meanwhile
 * are made and wait, whatever their starting deadline, and at most one of each; new runs wait too; and those that are
 * on are stopped, or finish (`running`). All of them go on when it opens.
 *
 * A run of a schedule waits for the gate, so that none starts while the gate itself is down; one that is applied while it
 * is closed is stopped within seconds. Runs in a queue are held
 * by Kueue, in an entry of their own, so that servers in the same queue are left alone. What a person suspends stays
 * suspended; to start a run against the calendar, take the label `recstack/calendar` off it. Before a calendar is taken
 * away, let it open: nobody would let in what it holds.
 *
 * @example
 * ```ts
 * const sales = new TrainingCalendar(shop, 'sales', {
 *   timeZone: 'Asia/Shanghai',
 *   closed: [
 *     { name: 'double-11', every: 'year', start: '11-10T18:00', end: '11-12T02:00' },
 *     { name: '618', every: 'year', start: '06-17T18:00', end: '06-19T02:00' },
 *     { name: 'evening-peak', every: 'day', start: '19:00', end: '23:30' },
 *   ],
 * });
 * new TrainingJob(shop, 'dlrm', { calendar: sales, schedule: '0 20 * * *', timeZone: 'Asia/Shanghai', … });
 * ```
 */
export class TrainingCalendar extends Construct {
  /** The constructs of the gate, the program that opens and closes. */
  readonly nodes: InClusterScriptNodes;
  /** The name of the gate, and of the calendar at the runs that it holds. */
  readonly name: string;
  /** The longest that it is closed at a time, in seconds. */
  readonly longestSeconds: number;
  private readonly platform: Platform;
  private readonly settings: z.output<typeof trainingCalendarSchema>;
  private readonly runs = new Set<Run>();
  private readonly queues = new Map<TrainingQueue, ApiObject>();

  /** Whether `x` is a TrainingCalendar, also one of another copy of recstack. */
  static isTrainingCalendar(x: unknown): x is TrainingCalendar {
    return typeof x === 'object' && x !== null && CALENDAR in x;
  }

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: TrainingCalendarProps) {
    super(scope, id);
    Object.defineProperty(this, CALENDAR, { value: true });
    this.platform = Platform.of(this);
    this.settings = parse(trainingCalendarSchema, props, this.node.path);
    this.name = this.platform.nameOf(this);
    const { timeZone, closed, running } = this.settings;
    this.longestSeconds = longestEventSeconds({ timeZone, events: closed });
    const gate = new InClusterScript(this, 'gate', {
      name: this.name,
      files: ['training/in-cluster/gate.py', 'core/in-cluster/hours.py', 'core/in-cluster/kube.py'],
      settings: () => ({
        name: this.name,
        timeZone,
        events: closed,
        running,
        runs: this.kinds(),
        queues: [...this.queues.values()].map((queue) => queue.name),
      }),
      rules: () => this.rules(),
    });
    this.nodes = gate.nodes;
    this.node.addValidation({
      validate: () =>
        this.runs.size + this.queues.size > 0
          ? []
          : ["must be the calendar of a run, and is that of none: set a TrainingJob's calendar"],
    });
  }

  /** Takes a run under the calendar, and says how it is to be marked. What it is made of is asked at synth. */
  admit(run: Run, queue?: TrainingQueue): Admission {
    if (queue !== undefined) return { labels: { [KUEUE_LABELS.queue]: this.entryTo(queue) } };
    this.runs.add(run);
    return { labels: { [RUN_LABEL]: this.name }, held: { annotations: { [HELD]: this.name } } };
  }

  /** What can't work, each as the rest of a sentence after the path of a run. */
  problemsWith(
    run: IConstruct,
    { checkpoints, queue }: { readonly checkpoints?: object | undefined; readonly queue?: TrainingQueue | undefined },
  ): string[] {
    const problems: string[] = [];
    // It is the value of a label.
    if (queue !== undefined && !isName(this.entryTo(queue))) {
      problems.push(
        `calendar must make a name of at most ${MAX_LABEL} characters with the queue, got '${this.entryTo(queue)}': give it a shorter id`,
      );
    }
    if (Platform.of(run) !== this.platform) {
      problems.push(`calendar must be in the platform of the run, got '${this.node.path}': make one there`);
    }
    if (this.settings.running === 'stop' && checkpoints === undefined) {
      problems.push(
        `checkpoints must come with the calendar '${this.name}', which stops runs, but are missing: set them, or the calendar's running to 'finish'`,
      );
    }
    return problems;
  }

  /** The way into a queue that closes with this calendar; others, such as those of servers, stay open. */
  private entryTo(queue: TrainingQueue): string {
    const known = this.queues.get(queue);
    if (known !== undefined) return known.name;
    const name = `${queue.name}-${this.name}`;
    const labels = { [LABELS.name]: name, [LABELS.component]: 'training-queue' };
    const entry = localQueue(this, `entry-${queue.name}`, {
      metadata: { name, labels },
      spec: { clusterQueue: queue.nodes.clusterQueue.name },
    });
    entry.node.addDependency(queue);
    this.queues.set(queue, entry);
    return name;
  }

  /** The kinds of its runs, each once, as the API server calls them. */
  private kinds(): { readonly api: string; readonly resource: string }[] {
    const kinds = new Map<string, string>();
    for (const { nodes } of this.runs) {
      const { apiVersion, kind } = nodes.job;
      kinds.set(kind === 'CronJob' ? 'jobs' : `${kind.toLowerCase()}s`, apiVersion);
    }
    return [...kinds].map(([resource, api]) => ({ api, resource }));
  }

  private rules(): PolicyRule[] {
    const runs = this.kinds().map(({ api, resource }) => ({
      apiGroups: [api.split('/')[0] ?? ''],
      resources: [resource],
      verbs: ['get', 'list', 'patch'],
    }));
    const resourceNames = [...this.queues.values()].map(({ name }) => name);
    if (resourceNames.length === 0) return runs;
    return [
      ...runs,
      { apiGroups: ['kueue.x-k8s.io'], resources: ['localqueues'], resourceNames, verbs: ['get', 'patch'] },
    ];
  }
}
