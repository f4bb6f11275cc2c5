import { z } from 'zod';
import { durationSchema } from '../../core/durations';
import { must, pattern, text, wholeNumber } from '../../core/schema';
import { calleeSchema } from './callees';
import { filteringFallbackSchema, rankingFallbackSchema, retrievalFallbackSchema } from './fallbacks';

/** The stages of a funnel, in the order in which a request passes them. */
export const STAGES = ['retrieval', 'filtering', 'ranking', 'reranking'] as const;
/** The name of one. @useDeclaredType */
export type StageName = (typeof STAGES)[number];

const candidates = wholeNumber({ min: 1, of: 'candidates' });

const called = {
  /** What is called. */
  server: calleeSchema,
  /** Name of its port. @default - `http`, or the only one that is not for metrics */
  port: text('the name of a port').optional(),
  /**
   * Path of the request over HTTP, such as `/v2/models/dlrm/infer`. The API finds it in its configuration; an
   * InferenceGraph can't do without.
   * @default - the API knows
   */
  path: pattern<string>(/^\/\S*$/, must("be a path, like '/v2/models/dlrm/infer'")).optional(),
  /** Time for this source, where it has less than the stage. @default - the stage's */
  deadline: durationSchema.optional(),
};

const retrievalSourceSchema = z.strictObject({
  ...called,
  /** Candidates that are asked of this source. @default - the stage's */
  candidates: candidates.optional(),
});

const sourceSchema = z.strictObject({
  ...called,
  /**
   * Candidates in one call. More come in, and more calls are made, all at once: 500 candidates in batches of 100 are
   * five calls for each request of a user.
   * @default - all in one call
   */
  batch: wholeNumber({ min: 1, of: 'candidates' }).optional(),
});

/** The time of all its sources together: they are called in parallel, so that the slowest counts. */
const deadline = durationSchema;
const sources = <S extends z.ZodType>(schema: S) =>
  z
    .array(schema)
    .min(1, { error: must('have at least one source') })
    .readonly();

/** Checks the stages of a funnel. */
export const stagesSchema = z.strictObject({
  /** Finds candidates among all items, from one source or several at once. */
  retrieval: z.strictObject({
    deadline,
    /** Candidates that it gives on, of all its sources together. */
    candidates,
    sources: sources(retrievalSourceSchema),
    /** What it gives when it fails or is late. */
    fallback: retrievalFallbackSchema,
  }),
  /**
   * Takes out what must not be shown: sold out, seen, forbidden.
   * @default - none
   */
  filtering: z
    .strictObject({
      deadline,
      /** Candidates that it lets through at most. @default - as many as come in */
      candidates: candidates.optional(),
      /** @default [] - the API filters by itself */
      sources: z.array(sourceSchema).readonly().default([]),
      /** What it gives when it fails or is late. */
      fallback: filteringFallbackSchema,
    })
    .optional(),
  /**
   * Scores the candidates and puts them in order.
   * @default - none: the order of retrieval
   */
  ranking: rankingSchema().optional(),
  /**
   * Orders the best once more, with a heavier model or for variety.
   * @default - none
   */
  reranking: rankingSchema().optional(),
});

function rankingSchema() {
  return z.strictObject({
    deadline,
    /** The best that it lets through. @default - as many as come in */
    candidates: candidates.optional(),
    sources: sources(sourceSchema),
    /** What it gives when it fails or is late. */
    fallback: rankingFallbackSchema,
  });
}

/** The stages, checked. */
export type StagesSettings = z.output<typeof stagesSchema>;
