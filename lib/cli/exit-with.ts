import { InvalidInput } from '../core/problem';

/**
 * Ends the program because of an error. Of a user's mistake it prints what is wrong and nothing else: a stack trace
 * would bury it. Of anything else the trace is all that helps.
 */
export function exitWith(error: unknown): never {
  if (InvalidInput.is(error)) {
    const count = error.problems.length;
    process.stderr.write(`${error.message}\n${count} ${count === 1 ? 'problem' : 'problems'}; nothing was written\n`);
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  process.exit(1);
}
