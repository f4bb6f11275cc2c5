import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Deferred, holdsPlaceholder, holdsStringifiedOutput, withPlaceholders } from './deferred';
import { InvalidInput, type Problem, show } from './problem';

/**
 * The error of a zod schema in the house form. `rule` completes "must …"; `hint` says what to do instead.
 *
 * @example
 * ```ts
 * const rule = must('be a whole number of GPUs, 1 or more', 'share a card with gpu.sharing');
 * z.int({ error: rule }).min(1, { error: rule });
 * // gpu.count must be a whole number of GPUs, 1 or more, got 0.5: share a card with gpu.sharing
 * ```
 */
export function must(rule: string, hint?: string): (issue: { input?: unknown }) => string {
  return ({ input }) => `must ${rule}, ${given(input)}${hint ? `: ${hint}` : ''}`;
}

/** A whole number in a range, the commonest of all props. */
export function wholeNumber(range: { min: number; max?: number; of: string; hint?: string }): z.ZodInt {
  const bounds = range.max === undefined ? `${range.min} or more` : `from ${range.min} to ${range.max}`;
  const error = must(`be a whole number of ${range.of}, ${bounds}`, range.hint);
  const atLeast = z.int({ error }).min(range.min, { error });
  return range.max === undefined ? atLeast : atLeast.max(range.max, { error });
}

/** A string that is not empty and is known now. */
export function text(what: string, hint?: string): z.ZodType<string, string> {
  return pattern(/./s, must(`be ${what}`, hint));
}

/** A string that may also be known only at apply; `accepts` applies to what is known now. */
export function deferrableText(
  what: string,
  accepts: (value: string) => boolean = (value) => value !== '',
  hint?: string,
): z.ZodType<string, string | Deferred<string>> {
  const error = must(`be ${what}`, hint);
  const schema: z.ZodType<string> = z
    .string({ error })
    .refine((value) => !holdsStringifiedOutput(value) && (holdsPlaceholder(value) || accepts(value)), { error });
  return schema as z.ZodType<string, string | Deferred<string>>;
}

/**
 * A string of a known shape, typed as the template literal that describes it.
 * `accepts` refuses what has the shape and still makes no sense, like a size of zero.
 */
export function pattern<T extends string>(
  shape: RegExp,
  rule: (issue: { input?: unknown }) => string,
  accepts: (value: string) => boolean = () => true,
): z.ZodType<T, T> {
  const schema: z.ZodType<string> = z
    .string({ error: rule })
    .regex(shape, { error: rule })
    .refine((value) => !holdsPlaceholder(value) && accepts(value), { error: rule });
  return schema as z.ZodType<T, T>;
}

/** One of a few words, with a suggestion when the given one is nearly right. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, {
    error: ({ input }) => `must be one of ${values.join(', ')}, ${given(input)}${didYouMean(input, values)}`,
  });
}

/** A value that only code can make, such as the result of `triton(…)`; `check` recognises it. */
export function instance<T>(check: (value: unknown) => boolean, rule: string, hint?: string): z.ZodCustom<T, T> {
  return z.custom<T>(check, { error: must(rule, hint) });
}

/**
 * Checks a value and returns it with its defaults filled in.
 *
 * @param where the construct path, or a function that finds the place of each problem
 * @throws InvalidInput with all that is wrong with the value, not just the first
 */
export function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: string | ((path: readonly PropertyKey[]) => string),
): z.output<S> {
  const result = schema.safeParse(withPlaceholders(value), { reportInput: true, error: inHouseForm });
  if (result.success) return result.data;
  throw new InvalidInput(problemsOf(result.error, typeof where === 'function' ? where : () => where));
}

/** `['gpu', 'count']` as `gpu.count`, `['nodes', 0]` as `nodes[0]`. */
export function propPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
}

function problemsOf(error: z.ZodError, whereIs: (path: readonly PropertyKey[]) => string): Problem[] {
  return error.issues.flatMap((issue) => {
    // zod reports all unknown keys of an object as one issue; a user mends them one by one.
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const messages = issue.code === 'unrecognized_keys' ? issue.message.split('\n') : [issue.message];
    return places.map((path, i) => ({
      where: whereIs(path),
      text: `${propPath(path)} ${messages[i]}`.trim(),
    }));
  });
}

/** The wording for schemas that have none of their own. */
const inHouseForm: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.inst);
    return issue.keys
      .map((key) => `is not known${didYouMean(key, known)}${known.length > 0 ? ` (known: ${known.join(', ')})` : ''}`)
      .join('\n');
  }
  if (issue.code === 'invalid_type') return must(`be ${article(issue.expected)}`)(issue);
  if (issue.code === 'invalid_union' && issue.discriminator) {
    return must(`be one of ${discriminatorValues(issue.inst, issue.discriminator).join(', ')}`)({
      input: Reflect.get(Object(issue.input), issue.discriminator),
    });
  }
  return undefined;
};

function given(input: unknown): string {
  if (input === undefined) return 'but is missing';
  if (typeof input === 'string' && holdsPlaceholder(input)) return 'but is a Pulumi Output, known only at apply';
  if (typeof input === 'string' && holdsStringifiedOutput(input)) {
    return 'but a Pulumi Output was joined to a string: use pulumi.interpolate';
  }
  return `got ${show(input)}`;
}

/** `: did you mean 'x'?`, when a word is near: a far-fetched suggestion is worse than none. */
export function didYouMean(input: unknown, words: readonly string[]): string {
  if (typeof input !== 'string' || words.length === 0) return '';
  const nearest = closest(input, words);
  return distance(input, nearest) <= Math.max(1, Math.floor(nearest.length / 3)) ? `: did you mean '${nearest}'?` : '';
}

function knownKeys(schema: unknown): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function discriminatorValues(schema: unknown, discriminator: string): string[] {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return [];
  return schema.options.flatMap((option) => {
    const literal = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
    return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : [];
  });
}

function article(expected: string): string {
  const names: Record<string, string> = { object: 'a map', record: 'a map', array: 'a list', int: 'a whole number' };
  return names[expected] ?? `a ${expected}`;
}
