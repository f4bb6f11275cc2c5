import { z } from 'zod';
import { must, oneOf } from '../../core/schema';
import type { Gunzip } from './content';

/** Checks {@link TraceOptions}. */
export const traceOptionsSchema = z.strictObject({
  /**
   * What to call the trace, also in errors: its file's name.
   * @default trace
   */
  name: z.string().default('trace'),
  /**
   * What the values are: `counts`, requests of each step, or `rates`, requests per second.
   * @default - CSV: as the name of the column says, else counts if all are whole; Prometheus: rates
   */
  values: oneOf(['counts', 'rates']).optional(),
  /**
   * The columns of a CSV whose sum is the traffic.
   * @default - the one that is called requests, count, rps or alike, or that is the only one beside the times
   */
  columns: z.array(z.string()).min(1).readonly().optional(),
  /**
   * What a step without a row had: as much as its neighbours (`between`), however many miss; or no request (`none`).
   * @default - between, up to an hour at once and a twentieth of all; more is an error
   */
  gaps: oneOf(['between', 'none']).optional(),
  /**
   * Unpacks gzip. lib/capacity brings none, so that it needs nothing of Node and no second implementation of it: in
   * Node give `gunzipSync` of `node:zlib`.
   * @default - gzip is refused
   */
  gunzip: z.custom<Gunzip>((value) => typeof value === 'function', { error: must('be a function') }).optional(),
});

/** Options of {@link readTrace}. @interface */
export type TraceOptions = z.input<typeof traceOptionsSchema>;
