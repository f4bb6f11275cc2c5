import { z } from 'zod';
import { must, parse, pattern } from '../../../core/schema';
import { addressSchema } from '../address';
import type { ExternalEngine } from '../engine';

const CIDR = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/;

/** Checks {@link ExternalProps}. */
export const externalSchema = z.strictObject({
  /** Where its ports are, by their names: `{ redis: 'features.abc123.cache.amazonaws.com:6379' }`. */
  addresses: z
    .record(
      pattern<string>(/^[a-z]([-a-z0-9]{0,13}[a-z0-9])?$/, must('be the name of a port, of at most 15 letters')),
      addressSchema('features.example.com:6379'),
    )
    .refine((addresses) => Object.keys(addresses).length > 0, { error: must('have an address') }),
  /**
   * Blocks of IPv4 that its addresses are from: its callers may reach these, on its ports. Names of hosts can't stand in a
   * network policy.
   * @default ['0.0.0.0/0']
   */
  cidrs: z
    .array(pattern<string>(CIDR, must("be a block of IPv4, like '10.8.0.0/16'")))
    .min(1, { error: must('have a block') })
    .readonly()
    .default(['0.0.0.0/0']),
});

/** Properties of {@link external}. @interface */
export type ExternalProps = z.input<typeof externalSchema>;

/**
 * A store that somebody else runs, such as a cloud's: nothing is emitted but the way to it, for the callers that are
 * named. Backups, alerts and disruption are the business of whoever runs it.
 *
 * @example
 * ```ts
 * new FeatureStore(shop, 'features', { engine: external({ addresses: { redis: 'features.example.com:6379' } }) });
 * ```
 */
export function external(props: ExternalProps): ExternalEngine {
  return { kind: 'external', ...parse(externalSchema, props, 'external') };
}
