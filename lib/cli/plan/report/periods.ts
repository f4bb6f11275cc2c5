import { Arrivals, duration, type Trace } from '../../../capacity/traces/trace';
import type { Outcome } from '../outcome';

/** A stretch of a trace, for the tables beside the charts. */
export interface Period {
  /** From the trace's start, in seconds. */
  readonly from: number;
  readonly seconds: number;
  readonly meanRate: number;
  readonly highestRate: number;
  readonly policies: readonly {
    readonly meanReplicas: number;
    readonly fewestReady: number;
    readonly overCapacity: number;
  }[];
}

const LENGTHS = [60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 28 * 86_400];

/** How many rows a table beside a chart has at most, while its periods are none of a year. */
const MOST = 50;

/** The trace in periods of a length that people know, a table's worth of them. */
export function periodsOf(trace: Trace, capacity: number, outcomes: readonly Outcome[]): Period[] {
  const total = duration(trace);
  const length = LENGTHS.find((seconds) => total / seconds <= MOST) ?? 364 * 86_400;
  const tick = outcomes[0]?.tick ?? 1;
  const rates = ratesOf(trace, tick);
  return Array.from({ length: Math.ceil(total / length) }, (_, i) => {
    const [start, end] = [
      Math.round((i * length) / tick),
      Math.min(rates.length, Math.round(((i + 1) * length) / tick)),
    ];
    const part = rates.subarray(start, end);
    return {
      from: i * length,
      seconds: (end - start) * tick,
      meanRate: mean(part),
      highestRate: part.reduce((most, rate) => Math.max(most, rate), 0),
      policies: outcomes.map(({ replicas, ready }) => ({
        meanReplicas: mean(replicas.subarray(start, end)),
        fewestReady: ready
          .subarray(start, end)
          .reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY),
        overCapacity: part.reduce(
          (sum, rate, k) => sum + Math.max(0, rate - (ready[start + k] ?? 0) * capacity) * tick,
          0,
        ),
      })),
    };
  });
}

function ratesOf(trace: Trace, tick: number): Float64Array {
  const arrivals = new Arrivals(trace);
  return Float64Array.from({ length: Math.ceil(duration(trace) / tick) }, (_, i) =>
    arrivals.rate(i * tick, Math.min((i + 1) * tick, duration(trace))),
  );
}

function mean(values: Float64Array | Int32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
