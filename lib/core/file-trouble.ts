import { getSystemErrorMap } from 'node:util';
import { InvalidInput } from './problem';

/**
 * Runs what reads or writes files. What the file system refuses is the user's to mend, and said in the house form.
 *
 * @param where the path that is reported
 * @param rule completes "must …"
 * @param hint what to do instead
 */
export function tellingFileTrouble<T>(where: string, rule: string, hint: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const [code, meaning] = getSystemErrorMap().get(errnoOf(error)) ?? [];
    if (code === undefined) throw error;
    throw new InvalidInput([{ where, text: `must ${rule}, but the system says '${meaning}' (${code}): ${hint}` }]);
  }
}

function errnoOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'errno' in error ? Number(error.errno) : Number.NaN;
}
