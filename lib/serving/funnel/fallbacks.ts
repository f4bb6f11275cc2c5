import { z } from 'zod';
import { durationSchema } from '../../core/durations';
import { must, pattern, text } from '../../core/schema';
import { calleeSchema } from './callees';

const popularItemsSchema = z.strictObject({
  /** Items that most users want, when nothing is known of this one. */
  popularItems: z.union(
    [
      z.strictObject({
        /** A file that the API's image holds, or that is mounted: an absolute path. It takes no time. */
        file: pattern<string>(/^\/\S+$/, must("be an absolute path, like '/data/popular.json'")),
      }),
      z.strictObject({
        /** What holds them, such as an online store. It must not be what the stage itself calls. */
        store: calleeSchema,
        /** Name of the store's port. @default - `http`, or the only one that is not for metrics */
        port: text('the name of a port').optional(),
        /** Their key in the store. */
        key: text('a key of the store'),
        /**
         * Time for the look-up, which is spent after that of the stage: it counts in the budget.
         * @default '5ms'
         */
        deadline: durationSchema.default('5ms'),
      }),
    ],
    { error: must('be { file } or { store, key }') },
  ),
});

const staleCacheSchema = z.strictObject({
  /** The stage's last good answer for the same question, out of the API's own memory. It takes no time. */
  staleCache: z.strictObject({
    /** How old an answer may be; an older one is none, and the request fails. */
    maxAge: durationSchema,
  }),
});

const rule = (words: string) => ({ error: must(`be ${words}, { popularItems } or { staleCache }`) });

/** What retrieval gives when it fails or is late: it has no stage before it whose order it could keep. */
export const retrievalFallbackSchema = z.union(
  [z.literal('fail'), popularItemsSchema, staleCacheSchema],
  rule("'fail'"),
);

/** What filtering gives: `'unfiltered'` shows what should have been taken out, so that it must be asked for. */
export const filteringFallbackSchema = z.union(
  [z.enum(['fail', 'unfiltered']), popularItemsSchema, staleCacheSchema],
  rule("'fail', 'unfiltered'"),
);

/** What ranking and re-ranking give: `'previous-order'` keeps the best of what came in, as the stage before had them. */
export const rankingFallbackSchema = z.union(
  [z.enum(['fail', 'previous-order']), popularItemsSchema, staleCacheSchema],
  rule("'fail', 'previous-order'"),
);

/** The fallback of any stage, checked. */
export type Fallback =
  | z.output<typeof retrievalFallbackSchema>
  | z.output<typeof filteringFallbackSchema>
  | z.output<typeof rankingFallbackSchema>;

/** The store that a fallback asks, if it asks one. */
export function storeOf(fallback: Fallback) {
  if (typeof fallback === 'string' || !('popularItems' in fallback)) return undefined;
  return 'store' in fallback.popularItems ? fallback.popularItems : undefined;
}
