import { z } from 'zod';
import { queueSchema } from '../capacity/queueing/queue';
import { seconds } from '../core/durations';
import { must, oneOf, wholeNumber } from '../core/schema';
import { autoscaleOnDemandSchema } from './autoscale-on-demand-props';
import { loadTestSchema } from './load-test';
import { amountSchema, perReplicaSchema } from './per-replica';

/** All of {@link autoscaleOnDemandSchema} but what it aims for, which follows from the objective. */
const onDemand = z
  .strictObject(autoscaleOnDemandSchema.shape)
  .omit({ requests: true, concurrency: true, queue: true, gpu: true, cpu: true, memory: true, perReplica: true });
/** How far measurements may be above what they can be, as two of them are never alike. */
const ABOVE = 0.05;
const growthRule = must('be a factor, 1 or more', 'traffic that does not grow is 1');

/** Checks {@link AutoscaleForSloProps}; it is plain data, also in an environment file. */
export const autoscaleForSloSchema = onDemand
  .extend({
    /**
     * What is known of a replica: the rate at which its objective holds, as measured, or else the time of its work, from
     * which that rate follows by theory.
     */
    perReplica: perReplicaSchema
      .extend({
        /**
         * Requests per second that a replica was measured to answer within its objective. What is measured is taken before
         * what theory says.
         * @default - by theory, from `serviceTime`, or by `loadTest`
         */
        rps: amountSchema('requests per second').optional(),
        /**
         * Coefficient of variation of the time of work: its standard deviation by its mean.
         * @default 1
         */
        variation: queueSchema.shape.variation.removeDefault().optional(),
      })
      .default({}),
    /**
     * Who gets a request: `random` behind kube-proxy, `leastRequest` behind Envoy's or gRPC's least request, `shared` where
     * replicas take from one queue. For the theory.
     * @default 'random'
     */
    balancing: oneOf(['random', 'leastRequest', 'shared']).default('random'),
    /**
     * By how much traffic grows until replicas for it are ready: `growth(trace, seconds, 0.95)` of recstack/capacity tells it
     * of a trace.
     * @default 1.2, which 95 % of the requests to the World Cup site of 1998 saw at most in five minutes
     */
    growth: z.number({ error: growthRule }).min(1, { error: growthRule }).default(1.2),
    /**
     * Zones of which one may be lost without the objective being missed until new replicas are ready.
     * @default 1, nothing is kept for it
     */
    zones: wholeNumber({ min: 1, of: 'zones' }).default(1),
    /**
     * Measured results, which are taken before the theory.
     * @default - none
     */
    loadTest: loadTestSchema.optional(),
  })
  .superRefine(({ perReplica: { rps, serviceTime, concurrency = 1 }, loadTest }, context) => {
    const fail = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (rps === undefined && serviceTime === undefined && loadTest === undefined) {
      fail(
        ['perReplica'],
        'must have rps, as measured, or serviceTime, or beside it a loadTest: nothing tells what a replica can do',
      );
    }
    if (rps !== undefined && loadTest !== undefined) {
      fail(['perReplica', 'rps'], 'must be left out beside a loadTest, which tells it');
    }
    if (rps === undefined || serviceTime === undefined) return;
    const most = concurrency / seconds(serviceTime);
    if (rps > most * (1 + ABOVE)) {
      fail(
        ['perReplica', 'rps'],
        `must be at most ${Number(most.toPrecision(3))}, ${concurrency} at a time of ${serviceTime} each, got ${rps}: measure both under the same load, or raise concurrency`,
      );
    }
  });

/** Properties of {@link autoscaleForSlo}. @interface */
export type AutoscaleForSloProps = z.input<typeof autoscaleForSloSchema>;

/** The same, checked and with defaults. */
export type AutoscaleForSloSettings = z.output<typeof autoscaleForSloSchema>;
