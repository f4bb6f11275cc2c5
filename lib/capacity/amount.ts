const SUFFIXES = new Map([
  ['', 1],
  ...['n', 'u', 'm'].map((suffix, i) => [suffix, 1000 ** (i - 3)] as const),
  ...['k', 'M', 'G', 'T', 'P', 'E'].map((suffix, i) => [suffix, 1000 ** (i + 1)] as const),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, i) => [suffix, 1024 ** (i + 1)] as const),
]);

/**
 * The number that a quantity in a manifest stands for, in every way that Kubernetes reads: `'64Gi'`, `'250m'`, `'1e9'`,
 * `2`. What recstack's own props may say is narrower, see `core/quantities`.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function amount(quantity: string | number): number {
  const [, number = '', suffix = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(quantity)) ?? [];
  const factor = SUFFIXES.get(suffix);
  if (number === '' || factor === undefined) throw new Error(`'${quantity}' is no quantity that Kubernetes reads`);
  return Number(number) * factor;
}
