import { show } from '../core/problem';
import { rangeAnswer, readSample } from './traces/prometheus';
import { Complaints, refuse } from './traces/samples';

/** What one container used, sample by sample in the order of time. */
export interface Usage {
  /** Seconds, since 1970 or any other instant that all series share. */
  readonly times: readonly number[];
  /** CPU in cores, memory in bytes. */
  readonly values: readonly number[];
}

/**
 * What containers used, from the answer of Prometheus to a range query; each series is a container. Samples without a
 * value are left out.
 *
 * @throws InvalidInput when it is no such answer, or a value is negative or infinite
 * @example
 * ```ts
 * // /api/v1/query_range with step=60 and over at least a week, of
 * //   sum by (pod) (rate(container_cpu_usage_seconds_total{namespace="shop", container="ranker"}[5m]))
 * const cpu = readUsage(await answer.text(), { name: 'cpu.json' });
 * ```
 */
export function readUsage(content: string, { name = 'usage' }: { name?: string } = {}): Usage[] {
  const complaints = new Complaints();
  const { series } = rangeAnswer(content, name);
  const usages = series.map(({ metric, values }) => {
    const raw = metric.__name__;
    if (typeof raw === 'string' && raw.endsWith('_total')) {
      refuse(name, `must be what is used at a time, got the counter ${raw}: query rate(${raw}[5m])`);
    }
    const samples = values.flatMap((sample) => readSample(sample, metric, name, complaints) ?? []);
    const known = samples.filter(({ value }) => !Number.isNaN(value));
    return { times: known.map(({ time }) => time), values: known.map(({ value }) => value) };
  });
  complaints.throwIfAny(name);
  return usages.filter(({ times }) => times.length > 0);
}

/** Refuses what can't be a usage. */
export function requireUsage(where: string, what: string, usages: readonly Usage[]): void {
  const complaints = new Complaints();
  for (const [i, { times, values }] of usages.entries()) {
    const series = `${what}[${i}]`;
    if (times.length !== values.length) {
      complaints.add(where, `${series} must have a value for each time, got ${times.length} and ${values.length}`);
    }
    const late = times.findIndex((time, j) => !(time > (times[j - 1] ?? Number.NEGATIVE_INFINITY)));
    if (late >= 0)
      complaints.add(where, `${series}.times[${late}] must be after the one before, got ${show(times[late])}`);
    const odd = values.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
    if (odd >= 0)
      complaints.add(where, `${series}.values[${odd}] must be a number, 0 or more, got ${show(values[odd])}`);
  }
  if (usages.every(({ times }) => times.length === 0)) complaints.add(where, `${what} must have samples, got none`);
  complaints.throwIfAny(where);
}
