import { z } from 'zod';
import { must } from './schema';

/** The longest DNS label (RFC 1123), and so the longest name of a Service, a namespace and a label's value. */
export const MAX_LABEL = 63;

/** The longest name of a CronJob: its Jobs append 11 characters, and their names must still be labels. */
export const MAX_CRON_JOB_NAME = 52;

const LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Whether `name` can be the name of any object: a DNS label that starts with a letter.
 * Services demand that much (RFC 1035), so that everything which shares a server's name must.
 */
export function isName(name: string, max: number = MAX_LABEL): boolean {
  return name.length <= max && LABEL.test(name);
}

/** What {@link isName} asks, in words. */
export function nameRule(max: number = MAX_LABEL): string {
  return `be a name of at most ${max} lower-case letters, digits and '-', from a letter to a letter or digit`;
}

const rule = must(nameRule());

/** Checks a name of an object, a namespace or a claim. */
export const nameSchema = z.string({ error: rule }).refine((value) => isName(value), { error: rule });
