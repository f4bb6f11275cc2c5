/** Requests over time, counted in steps of equal length without a gap. */
export interface Trace {
  /** What people call it, such as its file's name. */
  readonly name: string;
  /** Seconds of each step. */
  readonly step: number;
  /** When it starts, in seconds since 1970, where the source tells. */
  readonly startsAt?: number;
  /** How many requests arrived in each step: finite and not negative. */
  readonly requests: Float64Array;
}

/** Seconds from a trace's start to its end. */
export function duration({ step, requests }: Trace): number {
  return step * requests.length;
}

/** How many requests had arrived by each instant of a trace; within a step they come evenly. */
export class Arrivals {
  private readonly sums: Float64Array;

  constructor(private readonly trace: Trace) {
    this.sums = new Float64Array(trace.requests.length + 1);
    for (const [i, count] of trace.requests.entries()) this.sums[i + 1] = (this.sums[i] ?? 0) + count;
  }

  /** Requests until `at`, in seconds from the start: none before it, all of them after the end. */
  until(at: number): number {
    const { step, requests } = this.trace;
    const place = Math.min(Math.max(at / step, 0), requests.length);
    const whole = Math.floor(place);
    return (this.sums[whole] ?? 0) + (place - whole) * (requests[whole] ?? 0);
  }

  /** Requests per second between two instants; before the start, as in the first step. */
  rate(from: number, to: number): number {
    const { step, requests } = this.trace;
    const before = Math.max(0, Math.min(to, 0) - from) * ((requests[0] ?? 0) / step);
    return (this.until(to) - this.until(from) + before) / (to - from);
  }
}
