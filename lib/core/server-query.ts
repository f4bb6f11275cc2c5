import { type Duration, durationSchema } from './durations';
import type { ObservedServer } from './observed';
import { show } from './problem';
import { batchSize, latencyMean, latencyQuantile, mean, rate, type Selector, total, type Window } from './promql';
import { didYouMean } from './schema';
import { type LatencyMetric, METRIC_NAMES, type MetricName, type ServerMetrics } from './server-metrics';

/** How a metric is asked for. */
export interface QueryOptions {
  /**
   * Over how long rates are taken.
   * @default '5m'
   */
  readonly window?: Duration;
  /**
   * Of times, the quantile to give, between 0 and 1; only histograms have them.
   * @default - the mean
   */
  readonly quantile?: number;
}

/** The time series of a server, by the labels that Prometheus gives them. */
export function selectorOf({ namespace, name }: Pick<ObservedServer, 'namespace' | 'name'>): Selector {
  return { namespace, job: name };
}

/** Why a server can't be asked for a metric, as the end of an error; undefined when it can. */
export function problemWithQuery(
  runtime: string,
  metrics: ServerMetrics | undefined,
  metric: MetricName,
  options: QueryOptions,
): string | undefined {
  // From JavaScript, anything may come.
  if (typeof options !== 'object' || options === null) {
    return `query must have options like { window: '5m' }, got ${show(options)}: leave them out for the defaults`;
  }
  const { quantile, window } = options;
  if (!METRIC_NAMES.includes(metric)) {
    return `query must be for one of ${METRIC_NAMES.join(', ')}, got ${show(metric)}${didYouMean(metric, METRIC_NAMES)}`;
  }
  if (metrics === undefined) {
    return `query must be for what ${runtime} exposes, got '${metric}': it was not told of any metrics`;
  }
  const found = metrics[metric];
  if (found === undefined) {
    const why = metrics.lacks?.[metric] ?? 'it was not told of one';
    return `query must be for what ${runtime} exposes, got '${metric}': ${why}`;
  }
  if (window !== undefined && !durationSchema.safeParse(window).success) {
    return `query must have a window that is a duration, got ${show(window)}: write it like '5m'`;
  }
  if (quantile === undefined) return undefined;
  if (metric !== 'latency' && metric !== 'queueTime') {
    return `query must be without a quantile for '${metric}', got ${show(quantile)}: only times have them`;
  }
  if (typeof quantile !== 'number' || !(quantile > 0 && quantile < 1)) {
    return `query must have a quantile between 0 and 1, got ${show(quantile)}`;
  }
  return metrics[metric]?.type === 'histogram'
    ? undefined
    : `query must be without a quantile for '${metric}' of ${runtime}, got ${quantile}: it tells the mean only`;
}

/** The PromQL of a metric, over all replicas; undefined where the server doesn't have it. Times are in seconds. */
export function serverQuery(
  metrics: ServerMetrics,
  metric: MetricName,
  selector: Selector,
  { window = '5m', quantile }: { readonly window?: Window; readonly quantile?: number } = {},
): string | undefined {
  const { requests, errors, queued, running } = metrics;
  switch (metric) {
    case 'requests':
      return requests && rate(requests, selector, window);
    case 'errors':
      // Most servers write no counter of failures before the first one: until then it is 0, and not nothing.
      return errors && `(${rate(errors, selector, window)} or vector(0))`;
    case 'latency':
    case 'queueTime':
      return time(metrics[metric], selector, window, quantile);
    case 'queued':
      return queued && total(queued, selector);
    case 'running':
      return running && total(running, selector);
    case 'batchSize':
      return metrics.batchSize && batchSize(metrics.batchSize, selector, window);
    case 'gpuUtilization':
      return metrics.gpuUtilization && mean(metrics.gpuUtilization, selector);
    case 'gpuMemoryUsed':
    case 'gpuMemoryTotal': {
      const gauge = metrics[metric];
      return gauge && total(gauge, selector);
    }
  }
}

function time(
  metric: LatencyMetric | undefined,
  selector: Selector,
  window: Window,
  quantile: number | undefined,
): string | undefined {
  if (metric === undefined) return undefined;
  return quantile === undefined || metric.type === 'mean'
    ? latencyMean(metric, selector, window)
    : latencyQuantile(quantile, metric, selector, window);
}
