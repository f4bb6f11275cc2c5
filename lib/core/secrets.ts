import { z } from 'zod';
import { holdsPlaceholder } from './deferred';
import { isName, nameRule } from './names';
import { must, pattern } from './schema';

/**
 * A key of a Secret that exists in the namespace, or that an operator puts there. recstack never holds the
 * value itself: what is synthesized ends up in git.
 */
export interface SecretRef {
  /** Name of the Secret. */
  readonly name: string;
  /** Key inside the Secret. */
  readonly key: string;
}

const rule = notShown('be a reference to a Secret, { name, key }');
const nameError = notShown(nameRule());

/** Keys are also names of files, so that none leads out of the folder. */
const KEY = /^(?!\.$|\.\.)[-._a-zA-Z0-9]{1,253}$/;

/** Checks a {@link SecretRef}. What was given instead is not shown: it may be the secret. */
export const secretRefSchema = z.strictObject(
  {
    /** Name of the Secret. */
    name: z.string({ error: nameError }).refine((name) => isName(name), { error: nameError }),
    /** Key inside the Secret. */
    key: pattern<string>(
      KEY,
      notShown("be the name of a key in the Secret, of at most 253 letters, digits, '-', '_' and '.'"),
    ),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? rule(issue) : undefined) },
);

function notShown(what: string): (issue: { input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined || input === null) return must(what)({ input: undefined });
    if (typeof input === 'string' && holdsPlaceholder(input)) return must(what)({ input });
    const given = Array.isArray(input) ? 'a list' : `a plain ${typeof input}`;
    return `must ${what}, got ${given} (not shown here): put the value into a Secret and name it`;
  };
}
