import { isPlainMap } from '../../core/plain';
import { show } from '../../core/problem';
import type { TraceOptions } from './options';
import { Complaints, refuse, type Samples } from './samples';
import { instant } from './telling';
import { readValue } from './values';

interface Series {
  readonly metric: Readonly<Record<string, unknown>>;
  readonly values: readonly unknown[];
}

const SHAPE = "the answer of Prometheus to a range query: {status, data: {resultType: 'matrix', result: […]}}";

/** Reads the answer to a range query; the series are added up. */
export function samplesOfPrometheus(text: string, name: string, { values: kind }: TraceOptions): Samples {
  const answer = parsed(text, name);
  const sums = new Map<number, number>();
  const complaints = new Complaints();
  for (const { metric, values } of seriesOf(answer, name)) {
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
    repairs: warningsOf(answer),
  };
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    return refuse(name, `must be whole JSON (${reason}): was it cut off when it was fetched?`);
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
  const [time, text] = Array.isArray(sample) ? sample : [];
  if (typeof time !== 'number' || (typeof text !== 'string' && typeof text !== 'number' && text !== null)) {
    complaints.add(name, `must have samples like [1762804800, '12.5'], got ${show(sample)}`);
    return;
  }
  // Some tools write numbers without quotes, and null for NaN.
  const value = readValue(String(text ?? ''));
  if (typeof value === 'string') {
    complaints.add(`${name} at ${instant(time)}`, `the value of ${show(metric)} ${value}`);
    return;
  }
  const before = sums.get(time);
  // A series without a value adds nothing to the others; where none has one, there is none.
  if (before === undefined || Number.isNaN(before)) sums.set(time, value);
  else if (!Number.isNaN(value)) sums.set(time, before + value);
}

/** What Prometheus itself found odd about the answer, such as a part that is missing. */
function warningsOf(answer: unknown): string[] {
  const warnings = isPlainMap(answer) && Array.isArray(answer.warnings) ? answer.warnings : [];
  return warnings.map((warning) => `Prometheus warned: ${String(warning)}`);
}
