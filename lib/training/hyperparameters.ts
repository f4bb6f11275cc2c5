import { z } from 'zod';
import { must, pattern } from '../core/schema';

/** Where a program finds its hyperparameters; the file's name is in `HYPERPARAMETERS_FILE`. */
export const HYPERPARAMETERS = {
  annotation: 'recstack/hyperparameters',
  folder: '/etc/hyperparameters',
  file: 'hyperparameters.json',
} as const;

const nameRule = must("be a name of letters, digits, '_' and '-', from a letter on");
const valueRule = must('be a number, a text, true or false, or a list of numbers or texts');
const word = pattern<string>(/^[^-]/s, must('be a text that does not start like an option'));

/** Checks {@link Hyperparameters}. */
export const hyperparametersSchema = z.record(
  pattern<string>(/^[A-Za-z][-\w]*$/, nameRule),
  z.union(
    [
      z.number(),
      z.boolean(),
      pattern<string>(/^/, valueRule),
      z
        .array(z.union([z.number(), word]))
        .min(1)
        .readonly(),
    ],
    {
      error: valueRule,
    },
  ),
);

/**
 * Settings of a training by their names, such as `{ learning_rate: 1e-3, layers: [512, 256], amp: true }`.
 * @useDeclaredType
 */
export type Hyperparameters = z.input<typeof hyperparametersSchema>;

/**
 * Hyperparameters as arguments that Python's argparse reads: `--learning_rate=0.001`, `--layers 512 256` (`nargs='+'`),
 * `--amp` or `--no-amp` (`BooleanOptionalAction`; `type=bool` would take the text `false` for true).
 *
 * @see https://docs.python.org/3/library/argparse.html
 */
export function hyperparameterArgs(hyperparameters: z.output<typeof hyperparametersSchema>): string[] {
  return Object.entries(hyperparameters).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
    if (typeof value === 'object') return [`--${name}`, ...value.map((item) => asWritten(String(item)))];
    return [`--${name}=${asWritten(String(value))}`];
  });
}

/** Kubernetes puts a variable in the place of `$(NAME)`, and leaves `$$(NAME)` as `$(NAME)`. */
function asWritten(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}
