import { z } from 'zod';
import { durationSchema, formatSeconds, seconds } from '../core/durations';
import { percentageSchema } from '../core/percentages';
import { SHORTEST_WINDOW } from '../core/scaling';
import { must, pattern, text, wholeNumber } from '../core/schema';
import { peaksSchema } from './peaks';
import { amountSchema, perReplicaSchema } from './per-replica';
import { behaviorSchema, toleranceSchema } from './rules';

const fewest = wholeNumber({ min: 0, of: 'replicas' });
const most = wholeNumber({ min: 1, of: 'replicas' });

/** What each replica may be asked for; at least one must be given. */
export const AIMS = ['requests', 'concurrency', 'queue', 'gpu', 'cpu', 'memory'] as const;

/** Checks {@link AutoscaleOnDemandProps}; it is plain data, also in an environment file. */
export const autoscaleOnDemandSchema = z
  .strictObject({
    /**
     * The fewest and the most replicas. Two or more at least survive the loss of a zone and the drain of a node. None at
     * least needs KEDA and {@link AutoscaleOnDemandProps.wakeUp}.
     */
    replicas: z
      .tuple([fewest, most], { error: must('be [fewest, most] replicas', 'like [3, 40]') })
      .refine(([min, max]) => min <= max, { error: must('not have its minimum above its maximum') })
      .readonly(),
    /**
     * Requests per second that each replica should get.
     * @default - not looked at
     */
    requests: amountSchema('requests per second').optional(),
    /**
     * Requests that each replica should work on at the same time.
     * @default - not looked at
     */
    concurrency: amountSchema('requests').optional(),
    /**
     * Requests that may wait at each replica.
     * @default - not looked at
     */
    queue: amountSchema('requests').optional(),
    /**
     * The share of time in which each GPU should be busy.
     * @default - not looked at
     */
    gpu: percentageSchema.optional(),
    /**
     * CPU to aim for, as a share of what a replica sets aside.
     * @default - not looked at
     */
    cpu: percentageSchema.optional(),
    /**
     * Memory to aim for, as a share of what a replica sets aside. A server that holds its model in memory doesn't
     * get lighter by more replicas; use it for caches.
     * @default - not looked at
     */
    memory: percentageSchema.optional(),
    /**
     * Over how long requests are counted. A short window sees a rise sooner; two scrapes must fit into it.
     * @default '1m'
     */
    window: durationSchema
      .refine((value) => seconds(value) >= SHORTEST_WINDOW && Number.isInteger(seconds(value)), {
        error: must(
          `be '${formatSeconds(SHORTEST_WINDOW)}' or longer, in whole seconds`,
          'two scrapes must fit into it',
        ),
      })
      .default('1m'),
    /**
     * How fast replicas come and go: a preset, or rules of one's own.
     * @default 'responsive'
     */
    behavior: behaviorSchema.default('responsive'),
    /**
     * How far off the aim may be before anything happens, in both directions or in each. Needs Kubernetes 1.35.
     * @default - 10 %, for the whole cluster
     */
    tolerance: toleranceSchema.optional(),
    /**
     * What a replica was measured to do, for the plan.
     * @default - not measured: `recstack plan` can't replay traffic against it
     */
    perReplica: perReplicaSchema.optional(),
    /**
     * The times for which more replicas are planned, such as a sale. KEDA sees to those that repeat by cron triggers; to
     * the others, and where it is missing, CronJobs that raise the minimum.
     * @default - the same minimum at all times
     */
    peaks: peaksSchema.optional(),
    /**
     * Address of the Prometheus that scrapes the servers, with the labels `namespace` and `job` (the server's name).
     * @default - that of the platform's Monitoring
     */
    prometheus: pattern<string>(
      /^https?:\/\/[^\s/]+(\/\S*)?$/,
      must('be the address of a Prometheus', "like 'http://prometheus.monitoring.svc:9090'"),
    ).optional(),
    /**
     * What holds while a metric can't be read, with KEDA: as many replicas as there are, and at least these. Without
     * KEDA, replicas stay as they are.
     * @default - the minimum
     */
    fallback: z.strictObject({ replicas: most }).optional(),
    /**
     * How a server without replicas gets one again; given with `replicas: [0, …]` and only then.
     * @default - there always are replicas
     */
    wakeUp: z
      .strictObject({
        /** How long the first requests may wait, or fail, until a replica is ready: no objective holds in that time. */
        within: durationSchema,
        /**
         * PromQL of the requests per second for the server, counted before it: a server that isn't there counts none. It
         * must give 0, and not nothing, while there are none; nothing counts as a failure.
         */
        requests: text('PromQL of the requests per second that arrive before the server'),
        /**
         * How long there must be no requests before the last replica goes.
         * @default '5m'
         */
        idle: durationSchema
          .refine((value) => Number.isInteger(seconds(value)), { error: must('be in whole seconds') })
          .default('5m'),
      })
      .optional(),
  })
  .superRefine((settings, context) => {
    const { replicas, wakeUp, requests, fallback } = settings;
    const fail = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (AIMS.every((aim) => settings[aim] === undefined)) {
      fail(
        [],
        `must aim for one or more of ${AIMS.join(', ')}, but has none: requests is a start, as measured per replica`,
      );
    }
    if (replicas[0] === 0 && wakeUp === undefined) {
      fail(
        ['wakeUp'],
        "must be given with no replicas at least, but is missing: say how long the first requests may wait and where they are counted, like { within: '3m', requests: 'sum(rate(…[1m]))' }, or keep 1 or more",
      );
    }
    if (replicas[0] > 0 && wakeUp !== undefined) {
      fail(['wakeUp'], `must be left out where ${replicas[0]} or more replicas stay: nothing has to wake up`);
    }
    if (replicas[0] === 0 && requests === undefined) {
      fail(
        ['requests'],
        'must be given with no replicas at least, but is missing: what is measured at replicas is not there without any',
      );
    }
    if (fallback !== undefined && fallback.replicas > replicas[1]) {
      fail(['fallback', 'replicas'], `must be at most the maximum, ${replicas[1]}, got ${fallback.replicas}`);
    }
  });

/** Properties of {@link autoscaleOnDemand}. @interface */
export type AutoscaleOnDemandProps = z.input<typeof autoscaleOnDemandSchema>;

/** The same, checked and with defaults. */
export type AutoscaleOnDemandSettings = z.output<typeof autoscaleOnDemandSchema>;
