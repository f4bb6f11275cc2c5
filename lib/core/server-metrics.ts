/** A series, and which of its time series count: `where` is a PromQL matcher such as `status!="OK"`. */
export interface Series {
  readonly name: string;
  readonly where?: string;
  /** Among counters that are added up: this one is taken away, because another one counts the same again. */
  readonly subtract?: true;
}

/** The unit in which a server states durations. PromQL is written so that answers are in seconds. */
export type TimeUnit = 's' | 'ms' | 'us';

/** Times as a histogram, of which quantiles can be taken over all replicas. */
export interface TimeHistogram {
  readonly type: 'histogram';
  /** Name without `_bucket`. */
  readonly name: string;
  readonly where?: string;
  readonly unit: TimeUnit;
  /**
   * Upper bounds of its buckets in seconds, rising, without the infinite one: a time is known by its bucket only.
   * @default - not known, so that no objective is checked against them
   */
  readonly buckets?: readonly number[];
  /**
   * What a user can do to have other buckets, as the end of an error.
   * @default - nothing: they are part of the program
   */
  readonly remedy?: string;
}

/** Times as a pair of counters, which has just a mean. */
export interface TimeMean {
  readonly type: 'mean';
  readonly sum: Series;
  readonly count: Series;
  readonly unit: TimeUnit;
}

/** How a server tells how long something takes. */
export type LatencyMetric = TimeHistogram | TimeMean;

/** The words in which dashboards, alerts, gates and scaling ask; they are the same for all servers. */
export interface Metrics {
  /** Counters whose sum counts finished requests, good and bad. */
  readonly requests: readonly Series[];
  /** Counters whose sum counts failed requests. */
  readonly errors: readonly Series[];
  /** From a request's arrival to its answer. */
  readonly latency: LatencyMetric;
  /** Gauge of requests that wait for a place in a batch or on a device. */
  readonly queued: Series;
  /** How long requests have waited for it. */
  readonly queueTime: LatencyMetric;
  /** Gauge of requests that are being worked on; whether those that wait are among them differs by server. */
  readonly running: Series;
  /** Counters of inferences, and of the batches in which they were run. */
  readonly batchSize: { readonly inferences: Series; readonly batches: Series };
  /** Gauge of the share of time in which each GPU was busy, from 0 to 1. */
  readonly gpuUtilization: Series;
  /** Gauge of the bytes in use on each GPU. */
  readonly gpuMemoryUsed: Series;
  /** Gauge of the bytes that each GPU has. */
  readonly gpuMemoryTotal: Series;
}

export type MetricName = keyof Metrics;

/** All words of the vocabulary. */
export const METRIC_NAMES = [
  'requests',
  'errors',
  'latency',
  'queued',
  'queueTime',
  'running',
  'batchSize',
  'gpuUtilization',
  'gpuMemoryUsed',
  'gpuMemoryTotal',
] as const satisfies readonly MetricName[];

/**
 * What a server exposes. What it doesn't have is left out, and never guessed; `lacks` says why.
 *
 * `Has` are the metrics that it may be asked for. A runtime that names them must give the reason for each of the
 * others; one that doesn't (`ServerMetrics`) may be asked for any, and what is missing is found out at synth.
 */
export interface ServerMetrics<Has extends MetricName = MetricName> extends Partial<Metrics> {
  /** Name of the port that is scraped, a key of the runtime's `ports`. */
  readonly port: string;
  /** Path of the metrics page. */
  readonly path: string;
  /** For each metric that it doesn't have, why, and what to ask instead: the end of an error. */
  readonly lacks?: { readonly [K in Exclude<MetricName, Has>]: string } & { readonly [K in Has]?: string };
}
