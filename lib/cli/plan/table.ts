import type { TrafficBudget } from '../../core/traffic-budget';
import { percent, ratio, rounded } from './format';
import { type Outcome, POLICIES, shareOf } from './outcome';

interface Column {
  readonly title: string;
  readonly cell: (outcome: Outcome) => string;
}

/** What a table of policies is about. */
export interface Comparison {
  readonly outcomes: readonly Outcome[];
  /** GPUs of each replica. */
  readonly gpus: number;
  readonly budget: TrafficBudget;
}

/**
 * The policies beside each other, a line for each; where a line is too long for the screen, a block for each.
 *
 * ```text
 *   policy        replica-hours  × oracle  over capacity  peak replicas
 *   as emitted             3650      1.03         0.027%             62
 *   HPA, CPU 80%           3280      0.93           5.9%             55
 * ```
 */
export function policyTable(comparison: Comparison, width = Number.POSITIVE_INFINITY): string {
  const rows = table(comparison);
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  if (2 + (lines[0]?.length ?? 0) <= width) return lines.map((line) => `  ${line}\n`).join('');
  const [titles = [], ...policies] = rows;
  return policies
    .map(([policy, ...cells]) => `  ${policy}\n${cells.map((cell, i) => `    ${titles[i + 1]} ${cell}\n`).join('')}`)
    .join('');
}

/** The cells of the table, with the titles in the first row; columns of which nothing is known are left out. */
export function table({ outcomes, gpus, budget }: Comparison): string[][] {
  const oracle = outcomes.find(({ policy }) => policy === 'oracle')?.replicaHours;
  const price = budget.replicaHourPrice;
  const columns: Column[] = [
    { title: 'policy', cell: ({ policy }) => POLICIES[policy] },
    { title: 'replica-hours', cell: ({ replicaHours }) => rounded(replicaHours) },
  ];
  if (oracle) columns.push({ title: '× oracle', cell: ({ replicaHours }) => ratio(replicaHours / oracle) });
  if (gpus > 0) columns.push({ title: 'GPU-hours', cell: ({ replicaHours }) => rounded(replicaHours * gpus) });
  if (price) columns.push({ title: 'cost', cell: ({ replicaHours }) => rounded(replicaHours * price) });
  columns.push({ title: 'over capacity', cell: (outcome) => percent(shareOf(outcome.overCapacity, outcome)) });
  if (outcomes.some(({ overSlo }) => overSlo !== undefined)) {
    columns.push({
      title: 'over SLO',
      cell: (outcome) => (outcome.overSlo === undefined ? '–' : percent(shareOf(outcome.overSlo, outcome))),
    });
  }
  columns.push({ title: 'peak replicas', cell: ({ peakReplicas }) => String(peakReplicas) });
  return [columns.map(({ title }) => title), ...outcomes.map((outcome) => columns.map(({ cell }) => cell(outcome)))];
}
