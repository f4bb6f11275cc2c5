import { isPlainMap } from '../../core/plain';
import { show } from '../../core/problem';
import type { TraceOptions } from './options';
import { Complaints, reasonOf, refuse, type Samples } from './samples';
import { instant } from './telling';
import { readValue } from './values';

/** One series of an answer, as it came. */
export interface Series {
  readonly metric: Readonly<Record<string, unknown>>;
  readonly values: readonly unknown[];
}

const SHAPE = "the answer of Prometheus to a range query: {status, data: {resultType: 'matrix', result: […]}}";

/** Reads the answer to a range query; the series are added up. */
export function samplesOfPrometheus(text: string, name: string, { values: kind }: TraceOptions): Samples {
  const { series, warnings } = rangeAnswer(text, name);
  const sums = new Map<number, number>();
  const complaints = new Complaints();
  for (const { metric, values } of series) {
    const raw = metric.__name__;
    if (typeof raw === 'string' && /_(total|count|sum|bucket)$/.test(raw) && kind !== 'counts') {
      refuse(name, `must be a rate, got the counter ${raw}, which only grows: query sum(rate(${raw}[1m]))`);
    }
    for (const sample of values) addSample(sample, metric, name, sums, complaints);
  }
  complaints.throwIfAny(name);
  // A pod that came later has times that its elders hadn't.
  const sorted = [...sums].sort(([a], [b]) => a - b);
  const times = sorted.map(([time]) => time);
  return {
    name,
    times,
    values: sorted.map(([, sum]) => sum),
    sinceEpoch: true,
    hasUnit: true,
    areRates: kind !== 'counts',
    looksBack: true,
    where: (index) => `${name} at ${instant(times[index] ?? 0)}`,
    repairs: warnings,
  };
}

/** The series of an answer, and what Prometheus itself found odd about it, such as a part that is missing. */
export function rangeAnswer(text: string, name: string): { series: Series[]; warnings: string[] } {
  const answer = parsed(text, name);
  const warnings = isPlainMap(answer) && Array.isArray(answer.warnings) ? answer.warnings : [];
  return {
    series: seriesOf(answer, name),
    warnings: warnings.map((warning) => `Prometheus warned: ${String(warning)}`),
  };
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(name, `must be whole JSON (${reasonOf(error)}): was it cut off when it was fetched?`);
  }
}

function seriesOf(answer: unknown, name: string): Series[] {
  if (isPlainMap(answer) && answer.status === 'error') {
    refuse(name, `must have an answer, got an error of Prometheus, ${show(answer.errorType)}: ${String(answer.error)}`);
  }
  const data = isPlainMap(answer) && 'data' in answer ? answer.data : answer;
  // promtool writes the bare list.
  const result = isPlainMap(data) ? data.result : data;
  if (isPlainMap(data) && typeof data.resultType === 'string' && data.resultType !== 'matrix') {
    const hint = 'query /api/v1/query_range, with start, end and step';
    refuse(name, `must be of a range query, got the answer of an instant one (${show(data.resultType)}): ${hint}`);
  }
  if (!Array.isArray(result)) return refuse(name, `must be ${SHAPE}, got other JSON: ${show(answer)}`);
  if (result.length === 0) refuse(name, 'must have a series, got none: does the query find anything at that time?');
  return result.map((series) => {
    if (!isPlainMap(series) || !isPlainMap(series.metric)) return refuse(name, `must be ${SHAPE}, got ${show(series)}`);
    if ('histograms' in series) refuse(name, 'must have numbers, got a native histogram: query its histogram_count');
    if (!Array.isArray(series.values)) return refuse(name, `must be ${SHAPE}, got ${show(series)}`);
    return { metric: series.metric, values: series.values };
  });
}

function addSample(
  sample: unknown,
  metric: Series['metric'],
  name: string,
  sums: Map<number, number>,
  complaints: Complaints,
): void {
  const read = readSample(sample, metric, name, complaints);
  if (read === undefined) return;
  const { time, value } = read;
  const before = sums.get(time);
  // A series without a value adds nothing to the others; where none has one, there is none.
  if (before === undefined || Number.isNaN(before)) sums.set(time, value);
  else if (!Number.isNaN(value)) sums.set(time, before + value);
}

/** One sample of a series, its value NaN where it has none; or undefined, after a complaint. */
export function readSample(
  sample: unknown,
  metric: Series['metric'],
  name: string,
  complaints: Complaints,
): { time: number; value: number } | undefined {
  const [time, text] = Array.isArray(sample) ? sample : [];
  if (typeof time !== 'number' || (typeof text !== 'string' && typeof text !== 'number' && text !== null)) {
    complaints.add(name, `must have samples like [1762804800, '12.5'], got ${show(sample)}`);
    return undefined;
  }
  // Some tools write numbers without quotes, and null for NaN.
  const value = readValue(String(text ?? ''));
  if (typeof value === 'number') return { time, value };
  complaints.add(`${name} at ${instant(time)}`, `the value of ${show(metric)} ${value}`);
  return undefined;
}
