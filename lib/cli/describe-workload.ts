import type { Derivation } from '../core/derivation';
import type { Workload } from '../synth/plan';

/**
 * A workload with its objects by kind, and its derived numbers, aligned:
 *
 * ```text
 * shop/ranker: ConfigMap, Deployment, Service
 *   startupProbe                   305s  2 × (18Gi / 200Mi/s + 60s warm-up)
 *   terminationGracePeriodSeconds   45s  10s preStop + 30s drain + 5s exit
 * ```
 */
export function describeWorkload({ path, kinds, derivations }: Workload): string {
  const objects = [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`));
  return `${path}: ${objects.join(', ') || 'no objects'}\n${table(derivations)}`;
}

function table(rows: readonly Derivation[]): string {
  const widest = (cells: readonly string[]) => Math.max(...cells.map(({ length }) => length));
  const what = widest(rows.map((row) => row.what));
  const value = widest(rows.map((row) => row.value));
  return rows.map((row) => `  ${row.what.padEnd(what)}  ${row.value.padStart(value)}  ${row.formula}\n`).join('');
}
