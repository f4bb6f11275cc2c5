/**
 * One thing that is wrong with what a user wrote, in the house form:
 * where, what, what was given, what is allowed, what to do.
 *
 * @example
 * ```text
 * [shop/ranker] gpu.count must be a whole number of GPUs, got 0.5: …
 * ```
 */
export interface Problem {
  /** A construct path (`shop/ranker`) or a place in a file (`stacks/environments/dev.yaml:12`). */
  readonly where: string;
  /** The rest of the sentence, starting with the name of the property. */
  readonly text: string;
}

/** Everything that is wrong with the input, as one error. Its message has one line for each problem. */
export class InvalidInput extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'InvalidInput';
    this.problems = problems;
  }

  /** Whether `error` is the user's to mend, also when two copies of recstack are loaded. */
  static is(error: unknown): error is InvalidInput {
    return error instanceof Error && error.name === 'InvalidInput' && 'problems' in error;
  }
}

/** `[where] text`, the line that a user reads. */
export function formatProblem({ where, text }: Problem): string {
  return `[${where}] ${text}`;
}

/** Shows a value inside an error: short, on one line, strings in quotes. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? `'${value}'` : (unlikeJson(value) ?? JSON.stringify(value, withoutLoss));
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

/** JSON turns NaN into null and leaves out functions, which would tell the user of a value that they never wrote. */
function withoutLoss(_key: string, value: unknown): unknown {
  return unlikeJson(value) ?? value;
}

/** In words, a value that JSON doesn't know; a construct, as its children know their parent, would even fail in it. */
function unlikeJson(value: unknown): string | undefined {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype
    ? undefined
    : `an object of ${prototype.constructor.name}`;
}

/** The result of `read`, or nothing where the input is wrong, which is added to `problems`. */
export function collecting<T>(problems: Problem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!InvalidInput.is(error)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
