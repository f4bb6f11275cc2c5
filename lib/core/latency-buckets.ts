import { formatSeconds } from './durations';
import type { LatencyMetric } from './server-metrics';
import type { Slo } from './slo';

/**
 * Bounds that grow by a factor, as many servers have them: `first`, `first × factor`, …
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.19.0/tensorflow/core/lib/monitoring/sampler.cc
 */
export function exponentialBuckets(first: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first * factor ** i);
}

/**
 * Bounds by which each of some thresholds can be told exactly: those of the server, each threshold, and half of it,
 * so that the time of what is fast enough is more than a guess between nothing and the threshold.
 */
export function bucketsFor(defaults: readonly number[], thresholds: readonly number[]): readonly number[] {
  const missing = thresholds.filter((threshold) => !defaults.includes(threshold));
  const bounds = [...defaults, ...missing.flatMap((threshold) => [threshold / 2, threshold])];
  return [...new Set(bounds.map((bound) => Number(bound.toPrecision(6))))].sort((a, b) => a - b);
}

/** Whether a time lies below all buckets but the first, or above the last: then nothing is known of it. */
export function isOutOfReach(buckets: readonly number[], seconds: number): boolean {
  const [smallest = 0] = buckets;
  const largest = buckets.at(-1) ?? Number.POSITIVE_INFINITY;
  return seconds < smallest * (1 - TOLERANCE) || seconds > largest * (1 + TOLERANCE);
}

/**
 * The bounds of the bucket that a time lies inside of, or undefined when it is on a bound. Inside of a bucket
 * PromQL draws a straight line, so that a quantile can be told to be above or below a bound, and nothing between.
 */
export function bucketAround(buckets: readonly number[], seconds: number): readonly [number, number] | undefined {
  if (buckets.some((bound) => Math.abs(bound - seconds) <= bound * TOLERANCE)) return undefined;
  const i = buckets.findIndex((bound) => bound > seconds);
  const [below, above] = [buckets[i - 1], buckets[i]];
  return below === undefined || above === undefined ? undefined : [below, above];
}

/**
 * What is wrong with latency objectives for a server that tells of times by these buckets: a threshold outside of them
 * can't be watched, one between two bounds is watched by a guess.
 */
export function problemsWithLatency(
  runtime: string,
  latency: LatencyMetric | undefined,
  slos: readonly Slo[],
): { readonly problems: string[]; readonly warnings: string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  const buckets = (latency?.type === 'histogram' ? latency.buckets : undefined) ?? [];
  const remedy = latency?.type === 'histogram' && latency.remedy !== undefined ? `, or ${latency.remedy}` : '';
  for (const slo of slos) {
    if (slo.kind !== 'latency' || buckets.length === 0) continue;
    const under = formatSeconds(slo.thresholdSeconds);
    const around = bucketAround(buckets, slo.thresholdSeconds)?.map(shown);
    if (isOutOfReach(buckets, slo.thresholdSeconds)) {
      const range = `${shown(buckets[0] ?? 0)} to ${shown(buckets.at(-1) ?? 0)}`;
      problems.push(
        `slo.latency.under must be from ${range}, which the histogram of ${runtime} can show, got '${under}': choose a bound that it shows${remedy}`,
      );
    } else if (around !== undefined) {
      warnings.push(
        `slo.latency.under is inside of a bucket of ${runtime}, got '${under}': from ${around.join(' to ')} a quantile is a guess, and exact at these two${remedy}`,
      );
    }
  }
  return { problems, warnings };
}

function shown(seconds: number): string {
  return formatSeconds(Number(seconds.toPrecision(3)));
}

/** What is this near to a bound is taken to be on it: bounds are often no round numbers. */
const TOLERANCE = 0.02;
