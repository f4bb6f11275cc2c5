import { must, pattern } from './schema';

/** A share of a whole: `'60%'`, `'99.9%'`. */
export type Percentage = `${number}%`;

const rule = must("be a percentage above 0% and up to 100%, like '99.9%'");
const PERCENTAGE = /^\d+(\.\d+)?%$/;

/** Checks {@link Percentage}: above 0, at most 100. */
export const percentageSchema = pattern<Percentage>(PERCENTAGE, rule, (value) => {
  const percent = Number.parseFloat(value);
  return percent > 0 && percent <= 100;
});

/** `'99.9%'` as 0.999, without the noise that a division by 100 leaves in the last digits. */
export function fraction(percentage: Percentage): number {
  if (!PERCENTAGE.test(percentage)) throw new Error(`the percentage ${rule({ input: percentage })}`);
  return Number((Number.parseFloat(percentage) / 100).toPrecision(12));
}
