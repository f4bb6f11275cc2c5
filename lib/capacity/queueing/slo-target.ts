import type { Derivation } from '../../core/derivation';
import { HIGHEST_LOAD, highestLoad } from './highest-load';
import type { Queue } from './queue';

/** Seconds between two looks of the autoscaler. */
const SYNC_PERIOD = 15;

/** Seconds from a request that arrives until the replica that it called for is ready. */
export interface Delays {
  /** Seconds over which the metric is an average: what grew is seen in whole only after it. */
  readonly metricWindow: number;
  /** Seconds between two scrapes of the metric. */
  readonly scrapeInterval: number;
  /** Seconds from the decision until the replica is ready, scheduling, image and model included. */
  readonly readySeconds: number;
}

/** What a target is computed from. */
export interface SloTargetProps {
  /** The objective: the share of requests that has to be under so many seconds. */
  readonly slo: { readonly quantile: number; readonly under: number };
  /** What each replica does, by theory… */
  readonly queue?: Queue;
  /** …or, where it was measured, the most requests per second and replica that kept the objective. */
  readonly measured?: number;
  /** How far the autoscaler lets the load be above the target before it acts: 0.1 by default of Kubernetes. */
  readonly tolerance: number;
  /** By how much traffic grows in the delays: see {@link growth}. */
  readonly growth: number;
  readonly delays: Delays;
  /**
   * Zones of which one may be lost without the objective being missed.
   * @default 1, nothing is kept for a loss
   */
  readonly zones?: number;
}

/** A target of a scaling policy. */
export interface SloTarget {
  /** Requests per second for each replica to aim for; 0 where no load keeps the objective. */
  readonly requests: number;
  /** The most requests per second and replica at which the objective holds. */
  readonly within: number;
  /** Seconds from growth to the replicas for it. */
  readonly leadSeconds: number;
  /** The numbers on the way. */
  readonly derivation: readonly Derivation[];
}

/** Seconds from growth in traffic until the replicas for it are ready: the metric window, a scrape, a sync, a start. */
export function leadSeconds({ metricWindow, scrapeInterval, readySeconds }: Delays): number {
  return metricWindow + scrapeInterval + SYNC_PERIOD + readySeconds;
}

/**
 * What to aim for per replica, so that the objective holds while traffic grows until new replicas are ready, while the
 * autoscaler does nothing inside of its tolerance, and after a zone is lost:
 * ρ × concurrency / service time / (1 + tolerance) / growth × (zones − 1) / zones.
 *
 * @example
 * ```ts
 * const { requests, derivation } = sloTarget({
 *   slo: { quantile: 0.99, under: 0.05 },
 *   queue: { serviceTime: 0.012, variation: 0.5, concurrency: 8 },
 *   tolerance: 0.1,
 *   growth: 1.2,
 *   delays: { metricWindow: 60, scrapeInterval: 15, readySeconds: 90 },
 *   zones: 3,
 * });
 * ```
 */
export function sloTarget({ slo, queue, measured, tolerance, growth, delays, zones = 1 }: SloTargetProps): SloTarget {
  const within = measured === undefined ? byTheory(slo, queue) : byMeasurement(slo, measured);
  const lead = leadSeconds(delays);
  const kept = zones > 1 ? (zones - 1) / zones : 1;
  const requests = (within.requests / (1 + tolerance) / growth) * kept;
  const { metricWindow, scrapeInterval, readySeconds } = delays;
  return {
    requests,
    within: within.requests,
    leadSeconds: lead,
    derivation: [
      ...within.derivation,
      {
        what: 'time until replicas for more traffic are ready',
        value: `${short(lead)} s`,
        formula:
          `${short(metricWindow)} s metric window + ${short(scrapeInterval)} s scrape + ${SYNC_PERIOD} s sync ` +
          `+ ${short(readySeconds)} s until ready`,
      },
      {
        what: 'target',
        value: `${short(requests)} requests/s per replica`,
        formula:
          `${short(within.requests)} / ${short(1 + tolerance)} tolerance / ${short(growth)} growth` +
          (zones > 1 ? ` × ${zones - 1}/${zones} when a zone is lost` : ''),
      },
    ],
  };
}

interface Within {
  readonly requests: number;
  readonly derivation: readonly Derivation[];
}

function byTheory({ quantile, under }: SloTargetProps['slo'], queue: Queue | undefined): Within {
  if (queue === undefined) throw new Error('sloTarget must be given a queue or what was measured');
  const { serviceTime, concurrency = 1, variation = 1, balancing = 'random', replicas = 1 } = queue;
  const load = highestLoad({ ...queue, quantile, under });
  const requests = (load * concurrency) / serviceTime;
  const spread = balancing === 'random' ? '' : ` over ${replicas} replicas`;
  return {
    requests,
    derivation: [
      {
        what: 'highest load within the objective',
        value: `${load === HIGHEST_LOAD ? 'at least ' : ''}${short(load * 100)}%`,
        formula:
          `p${short(quantile * 100)} ≤ ${milliseconds(under)}, where a request is ${milliseconds(serviceTime)} of work ` +
          `with a variation of ${short(variation)}, ${concurrency} at a time, ${BALANCED[balancing]}${spread}`,
      },
      {
        what: 'requests within the objective',
        value: `${short(requests)} requests/s per replica`,
        formula: `${short(load * 100)}% × ${concurrency} at a time / ${milliseconds(serviceTime)}`,
      },
    ],
  };
}

const BALANCED = {
  random: 'balanced at random',
  leastRequest: 'balanced by least request',
  shared: 'from one shared queue',
} as const;

function byMeasurement({ quantile, under }: SloTargetProps['slo'], measured: number): Within {
  const derivation = {
    what: 'requests within the objective',
    value: `${short(measured)} requests/s per replica`,
    formula: `measured by load test, p${short(quantile * 100)} ≤ ${milliseconds(under)}`,
  };
  return { requests: measured, derivation: [derivation] };
}

const milliseconds = (seconds: number) => `${short(seconds * 1000)} ms`;

/** A number as people write it: three digits that matter. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
