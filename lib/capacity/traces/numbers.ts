import { z } from 'zod';
import { InvalidInput, show } from '../../core/problem';
import { must } from '../../core/schema';

/** Refuses an argument that makes no sense, in the house form; what isn't finite fits no rule. */
export function requireNumber(fits: boolean, where: string, what: string, rule: string, given: number): void {
  if (fits && Number.isFinite(given)) return;
  throw new InvalidInput([{ where, text: `${what} must ${rule}, got ${show(given)}` }]);
}

/** A number of at least `least`. */
export function atLeast(least: number, what: string): z.ZodNumber {
  const error = must(`be ${what}, ${least} or more`);
  return z.number({ error }).min(least, { error });
}

/** A number above 0. */
export function positive(what: string): z.ZodNumber {
  const error = must(`be ${what}, above 0`);
  return z.number({ error }).positive({ error });
}
