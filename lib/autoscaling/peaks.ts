import { z } from 'zod';
import { calendarEventSchema, calendarProblems } from '../core/calendar';
import { type Duration, durationSchema, seconds } from '../core/durations';
import { must, wholeNumber } from '../core/schema';
import { timeZoneSchema } from '../core/time-zones';

/** The longest lead: with it, an event of every day still is two events of less than a day, which is what cron can say. */
export const LONGEST_LEAD: Duration = '8h';

const expected = {
  /**
   * The fewest replicas while it is on, as a multiple of the fewest replicas on an ordinary day: with
   * `replicas: [6, 60]`, `multiple: 5` is 30 replicas. Rounded up.
   * @default - `replicas` says it
   */
  multiple: z
    .number({ error: must('be a number above 1, like 4.5') })
    .gt(1, { error: must('be above 1', 'it multiplies the fewest replicas of an ordinary day') })
    .optional(),
  /**
   * The fewest replicas while it is on, as a number.
   * @default - `multiple` says it
   */
  replicas: wholeNumber({ min: 1, of: 'replicas' }).optional(),
  /**
   * How long before its start the replicas are asked for, by the clock.
   * @default - what the autoscaler takes to act, and twice what a replica takes to be ready: see `recstack plan`
   */
  lead: durationSchema
    .refine((lead) => seconds(lead) <= seconds(LONGEST_LEAD), { error: must(`be at most '${LONGEST_LEAD}'`) })
    .optional(),
};

const [once, yearly, daily] = calendarEventSchema.options;

/**
 * Checks {@link Peak}: an event of a calendar, and how many replicas it needs.
 *
 * @example
 * ```ts
 * const peak: Peak = { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', multiple: 5 };
 * ```
 */
export const peakSchema = z
  .discriminatedUnion('every', [once.extend(expected), yearly.extend(expected), daily.extend(expected)])
  .refine(({ multiple, replicas }) => (multiple === undefined) !== (replicas === undefined), {
    error: ({ input }) =>
      (input as { readonly replicas?: unknown }).replicas === undefined
        ? 'must say how many replicas it needs, but has neither multiple nor replicas: multiple: 3 is a start'
        : 'must say once how many replicas it needs, but has both multiple and replicas: leave one out',
  });

/** A stretch of time for which a team plans more replicas, such as a sale. */
export type Peak = z.output<typeof peakSchema>;

/**
 * Checks {@link PeaksProps}. Peaks may overlap, and where they do, the one with the most replicas counts. Two at the same
 * time throughout are one too many, and refused.
 */
export const peaksSchema = z
  .strictObject({
    /** Time zone of the events that name none. */
    timeZone: timeZoneSchema,
    /** What is expected, and when. */
    events: z
      .array(peakSchema)
      .min(1, { error: must('have at least one event') })
      .readonly(),
  })
  .superRefine((peaks, context) => {
    for (const { path, text: message } of calendarProblems(peaks)) {
      context.addIssue({ code: 'custom', path: ['events', ...path], message });
    }
  });

/** Peaks with a common time zone. @interface */
export type PeaksProps = z.input<typeof peaksSchema>;

/** The same, checked. */
export type Peaks = z.output<typeof peaksSchema>;
