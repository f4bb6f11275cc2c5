import { gzipSync } from 'node:zlib';
import { Arrivals, type Trace } from '../../../capacity/traces/trace';
import { type Outcome, POLICIES } from '../outcome';

/** What the page's script draws of one trace. */
interface Series {
  readonly startsAt: number | null;
  /** Seconds of each tick, and how many there are. */
  readonly tick: number;
  readonly ticks: number;
  /** Requests per second that a replica answers. */
  readonly capacity: number;
  /** Requests per second, of every so many ticks. */
  readonly offered: { readonly every: number; readonly rates: readonly number[] };
  readonly policies: readonly {
    readonly name: string;
    readonly label: string;
    readonly replicas: readonly number[];
    readonly ready: readonly number[];
  }[];
}

/**
 * A trace and what it met, for a script: every tick of it, so that a reader can look at a single hour of a month.
 * Zipped, 45 days are some hundred kilobytes.
 */
export function packedSeries(trace: Trace, capacity: number, outcomes: readonly Outcome[]): string {
  const [first] = outcomes;
  const tick = first?.tick ?? 1;
  const ticks = first?.replicas.length ?? 0;
  const series: Series = {
    startsAt: trace.startsAt ?? null,
    tick,
    ticks,
    capacity,
    offered: offered(trace, tick, ticks),
    policies: outcomes.map(({ policy, replicas, ready }) => ({
      name: policy,
      label: POLICIES[policy],
      replicas: changes(replicas),
      ready: changes(ready),
    })),
  };
  return gzipSync(JSON.stringify(series)).toString('base64');
}

/** A trace whose steps are longer than a tick has nothing to tell within a step. */
function offered(trace: Trace, tick: number, ticks: number): Series['offered'] {
  const every = Number.isInteger(trace.step / tick) ? trace.step / tick : 1;
  const arrivals = new Arrivals(trace);
  const seconds = every * tick;
  const rates = Array.from({ length: Math.ceil(ticks / every) }, (_, i) =>
    Number(arrivals.rate(i * seconds, (i + 1) * seconds).toPrecision(5)),
  );
  return { every, rates };
}

/** For each run of equal counts how long it is, and the count. */
function changes(counts: Int32Array): number[] {
  const result: number[] = [];
  let start = 0;
  for (let i = 1; i <= counts.length; i++) {
    if (i < counts.length && counts[i] === counts[start]) continue;
    result.push(i - start, counts[start] ?? 0);
    start = i;
  }
  return result;
}
