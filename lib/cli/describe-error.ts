import { InvalidInput } from '../core/problem';

/**
 * What a terminal shows of an error. Of a user's mistake what is wrong and nothing else: a stack trace would bury it.
 * Of anything else the trace is all that helps.
 */
export function describeError(error: unknown): string {
  if (!InvalidInput.is(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const count = error.problems.length;
  return `${error.message}\n${count} ${count === 1 ? 'problem' : 'problems'}; nothing was written`;
}
