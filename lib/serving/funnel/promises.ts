import { formatSeconds } from '../../core/durations';
import { observedServers } from '../../core/observed';
import { shareInTime } from './budget';
import type { PlannedStage } from './plan';

/** What the servers' own objectives say about a funnel. */
export interface Promises {
  /** The share of requests in which no call is late, or undefined where no server promises anything. */
  readonly shareInTime: number | undefined;
  /** `0.99² × 0.999`. */
  readonly formula: string;
  readonly problems: readonly string[];
}

/**
 * Holds the stages' deadlines against what their servers promise. A deadline below every latency objective of the server
 * contradicts it: the server may be late for more requests than anyone has said, and is within its objective.
 */
export function objectivesIn(stages: readonly PlannedStage[]): Promises {
  const problems: string[] = [];
  const calls: { objective: number; calls: number }[] = [];
  for (const { name, sources } of stages) {
    sources.forEach(({ server, deadlineMs, calls: count }, i) => {
      const slos = observedServers(server).flatMap((known) => known.slos);
      const latencies = slos.flatMap((slo) => (slo.kind === 'latency' ? [slo] : []));
      const met = latencies.filter(({ thresholdSeconds }) => thresholdSeconds * 1000 <= deadlineMs);
      const [first] = latencies;
      if (met.length > 0) {
        calls.push({ objective: Math.max(...met.map(({ objective }) => objective)), calls: count });
      } else if (first !== undefined) {
        const promised = formatSeconds(Math.min(...latencies.map(({ thresholdSeconds }) => thresholdSeconds)));
        problems.push(
          `stages.${name}.sources[${i}] must have at least the '${promised}' that '${server.name}' promises to answer in, got '${formatSeconds(deadlineMs / 1000)}': raise the deadline, or promise more in its slo`,
        );
      }
    });
  }
  return {
    shareInTime: calls.length === 0 ? undefined : shareInTime(calls),
    formula: calls.map(({ objective, calls: count }) => `${objective}${count > 1 ? `^${count}` : ''}`).join(' × '),
    problems,
  };
}
