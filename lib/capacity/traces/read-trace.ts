import { parse } from '../../core/schema';
import { textOf } from './content';
import { samplesOfCsv } from './csv';
import { type TraceOptions, traceOptionsSchema } from './options';
import { samplesOfPrometheus } from './prometheus';
import { regular } from './regular';
import { refuse } from './samples';
import type { Trace } from './trace';

/** A trace, and what had to be made good or taken for granted to get it: sentences for whoever relies on it. */
export interface ReadTrace {
  readonly trace: Trace;
  readonly repairs: readonly string[];
}

/**
 * Reads a trace: CSV in the usual conventions, the answer of Prometheus to a range query as JSON, or either as gzip.
 *
 * In CSV the time of a row is when its step begins. It may be seconds from any start, seconds to nanoseconds since 1970,
 * or dates as in ISO 8601. Times of Prometheus are when a step ends, as `rate(…[1m])` looks back; several series are
 * added up.
 *
 * @throws InvalidInput with the lines that can't be read, and what to do
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { gunzipSync } from 'node:zlib';
 *
 * const { trace, repairs } = readTrace(readFileSync('traffic.csv.gz'), { name: 'traffic.csv.gz', gunzip: gunzipSync });
 * for (const repair of repairs) console.warn(repair);
 * ```
 */
export function readTrace(content: Uint8Array | string, options: TraceOptions = {}): ReadTrace {
  const { name, gunzip, ...how } = parse(traceOptionsSchema, options, 'readTrace');
  const text = textOf(content, name, gunzip);
  const start = text.trimStart().slice(0, 1);
  if (start === '') refuse(name, 'must have a column of times and one of requests, but is empty');
  if (start === '<') refuse(name, 'must be CSV or JSON, got a web page: was a login asked for when it was fetched?');
  const isJson = start === '{' || start === '[';
  return regular(isJson ? samplesOfPrometheus(text, name, how) : samplesOfCsv(text, name, how), how.gaps);
}
