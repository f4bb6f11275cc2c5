import { z } from 'zod';
import { STAGES } from './stages';

const milliseconds = z.number().positive();
const count = z.number().int().min(1);
const address = z.string().describe('host:port inside the cluster');

const fallbackSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('fail') }),
    z.strictObject({ type: z.literal('unfiltered') }),
    z.strictObject({ type: z.literal('previous-order') }),
    z.strictObject({ type: z.literal('popular-items'), file: z.string() }),
    z.strictObject({ type: z.literal('popular-items-of-store'), address, key: z.string(), deadlineMs: milliseconds }),
    z.strictObject({ type: z.literal('stale-cache'), maxAgeMs: milliseconds }),
  ])
  .describe('What the stage gives when it fails or its deadline is over');

const sourceSchema = z.strictObject({
  name: z.string(),
  address,
  path: z.string().optional().describe('Path of the request over HTTP'),
  deadlineMs: milliseconds,
  candidates: count.describe('Candidates to ask of retrieval; candidates in one call of the other stages'),
  calls: count.describe('Calls at once when as many candidates come in as may'),
  model: z.strictObject({ name: z.string(), version: z.string() }).optional(),
  collection: z.string().optional().describe('What to search in a vector index; its name has the version of the model'),
});

const stageSchema = z.strictObject({
  name: z.enum(STAGES),
  deadlineMs: milliseconds.describe('For all calls of the stage together'),
  candidates: count.describe('Candidates that go out at most'),
  sources: z.array(sourceSchema).describe('What is called, all at once; none: the API does it itself'),
  fallback: fallbackSchema,
});

/** Checks a {@link FunnelConfig}, as an API in TypeScript would when it starts. */
export const funnelConfigSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).describe('Of this format'),
    funnel: z.string(),
    deadlineMs: milliseconds.describe('For the whole request; what is late falls back, the request is not'),
    retries: z.literal(0).describe('A call that timed out is not made again: its server may still work on it'),
    budgetHeader: z
      .string()
      .describe('Header of each call over HTTP: the milliseconds that are left to it, so that a server can drop it'),
    stages: z.array(stageSchema).min(1).describe('In the order in which a request passes them'),
    calls: z.record(z.string(), z.record(z.string(), address)).describe('What else may be called: ports by name'),
    buckets: z
      .strictObject({ request: z.array(z.number()), stage: z.array(z.number()) })
      .describe('Upper bounds of the histograms, in seconds; the deadlines are among them'),
  })
  .describe('The configuration of a recommendation funnel, written by recstack');

/**
 * What the API of a funnel is told: the content of `funnel.json`. Beside it lies `funnel.schema.json`, the same as JSON
 * Schema, for APIs in other languages.
 */
export type FunnelConfig = z.output<typeof funnelConfigSchema>;

/** {@link funnelConfigSchema} as JSON Schema. */
export function funnelJsonSchema(): object {
  return z.toJSONSchema(funnelConfigSchema);
}
