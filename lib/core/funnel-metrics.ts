/**
 * What the API of a funnel exposes, by Prometheus' rules for names: the convention that alerts and dashboards ask by.
 * Durations are in seconds, and the buckets are those of the funnel's configuration, which show its deadlines.
 *
 * | metric | type | labels | counts |
 * |---|---|---|---|
 * | `recstack_funnel_request_duration_seconds` | histogram | `outcome` | requests, from the first byte in to the last out |
 * | `recstack_funnel_stage_duration_seconds` | histogram | `stage` | stages, with the fallback if there was one |
 * | `recstack_funnel_fallbacks_total` | counter | `stage`, `fallback` | answers of a fallback instead of the stage's own |
 * | `recstack_funnel_candidates` | summary without quantiles | `stage` | candidates that a stage lets through |
 *
 * Series are there from the start, at zero: a counter that appears with its first event hides that event from `rate`.
 *
 * @see https://prometheus.io/docs/practices/naming/ and https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
 */
export const FUNNEL_METRICS = {
  requestDuration: 'recstack_funnel_request_duration_seconds',
  stageDuration: 'recstack_funnel_stage_duration_seconds',
  fallbacks: 'recstack_funnel_fallbacks_total',
  candidates: 'recstack_funnel_candidates',
} as const;

/** How a request ended: every stage answered, at least one fallback did, or there was no answer. */
export const FUNNEL_OUTCOMES = ['ok', 'fallback', 'error'] as const;
