import type { Duration } from './durations';
import type { LatencyMetric, Metrics, Series, TimeHistogram, TimeUnit } from './server-metrics';

/** Label matchers that choose the time series of one server, such as `{ namespace: 'shop', job: 'ranker' }`. */
export type Selector = Readonly<Record<string, string>>;

/** Over how long a rate is taken: a duration, or what Grafana puts in for the zoom of a panel. */
export type Window = Duration | '$__rate_interval';

/** `name{namespace="shop",job="ranker",status!="OK"}` */
export function series({ name, where }: Pick<Series, 'name' | 'where'>, selector: Selector): string {
  const matchers = Object.entries(selector).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${[...matchers, ...(where === undefined ? [] : [where])].join(',')}}`;
}

/**
 * The sum of counters per second. `rate()` takes the restart of a replica for what it is; `delta()` would take it for
 * a fall. Of several counters, one that never moved may not exist yet (TensorFlow Serving and vLLM write a status
 * when it first happens), so that each counts as zero while it is missing.
 */
export function rate(counters: readonly Series[], selector: Selector, window: Window): string {
  const sums = counters.map((counter) => `sum(rate(${series(counter, selector)}[${window}]))`);
  if (sums.length < 2) return sums.join();
  return `(${sums.map((sum, i) => `${sign(counters[i], i)}(${sum} or vector(0))`).join('')})`;
}

function sign(counter: Series | undefined, i: number): string {
  if (i === 0) return '';
  return counter?.subtract === true ? ' - ' : ' + ';
}

/** The mean of a gauge over all replicas. */
export function mean(gauge: Series, selector: Selector): string {
  return `avg(${series(gauge, selector)})`;
}

/** The sum of a gauge over all replicas. */
export function total(gauge: Series, selector: Selector): string {
  return `sum(${series(gauge, selector)})`;
}

/** How many inferences were run at once, on average. */
export function batchSize({ inferences, batches }: Metrics['batchSize'], selector: Selector, window: Window): string {
  return `${rate([inferences], selector, window)} / ${rate([batches], selector, window)}`;
}

const PER_SECOND: Readonly<Record<TimeUnit, string>> = { s: '', ms: ' / 1000', us: ' / 1000000' };

/** A quantile of the latency in seconds, over all replicas: only a histogram can tell. */
export function latencyQuantile(quantile: number, latency: TimeHistogram, selector: Selector, window: Window): string {
  const buckets = series({ ...latency, name: `${latency.name}_bucket` }, selector);
  return `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[${window}])))${PER_SECOND[latency.unit]}`;
}

/** The mean latency in seconds, over all replicas. */
export function latencyMean(latency: LatencyMetric, selector: Selector, window: Window): string {
  const [sum, count] =
    latency.type === 'mean'
      ? [latency.sum, latency.count]
      : [
          { where: latency.where, name: `${latency.name}_sum` },
          { where: latency.where, name: `${latency.name}_count` },
        ];
  return `${rate([sum], selector, window)} / ${rate([count], selector, window)}${PER_SECOND[latency.unit]}`;
}
