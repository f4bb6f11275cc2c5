/** A series, and which of its time series count: `where` is a PromQL matcher such as `status!="OK"`. */
export interface Series {
  readonly name: string;
  readonly where?: string;
}

/** The unit in which a server states durations. PromQL is written so that answers are in seconds. */
export type TimeUnit = 's' | 'ms' | 'us';

/**
 * How a server tells how long requests take: a histogram, of which quantiles can be taken over all replicas,
 * or a pair of counters, which has just a mean.
 */
export type LatencyMetric =
  | {
      readonly type: 'histogram';
      /** Name without `_bucket`. */
      readonly name: string;
      readonly where?: string;
      readonly unit: TimeUnit;
    }
  | { readonly type: 'mean'; readonly sum: Series; readonly count: Series; readonly unit: TimeUnit };

/**
 * What a server exposes, in words that are the same for all servers. Dashboards, alerts and scaling ask in
 * these words; what a server doesn't have is left out here, and never guessed.
 */
export interface ServerMetrics {
  /** Name of the port that is scraped, a key of the runtime's `ports`. */
  readonly port: string;
  /** Path of the metrics page. */
  readonly path: string;
  /** Counters whose sum counts finished requests, good and bad. */
  readonly requests?: readonly Series[];
  /** Counters whose sum counts failed requests. */
  readonly errors?: readonly Series[];
  readonly latency?: LatencyMetric;
  /** Gauge of requests that wait for a place in a batch or on a device. */
  readonly queued?: Series;
  /** Gauge of requests that are being worked on. */
  readonly running?: Series;
  /** Gauge of the share of time in which the GPU was busy, from 0 to 1. */
  readonly gpuUtilization?: Series;
}
