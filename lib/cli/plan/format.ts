/** Below it a share is one of digits that nobody reads. */
const LEAST = 0.000001;

/** A share in percent with two digits that mean something: `0.027%`, `5.9%`, `100%`. */
export function percent(share: number): string {
  if (share > 0 && share < LEAST) return `<${Number((LEAST * 100).toPrecision(2))}%`;
  // Rounded to 100 it would deny the requests that it doesn't count.
  return `${Number((share * 100).toPrecision(share > 0.99 && share < 1 ? 4 : 2))}%`;
}

/** An amount as people read it: whole and in groups of digits from 100 on, else with two digits or three. */
export function rounded(amount: number): string {
  return amount >= 100 ? Math.round(amount).toLocaleString('en-US') : String(Number(amount.toPrecision(3)));
}

/** `1.03` */
export function ratio(value: number): string {
  return value.toFixed(2);
}

/** `45 days`, `58 minutes` */
export function length(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  const [unit, size] = units.find(([, of]) => seconds >= 2 * of) ?? ['second', 1];
  const count = Math.round((seconds / size) * 10) / 10;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
