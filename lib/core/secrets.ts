import { z } from 'zod';
import { nameSchema } from './names';
import { text } from './schema';

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

const RULE = 'must be a reference to a Secret, { name, key }';

/** Checks a {@link SecretRef}. What was given instead is not shown: it may be the secret. */
export const secretRefSchema = z.strictObject(
  {
    /** Name of the Secret. */
    name: nameSchema,
    /** Key inside the Secret. */
    key: text('the name of a key in the Secret'),
  },
  {
    error: ({ code, input }) => {
      if (code !== 'invalid_type') return undefined;
      if (input === undefined) return `${RULE}, but is missing`;
      return `${RULE}, got a plain ${typeof input} (not shown here): put the value into a Secret and name it`;
    },
  },
);
