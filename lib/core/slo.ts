import { z } from 'zod';
import { type Duration, durationSchema, seconds } from './durations';
import { fraction, type Percentage, percentageSchema } from './percentages';
import { must, parse } from './schema';

const objectiveRule = must("be a percentage below 100%, like '99.9%'", 'an objective of 100% leaves no error budget');
const objectiveSchema = percentageSchema.refine((value) => fraction(value) < 1, { error: objectiveRule });

const latencySchema = z.strictObject({
  /** Requests should finish within this time… */
  under: durationSchema,
  /** …in this share of all cases: `99%` makes it a bound on the 99th percentile. */
  objective: objectiveSchema,
});
const availabilitySchema = z.strictObject({ objective: objectiveSchema });

/** Checks objectives as an environment file states them: `{ latency: { under: 50ms, objective: 99% }, availability: 99.9% }`. */
export const sloSchema = z
  .strictObject({
    /** How fast: the objective is the quantile. */
    latency: latencySchema.optional(),
    /** The share of requests that should succeed. */
    availability: objectiveSchema.optional(),
  })
  .transform(({ latency, availability }): Slo[] => [
    ...(latency === undefined ? [] : [Slo.latency(latency)]),
    ...(availability === undefined ? [] : [Slo.availability({ objective: availability })]),
  ]);

/** An objective for how fast a server answers. */
export interface LatencyObjective {
  readonly kind: 'latency';
  /** Requests should finish within so many seconds… */
  readonly thresholdSeconds: number;
  /** …in this share of all cases, between 0 and 1: 0.99 makes it a bound on the 99th percentile. */
  readonly objective: number;
}

/** An objective for how often a server answers without an error. */
export interface AvailabilityObjective {
  readonly kind: 'availability';
  /** The share of requests that should succeed, between 0 and 1. */
  readonly objective: number;
}

/**
 * A service level objective: what users of a server may expect. Alerts and dashboards are drawn from it.
 *
 * @example
 * ```ts
 * Slo.latency({ under: '50ms', objective: '99%' }); // p99 < 50 ms
 * Slo.availability({ objective: '99.9%' });
 * ```
 */
export type Slo = LatencyObjective | AvailabilityObjective;

export const Slo = {
  /**
   * The `objective` is the quantile: 99 % of requests finish `under` the threshold.
   *
   * A histogram tells of a time only in which of its buckets it lies. Where the server lets them be chosen, the threshold
   * becomes a bound of one; else a threshold that is outside of all buckets is refused, and one inside of a bucket is
   * warned of in production. Where a server tells a mean only, it is the mean that is held against the threshold.
   */
  latency(props: { readonly under: Duration; readonly objective: Percentage }): LatencyObjective {
    const { under, objective } = parse(latencySchema, props, 'Slo.latency');
    return { kind: 'latency', thresholdSeconds: seconds(under), objective: fraction(objective) };
  },

  /** The share of requests that are answered without an error. */
  availability(props: { readonly objective: Percentage }): AvailabilityObjective {
    const { objective } = parse(availabilitySchema, props, 'Slo.availability');
    return { kind: 'availability', objective: fraction(objective) };
  },
};
