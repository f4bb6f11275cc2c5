import { must, pattern } from './schema';

const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A length of time with its unit: `'50ms'`, `'30s'`, `'10m'`, `'2h'`, `'7d'`. Prometheus writes them the same way. */
export type Duration = `${number}${keyof typeof SECONDS}`;

const rule = must("be a duration with one unit, like '30s'", 'units are ms s m h d');
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Ten years, which leaves room for sums: Kubernetes counts seconds in 32 bits. */
const LONGEST = 3650 * SECONDS.d;

/** Checks {@link Duration}: positive, with a unit, at most 3650d. */
export const durationSchema = pattern<Duration>(DURATION, rule, (value) => Number.parseFloat(value) > 0).refine(
  (value) => seconds(value) <= LONGEST,
  { error: must("be at most '3650d'") },
);

/** The number of seconds in a duration. */
export function seconds(duration: Duration): number {
  const [, amount, unit] = DURATION.exec(duration) ?? [];
  if (amount === undefined || unit === undefined) throw new Error(`the duration ${rule({ input: duration })}`);
  return (Number(amount) * Math.round(SECONDS[unit as keyof typeof SECONDS] * 1000)) / 1000;
}

/** A number of seconds as the shortest duration: 600 is `'10m'`, 0.05 is `'50ms'`. */
export function formatSeconds(count: number): Duration {
  if (!Number.isInteger(count)) return `${Number((count * 1000).toPrecision(12))}ms`;
  for (const unit of ['d', 'h', 'm'] as const) {
    if (count >= SECONDS[unit] && count % SECONDS[unit] === 0) return `${count / SECONDS[unit]}${unit}`;
  }
  return `${count}s`;
}
