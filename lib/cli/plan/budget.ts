import { fraction } from '../../core/percentages';
import type { Problem } from '../../core/problem';
import type { TrafficBudget } from '../../core/traffic-budget';
import { percent, rounded } from './format';
import { type Outcome, shareOf } from './outcome';

/** A limit of a budget, and how a policy is measured by it. */
interface Limit {
  readonly name: keyof TrafficBudget;
  readonly given: string;
  readonly most: number;
  readonly of: string;
  readonly measure: (outcome: Outcome) => number | undefined;
  readonly format: (measured: number) => string;
}

/** A trace, and what it would have met with each policy. */
export interface Run {
  readonly trace: string;
  readonly outcomes: readonly Outcome[];
}

/** What a server's policy breaks of its budget on any trace, with what to do about it. */
export function brokenBudget(path: string, budget: TrafficBudget, runs: readonly Run[]): Problem[] {
  const limits = limitsIn(budget);
  return limits.flatMap((limit) =>
    runs.flatMap(({ trace, outcomes }) => {
      const emitted = outcomes.find(({ policy }) => policy === 'emitted');
      const measured = emitted && limit.measure(emitted);
      if (measured === undefined || measured <= limit.most) return [];
      const { name, given, of, format } = limit;
      const rule = `budget.${name} must be kept, got ${format(measured)} of ${of} on ${trace}, with ${given} allowed`;
      return [{ where: path, text: `${rule}: ${remedy(limits, limit, runs)}` }];
    }),
  );
}

/** A proposal is a remedy when it keeps the whole of the budget, on every trace. */
function remedy(limits: readonly Limit[], broken: Limit, runs: readonly Run[]): string {
  const proposed = runs.flatMap(({ outcomes }) => outcomes.find(({ policy }) => policy === 'proposed') ?? []);
  if (proposed.length === 0) return 'plan without --no-propose for a policy that keeps it, or allow more';
  const kept = proposed.every((outcome) => limits.every(({ measure, most }) => (measure(outcome) ?? 0) <= most));
  const worst = Math.max(...proposed.map((outcome) => broken.measure(outcome) ?? 0));
  if (kept) return `take the proposed autoscaling, which comes to ${broken.format(worst)}`;
  return `allow more, or plan for its peaks, as the proposed autoscaling comes to ${broken.format(worst)}`;
}

function limitsIn(budget: TrafficBudget): Limit[] {
  const { overCapacity, overSlo, replicaHoursPerDay, costPerDay, replicaHourPrice = 0 } = budget;
  const limits: Limit[] = [];
  if (overCapacity !== undefined) {
    const measure = (outcome: Outcome) => shareOf(outcome.overCapacity, outcome);
    limits.push({ ...share('overCapacity', overCapacity), of: 'requests over capacity', measure });
  }
  if (overSlo !== undefined) {
    const measure = (outcome: Outcome) =>
      outcome.overSlo === undefined ? undefined : shareOf(outcome.overSlo, outcome);
    limits.push({ ...share('overSlo', overSlo), of: 'requests over the SLO', measure });
  }
  if (replicaHoursPerDay !== undefined) {
    limits.push({
      name: 'replicaHoursPerDay',
      given: String(replicaHoursPerDay),
      most: replicaHoursPerDay,
      of: 'replica-hours a day',
      measure: hoursPerDay,
      format: rounded,
    });
  }
  if (costPerDay !== undefined) {
    limits.push({
      name: 'costPerDay',
      given: String(costPerDay),
      most: costPerDay,
      of: 'cost a day',
      measure: (outcome) => hoursPerDay(outcome) * replicaHourPrice,
      format: rounded,
    });
  }
  return limits;
}

function share(
  name: 'overCapacity' | 'overSlo',
  given: `${number}%`,
): Pick<Limit, 'name' | 'given' | 'most' | 'format'> {
  return { name, given, most: fraction(given), format: percent };
}

function hoursPerDay({ replicaHours, replicas, tick }: Outcome): number {
  return replicaHours / ((replicas.length * tick) / 86_400);
}
