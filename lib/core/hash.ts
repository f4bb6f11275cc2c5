import { createHash } from 'node:crypto';

/**
 * A short name for a text, which changes when the text does: as an annotation of a pod's template it makes pods start
 * anew with their configuration, as Helm's charts do.
 */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
