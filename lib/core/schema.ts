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

/** The greatest number in most of Kubernetes' fields. */
const MAX_INT32 = 2 ** 31 - 1;

/** A whole number in a range, the commonest of all props; without a greatest, what Kubernetes can count. */
export function wholeNumber(range: { min: number; max?: number; of: string; hint?: string }): z.ZodInt {
  const bounds = range.max === undefined ? `${range.min} or more` : `from ${range.min} to ${range.max}`;
  const error = must(`be a whole number of ${range.of}, ${bounds}`, range.hint);
  // Each check ends the list of what is wrong, so that one value is reported once.
  const atLeast = z.int({ error, abort: true }).min(range.min, { error, abort: true });
  if (range.max !== undefined) return atLeast.max(range.max, { error });
  return atLeast.max(MAX_INT32, { error: must(`be a whole number of ${range.of}, at most ${MAX_INT32}`, range.hint) });
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
    .regex(shape, { error: rule, abort: true })
    .refine((value) => !holdsPlaceholder(value) && !holdsStringifiedOutput(value) && accepts(value), {
      error: rule,
      abort: true,
    });
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

/** Stands for the message of what is told apart: the parts of a map that are wrong. */
const BY_PARTS = '';

/**
 * A short form, such as a word, or all of it as a map. What is wrong with a map is told by its parts; anything else is
 * taken for a short form that is wrong.
 */
export function shortOrMap<S extends z.ZodType, M extends z.ZodType>(short: S, map: M): z.ZodUnion<readonly [S, M]> {
  return z.union([short, map], {
    error: (issue) => {
      if (issue.code !== 'invalid_union') return undefined;
      return isMap(issue.input) ? BY_PARTS : issue.errors[0]?.[0]?.message;
    },
  });
}

/** One of several maps that differ in their keys: what is wrong with the one that was meant is told by its parts. */
export function oneOfMaps<const T extends readonly [z.ZodType, z.ZodType, ...z.ZodType[]]>(
  maps: T,
  rule: (issue: { input?: unknown }) => string,
): z.ZodUnion<T> {
  return z.union(maps, {
    error: (issue) => (issue.code === 'invalid_union' && meant(issue.errors) !== undefined ? BY_PARTS : rule(issue)),
  });
}

/** The only one of several forms of which just parts are wrong, if there is one. */
function meant(forms: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const near = forms.filter((problems) => problems.every(({ path }) => path.length > 0));
  return near.length === 1 ? near[0] : undefined;
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
  return error.issues.flatMap((issue) =>
    toldApart(issue).map(({ path, message }) => ({
      where: whereIs(path),
      text: `${propPath(path)} ${message}`.trim(),
    })),
  );
}

/** What zod reports as one issue and a user mends one by one. */
function toldApart(issue: z.core.$ZodIssue): { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, i) => ({ path: [...issue.path, key], message: messages[i] ?? '' }));
  }
  if (issue.code === 'invalid_union' && issue.message === BY_PARTS) {
    const problems = meant(issue.errors) ?? issue.errors.at(-1) ?? [];
    return problems.flatMap((inner) => toldApart({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  // What the rule for a map's keys has to say is inside the issue.
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path: issue.path, message }));
  return [issue];
}

/** The wording for schemas that have none of their own. */
const inHouseForm: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.inst);
    return issue.keys
      .map((key) => `is not known${didYouMean(key, known)}${known.length > 0 ? ` (known: ${known.join(', ')})` : ''}`)
      .join('\n');
  }
  if (issue.code === 'invalid_type') return must(`be ${article(expectedType(issue))}`)(issue);
  if (issue.code === 'invalid_value') return must(`be ${oneOrAnother(issue.values)}`)(issue);
  if (issue.code === 'too_small' && issue.origin === 'array') {
    return must(`have at least ${issue.minimum} ${issue.minimum === 1 ? 'item' : 'items'}`)(issue);
  }
  if (issue.code === 'invalid_union' && issue.discriminator) {
    return must(`be one of ${discriminatorValues(issue.inst, issue.discriminator).join(', ')}`)({
      input: Reflect.get(Object(issue.input), issue.discriminator),
    });
  }
  if (issue.code === 'invalid_union') {
    const types = issue.errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [article(first.expected)] : []));
    return types.length === 0 ? undefined : must(`be ${types.join(' or ')}`)(issue);
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
  // Capitals don't count: EKS is near to eks.
  const lowered = words.map((word) => word.toLowerCase());
  const nearest = closest(input.toLowerCase(), lowered);
  const near = distance(input.toLowerCase(), nearest) <= Math.max(1, Math.floor(nearest.length / 3));
  return near ? `: did you mean '${words[lowered.indexOf(nearest)]}'?` : '';
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

/** zod expects of a missing whole number just that it is a number. */
function expectedType({ expected, inst }: { readonly expected: string; readonly inst?: unknown }): string {
  return inst instanceof z.ZodNumberFormat ? 'int' : expected;
}

/** `'a'` for the only value that is allowed, `one of a, b` for several. */
function oneOrAnother(values: readonly unknown[]): string {
  return values.length === 1 ? show(values[0]) : `one of ${values.join(', ')}`;
}

function article(expected: string): string {
  const names: Record<string, string> = { object: 'a map', record: 'a map', array: 'a list', int: 'a whole number' };
  return names[expected] ?? `a ${expected}`;
}
