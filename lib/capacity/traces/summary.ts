import { duration, type Trace } from './trace';

/** What a trace is like. Rates are requests per second, each the mean of one step. */
export interface TraceSummary {
  readonly requests: number;
  /** From its start to its end. */
  readonly seconds: number;
  readonly mean: number;
  readonly median: number;
  /** The rate of the busiest hundredth of the steps is at least this. */
  readonly p99: number;
  readonly peak: {
    readonly rate: number;
    /** When it comes first, in seconds from the trace's start. */
    readonly at: number;
  };
  /** How much the rate grew within a time, at most. */
  readonly steepest: {
    /** Seconds of that time: 5 minutes, or a step where that is longer. */
    readonly within: number;
    /** Requests per second. */
    readonly from: number;
    /** Requests per second. */
    readonly to: number;
    /** When the higher rate was reached, in seconds from the trace's start. */
    readonly at: number;
  };
}

const RISE_SECONDS = 300;

/**
 * What is worth knowing of a trace before an autoscaler is tuned on it.
 *
 * @example
 * ```ts
 * const { peak, mean } = summaryOf(trace);
 * console.log(`the peak is ${(peak.rate / mean).toFixed(1)} times the mean`);
 * ```
 */
export function summaryOf(trace: Trace): TraceSummary {
  const { step, requests } = trace;
  const ordered = Float64Array.from(requests).sort();
  const total = requests.reduce((sum, count) => sum + count, 0);
  const quantile = (share: number) => (ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? 0) / step;
  const highest = ordered[ordered.length - 1] ?? 0;
  return {
    requests: total,
    seconds: duration(trace),
    mean: total / duration(trace),
    median: quantile(0.5),
    p99: quantile(0.99),
    peak: { rate: highest / step, at: requests.indexOf(highest) * step },
    steepest: steepest(trace),
  };
}

function steepest({ step, requests }: Trace): TraceSummary['steepest'] {
  const ahead = Math.max(1, Math.round(RISE_SECONDS / step));
  let place = 0;
  let rise = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + ahead < requests.length; i++) {
    const grown = (requests[i + ahead] ?? 0) - (requests[i] ?? 0);
    if (grown <= rise) continue;
    rise = grown;
    place = i;
  }
  const last = Math.min(place + ahead, requests.length - 1);
  return {
    within: ahead * step,
    from: (requests[place] ?? 0) / step,
    to: (requests[last] ?? 0) / step,
    at: last * step,
  };
}
