import type { Series, ServerMetrics } from '../../../lib/core/server-metrics';
import type { Sample } from '../prometheus/exposition';

/** The sum of the samples that a series chooses, or undefined where there are none. */
export function sumOf(samples: readonly Sample[], { name, where = '' }: Series): number | undefined {
  const matchers = [...where.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)];
  const chosen = samples.filter(
    ({ name: own, labels }) =>
      own === name && matchers.every(([, label, operator, text = '']) => holds(labelOf(labels, label), operator, text)),
  );
  return chosen.length === 0 ? undefined : chosen.reduce((sum, { value }) => sum + value, 0);
}

function labelOf(labels: string, label: string | undefined): string {
  return new RegExp(`(?:^|,)${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1] ?? '';
}

function holds(value: string, operator: string | undefined, text: string): boolean {
  const matches = operator === '=~' || operator === '!~' ? new RegExp(`^(?:${text})$`).test(value) : value === text;
  return operator?.startsWith('!') ? !matches : matches;
}

/** The sum of several counters, less those that another one counts again; one that never moved may be missing. */
export function total(samples: readonly Sample[], counters: readonly Series[] = []): number {
  return counters.reduce((sum, counter) => sum + (counter.subtract ? -1 : 1) * (sumOf(samples, counter) ?? 0), 0);
}

/** Every series that a server claims to expose, but for those about GPUs, of which there are none here. */
export function claimedSeries(metrics: ServerMetrics): Series[] {
  const found: Series[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const { name, type, where, subtract }: Partial<Series> & { readonly type?: string } = value;
    // What is taken away is that of other models, of which there are none here.
    if (subtract) return;
    if (typeof name !== 'string') {
      for (const [key, item] of Object.entries(value)) if (!key.startsWith('gpu')) visit(item);
    } else if (type === 'histogram')
      found.push(...['bucket', 'sum', 'count'].map((part) => ({ name: `${name}_${part}`, where })));
    else found.push({ name, where });
  };
  visit(metrics);
  return found;
}
