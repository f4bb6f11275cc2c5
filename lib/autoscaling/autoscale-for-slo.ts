import type { LoadTestRun } from '../capacity/queueing/k6-summary';
import { latencyQuantile } from '../capacity/queueing/latency';
import { measuredRate } from '../capacity/queueing/measured-rate';
import { enoughForLeastRequest, type Queue } from '../capacity/queueing/queue';
import { type SloTarget, sloTarget } from '../capacity/queueing/slo-target';
import { type Derivation, explain } from '../core/derivation';
import { seconds } from '../core/durations';
import { fraction } from '../core/percentages';
import { InvalidInput } from '../core/problem';
import type { ScalingPolicy, ScalingTarget } from '../core/scaling';
import { parse } from '../core/schema';
import type { LatencyObjective } from '../core/slo';
import { readySecondsOf } from './attach';
import {
  type AutoscaleForSloProps,
  type AutoscaleForSloSettings,
  autoscaleForSloSchema,
} from './autoscale-for-slo-props';
import { autoscaleOnDemand } from './autoscale-on-demand';
import { readLoadTest } from './load-test';

/** Seconds between two scrapes of a server. */
const SCRAPE_INTERVAL = 15;
/** Kubernetes' own tolerance, where none is set. */
const DEFAULT_TOLERANCE = 0.1;
/** Below such a share of what it can do, a server waits for its objective more than it works. */
const NEARLY_IDLE = 0.02;

/**
 * Scales so that the latency objective of the server holds: the requests per second that each replica should get follow
 * from it.
 *
 * The highest rate at which the objective holds is measured, or follows from the time of work by queueing theory; from
 * it comes off what traffic grows by until new replicas are ready, what the autoscaler tolerates, and the share of a lost
 * zone. `recstack plan` prints each step. The rest is {@link autoscaleOnDemand}'s.
 *
 * @throws InvalidInput with everything that is wrong with the props; and when it is attached, where the server has no
 *   latency objective, or one that it can't keep
 * @example
 * ```ts
 * ranker.autoscale(autoscaleForSlo({ replicas: [3, 40], perReplica: { rps: 220, concurrency: 8 }, zones: 3 }));
 * ```
 * @example
 * By theory, from the time of work:
 * ```ts
 * const perReplica = { concurrency: 8, serviceTime: '12ms', variation: 0.5 } as const;
 * ranker.autoscale(autoscaleForSlo({ replicas: [3, 40], perReplica, balancing: 'leastRequest' }));
 * ```
 */
export function autoscaleForSlo(props: AutoscaleForSloProps): ScalingPolicy {
  const settings = parse(autoscaleForSloSchema, props, 'autoscaleForSlo');
  const runs = settings.loadTest === undefined ? undefined : readLoadTest(settings.loadTest);
  return { fewest: settings.replicas[0], attachTo: (target) => attach(target, settings, runs) };
}

function attach(target: ScalingTarget, settings: AutoscaleForSloSettings, runs: LoadTestRun[] | undefined): void {
  const { perReplica, balancing: _, growth, zones, loadTest: __, ...onDemand } = settings;
  const slo = objectiveOf(target);
  const measured = measuredOf(settings, runs, slo);
  const queue = measured === undefined ? queueOf(settings) : undefined;
  const within = sloTarget({
    slo,
    tolerance: toleranceOf(settings),
    growth,
    zones,
    delays: {
      metricWindow: seconds(settings.window),
      scrapeInterval: SCRAPE_INTERVAL,
      readySeconds: readySecondsOf(target, { ...perReplica, rps: 1 }),
    },
    ...(measured === undefined ? {} : { measured: measured.rps }),
    ...(queue === undefined ? {} : { queue }),
  });
  // Kubernetes counts in thousandths; the noise of the divisions is not to cost one.
  const requests = Math.floor(Number((within.requests * 1000).toPrecision(12))) / 1000;
  if (queue !== undefined) refuseIdle(target, queue, slo, within);
  autoscaleOnDemand({ ...onDemand, requests, perReplica: { ...perReplica, rps: within.within } }).attachTo(target);
  explain(target, [...(measured?.derivation ?? []), ...within.derivation]);
}

interface Objective {
  readonly quantile: number;
  readonly under: number;
}

function objectiveOf(target: ScalingTarget): Objective {
  const slo = target.slos?.find((one): one is LatencyObjective => one.kind === 'latency');
  if (slo !== undefined) return { quantile: slo.objective, under: slo.thresholdSeconds };
  const text =
    "slo must have a latency objective for autoscaleForSlo, but has none: add Slo.latency({ under: '50ms', objective: '99%' }), or take autoscaleOnDemand";
  throw new InvalidInput([{ where: target.node.path, text }]);
}

function measuredOf(
  { perReplica, loadTest }: AutoscaleForSloSettings,
  runs: LoadTestRun[] | undefined,
  slo: Objective,
): { readonly rps: number; readonly derivation: readonly Derivation[] } | undefined {
  if (runs === undefined || loadTest === undefined) {
    return perReplica.rps === undefined ? undefined : { rps: perReplica.rps, derivation: [] };
  }
  const { requests, run, open } = measuredRate(runs, loadTest.replicas, slo);
  const value = `${Number(requests.toPrecision(3))} requests/s per replica`;
  const formula = `the highest within the objective of ${runs.length} runs, in ${run}${open ? '; none was beyond it' : ''}`;
  return { rps: requests, derivation: [{ what: 'load test', value, formula }] };
}

function queueOf({ perReplica, balancing, replicas: [fewest] }: AutoscaleForSloSettings): Queue | undefined {
  const { serviceTime, concurrency = 1, variation = 1 } = perReplica;
  if (serviceTime === undefined) return undefined;
  // At its fewest, a server has the least to choose from.
  const replicas = Math.max(1, fewest);
  const few = balancing === 'leastRequest' && !enoughForLeastRequest(replicas, variation);
  return {
    serviceTime: seconds(serviceTime),
    concurrency,
    variation,
    replicas,
    balancing: few ? 'random' : balancing,
  };
}

function refuseIdle(target: ScalingTarget, queue: Queue, { quantile, under }: Objective, within: SloTarget): void {
  const most = (queue.concurrency ?? 1) / queue.serviceTime;
  if (within.within >= NEARLY_IDLE * most) return;
  const alone = latencyQuantile({ ...queue, load: 0.001, quantile });
  const [limit, work] = [under, alone].map((value) => `${Number((value * 1000).toPrecision(3))} ms`);
  const text =
    `slo must leave time to wait: p${Number((quantile * 100).toPrecision(12))} must be under ${limit}, and takes ${work} ` +
    'without any load: a longer objective, a faster model, or work that varies less';
  throw new InvalidInput([{ where: target.node.path, text }]);
}

function toleranceOf({ tolerance }: AutoscaleForSloSettings): number {
  const up = typeof tolerance === 'object' ? tolerance.up : tolerance;
  return up === undefined ? DEFAULT_TOLERANCE : fraction(up);
}
