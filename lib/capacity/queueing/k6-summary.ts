import { InvalidInput, show } from '../../core/problem';

/** What one run of k6 measured, of HTTP requests or else of gRPC calls. */
export interface LoadTestRun {
  /** What its file is called. */
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  /** Requests per second, over the whole run. */
  readonly rate: number;
  /** The share of requests that failed; of gRPC calls k6 counts none. */
  readonly failed: number;
  /** Latencies in seconds by their name in k6: `p(99)`, `med`. */
  readonly latencies: ReadonlyMap<string, number>;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads the end-of-test summary of k6: the file of `--summary-export`, or `JSON.stringify(data)` of what `handleSummary`
 * is given. Times are in milliseconds in both, whatever `summaryTimeUnit` says, which is for the terminal.
 *
 * k6 has no count of gRPC calls: there the iterations are taken, so that a script should make one call in each.
 *
 * @param name what errors call it
 * @throws InvalidInput where it is something else, such as the stream of samples of `--out json`
 * @see https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/
 */
export function readK6Summary(content: string, name: string): LoadTestRun {
  const metrics = metricsOf(content, name);
  for (const [protocol, duration, count] of [
    ['http', 'http_req_duration', 'http_reqs'],
    ['grpc', 'grpc_req_duration', 'iterations'],
  ] as const) {
    const times = valuesOf(metrics[duration]);
    if (times === undefined) continue;
    const rate = numberOf(valuesOf(metrics[count])?.rate);
    if (rate === undefined || rate === 0) throw refused(name, `must have a rate of ${count} above 0, but has none`);
    const failures = valuesOf(metrics.http_req_failed);
    const failed = protocol === 'http' ? (numberOf(failures?.rate ?? failures?.value) ?? 0) : 0;
    return { name, protocol, rate, failed, latencies: latenciesOf(times) };
  }
  throw refused(
    name,
    'must have http_req_duration or grpc_req_duration, but has neither: test the server by k6/http or k6/net/grpc',
  );
}

function metricsOf(content: string, name: string): Values {
  const summary = parsed(content, name);
  const { metrics, results } = summary;
  if (isMap(metrics)) return metrics;
  // The newer summary has the metrics as a list, and no percentiles but p(90) and p(95).
  if (isMap(results) && Array.isArray(results.metrics)) {
    throw refused(
      name,
      'must be the summary without --new-machine-readable-summary, which leaves out p(99): run k6 without it',
    );
  }
  throw refused(name, `must be a summary of k6 with its metrics, got ${show(summary)}: run k6 with --summary-export`);
}

function parsed(content: string, name: string): Values {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    const samples = content.startsWith('{"') && content.includes('}\n{');
    const hint = samples ? ', got one sample a line: that is of --out json, take --summary-export' : ', got no JSON';
    throw refused(name, `must be a summary of k6${hint}`);
  }
  if (!isMap(value)) throw refused(name, `must be a summary of k6, got ${show(value)}`);
  return value;
}

/** `handleSummary` has the values of a metric one level deeper than `--summary-export`. */
function valuesOf(metric: unknown): Values | undefined {
  if (!isMap(metric)) return undefined;
  const { values } = metric;
  return isMap(values) ? values : metric;
}

function latenciesOf(values: Values): Map<string, number> {
  const latencies = new Map<string, number>();
  for (const [stat, value] of Object.entries(values)) {
    const milliseconds = numberOf(value);
    if (milliseconds !== undefined) latencies.set(stat, milliseconds / 1000);
  }
  return latencies;
}

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOf = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

const refused = (where: string, text: string) => new InvalidInput([{ where, text }]);
