import type { Duration } from './durations';
import type { LatencyMetric, Series, TimeUnit } from './server-metrics';

/** Label matchers that choose the time series of one server, such as `{ namespace: 'shop', job: 'ranker' }`. */
export type Selector = Readonly<Record<string, string>>;

/** `name{namespace="shop",job="ranker",status!="OK"}` */
export function series({ name, where }: Series, selector: Selector): string {
  const matchers = Object.entries(selector).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${[...matchers, ...(where === undefined ? [] : [where])].join(',')}}`;
}

/**
 * The sum of counters per second. A counter that never moved may not exist yet (Triton writes a failure's
 * reason when it first happens), so that each counts as zero while it is missing.
 */
export function rate(counters: readonly Series[], selector: Selector, window: Duration | '$__rate_interval'): string {
  const sums = counters.map((counter) => `sum(rate(${series(counter, selector)}[${window}]))`);
  return sums.length > 1 ? `(${sums.map((sum) => `(${sum} or vector(0))`).join(' + ')})` : sums.join();
}

/** The mean of a gauge over all replicas. */
export function mean(gauge: Series, selector: Selector): string {
  return `avg(${series(gauge, selector)})`;
}

const PER_SECOND: Readonly<Record<TimeUnit, string>> = { s: '', ms: ' / 1000', us: ' / 1000000' };

/** A quantile of the latency in seconds, over all replicas: only a histogram can tell. */
export function latencyQuantile(
  quantile: number,
  latency: Extract<LatencyMetric, { type: 'histogram' }>,
  selector: Selector,
  window: Duration | '$__rate_interval',
): string {
  const buckets = series({ ...latency, name: `${latency.name}_bucket` }, selector);
  return `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[${window}])))${PER_SECOND[latency.unit]}`;
}

/** The mean latency in seconds, over all replicas. */
export function latencyMean(latency: LatencyMetric, selector: Selector, window: Duration | '$__rate_interval'): string {
  const [sum, count] =
    latency.type === 'mean'
      ? [latency.sum, latency.count]
      : [
          { ...latency, name: `${latency.name}_sum` },
          { ...latency, name: `${latency.name}_count` },
        ];
  return `${rate([sum], selector, window)} / ${rate([count], selector, window)}${PER_SECOND[latency.unit]}`;
}
