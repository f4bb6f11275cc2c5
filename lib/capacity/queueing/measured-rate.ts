import { InvalidInput, type Problem } from '../../core/problem';
import type { LoadTestRun } from './k6-summary';

/** The most that a replica was measured to do within an objective. */
export interface MeasuredRate {
  /** Requests per second and replica. */
  readonly requests: number;
  /** The run that it was measured in. */
  readonly run: string;
  /** Whether no run was beyond the objective, so that more may be possible. */
  readonly open: boolean;
}

/**
 * The highest rate per replica at which the objective held, of runs at rising load. Failed requests count as late. A run
 * within the objective above one that was not is not trusted.
 *
 * @param replicas how many replicas answered in the runs
 * @throws InvalidInput where a run lacks the percentile, or none is within the objective
 */
export function measuredRate(
  runs: readonly LoadTestRun[],
  replicas: number,
  { quantile, under }: { readonly quantile: number; readonly under: number },
): MeasuredRate {
  // k6 names the median by a word of its own.
  const percent = Number((quantile * 100).toPrecision(12));
  const stat = percent === 50 ? 'med' : `p(${percent})`;
  const problems: Problem[] = [];
  const judged = runs.map((run) => {
    const latency = run.latencies.get(stat);
    if (latency === undefined) {
      const text = `must have ${stat} of the latency, but has ${[...run.latencies.keys()].join(', ')}: run k6 with --summary-trend-stats 'med,${stat}'`;
      problems.push({ where: run.name, text });
    }
    return { run, latency: latency ?? 0 };
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  judged.sort((a, b) => a.run.rate - b.run.rate);
  const kept = ({ run, latency }: (typeof judged)[number]) => latency <= under && run.failed <= 1 - quantile;
  const beyond = judged.findIndex((entry) => !kept(entry));
  const best = beyond === -1 ? judged.at(-1) : judged[beyond - 1];
  if (best !== undefined) return { requests: best.run.rate / replicas, run: best.run.name, open: beyond === -1 };
  const least = judged[0];
  if (least === undefined)
    throw new InvalidInput([{ where: 'loadTest', text: 'must have one run or more, but has none' }]);
  const text =
    `must keep the objective at the lowest load, ${stat} ≤ ${show(under)}, but at ${round(least.run.rate / replicas)} ` +
    `requests/s per replica it took ${show(least.latency)}, and ${round(least.run.failed * 100)} % failed: ` +
    'test at less load, or state an objective that the server can keep';
  throw new InvalidInput([{ where: least.run.name, text }]);
}

const round = (value: number) => Number(value.toPrecision(3));
const show = (seconds: number) => `${round(seconds * 1000)} ms`;
