import { z } from 'zod';
import { must, oneOf, wholeNumber } from '../../core/schema';
import { hyperparametersSchema } from '../hyperparameters';

const number = z.number({ error: must('be a number') });
const whole = z.int({ error: must('be a whole number') });

/** Checks {@link SearchSpace}. */
export const searchSpaceSchema = z.discriminatedUnion('type', [
  /** Any number between two. */
  z.strictObject({ type: z.literal('uniform'), min: number, max: number }),
  /** Any number between two, where a factor counts and not a difference, such as a learning rate. */
  z.strictObject({
    type: z.literal('logUniform'),
    min: number.positive({ error: must('be above 0') }),
    max: number,
  }),
  /** A whole number from one to another, in steps. */
  z.strictObject({
    type: z.literal('integer'),
    min: whole,
    max: whole,
    /** @default 1 */
    step: wholeNumber({ min: 1, of: 'a step' }).default(1),
  }),
  /** One of a few values. */
  z.strictObject({
    type: z.literal('choice'),
    values: z
      .array(hyperparametersSchema.valueType)
      .min(2, { error: must('have at least two values', 'a fixed one belongs into trial.hyperparameters') })
      .readonly(),
  }),
]);

/**
 * Where a hyperparameter is looked for: `{ type: 'logUniform', min: 1e-5, max: 1e-2 }`,
 * `{ type: 'choice', values: ['adamw', 'sgd'] }`.
 * @useDeclaredType
 */
export type SearchSpace = z.input<typeof searchSpaceSchema>;

type Settings = z.output<typeof searchSpaceSchema>;

/** How a point is chosen. */
export const STRATEGIES = ['grid', 'random', 'adaptive'] as const;
/** The name of one. @useDeclaredType */
export type Strategy = (typeof STRATEGIES)[number];
/** Checks {@link Strategy}. */
export const strategySchema = oneOf(STRATEGIES);

/** How many points a space has, without end where it is one of real numbers. */
export function sizeOf(space: Settings): number {
  if (space.type === 'choice') return space.values.length;
  if (space.type === 'integer') return Math.floor((space.max - space.min) / space.step) + 1;
  return Number.POSITIVE_INFINITY;
}

/** What is wrong with a space, as the rest of the sentence after its name. */
export function spaceProblems(space: Settings): string[] {
  if (space.type === 'choice' || space.min < space.max) return [];
  return [`max must be above min, ${space.min}, got ${space.max}`];
}
