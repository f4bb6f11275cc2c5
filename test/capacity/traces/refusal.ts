import { readTrace, type TraceOptions } from '../../../lib/capacity';
import { InvalidInput } from '../../../lib/core/problem';

/** Why a content can't be read as a trace called `t`. */
export function refusal(content: string | Uint8Array, options: TraceOptions = {}): string {
  try {
    readTrace(content, { name: 't', ...options });
  } catch (error) {
    if (InvalidInput.is(error)) return error.message;
    throw error;
  }
  throw new Error('it was read');
}
