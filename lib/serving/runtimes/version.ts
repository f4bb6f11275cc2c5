/** Whether a version of numbers and dots is `first` or later: `'26.01'` is later than `'25.12'`. */
export function isFrom(version: string, first: string): boolean {
  const [numbers, bounds] = [version, first].map((text) => text.split('.').map(Number));
  for (const [i, bound] of (bounds ?? []).entries()) {
    const number = numbers?.[i] ?? 0;
    if (number !== bound) return number > bound;
  }
  return true;
}
