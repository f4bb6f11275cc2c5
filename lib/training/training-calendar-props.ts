import { z } from 'zod';
import { calendarEventSchema, calendarProblems, nextGap } from '../core/calendar';
import { must, oneOf } from '../core/schema';
import { timeZoneSchema } from '../core/time-zones';

/** What becomes of the runs that are there when a calendar closes. */
export const RUNNING = ['stop', 'finish'] as const;

/** Any instant does to see whether events leave a gap: those that don't repeat are over at some time. */
const SOME_DAY = Date.UTC(2001, 0, 1);

/** Checks {@link TrainingCalendarProps}. */
export const trainingCalendarSchema = z
  .strictObject({
    /** Time zone of the events that name none. */
    timeZone: timeZoneSchema,
    /**
     * When there is no training. The events may overlap.
     * @example [{ name: 'double-11', every: 'year', start: '11-10T18:00', end: '11-12T02:00' }]
     */
    closed: z
      .array(calendarEventSchema)
      .min(1, { error: must('have at least one event') })
      .readonly(),
    /**
     * What becomes of runs that are not done when it closes. `stop` gives their nodes back: a run is told to end, after
     * its `preemptionGrace`, and goes on from its checkpoints, which it must have. `finish` lets it run into the closed
     * hours until it is done.
     * @default 'stop'
     */
    running: oneOf(RUNNING).default('stop'),
  })
  .superRefine(({ timeZone, closed: events }, context) => {
    const calendar = { timeZone, events };
    const problems = calendarProblems(calendar).map(({ path, text }) => ({ path: ['closed', ...path], text }));
    if (problems.length === 0 && nextGap(calendar, SOME_DAY) === undefined) {
      problems.push({ path: ['closed'], text: 'must leave time to train, got events without a gap: remove some' });
    }
    for (const { path, text: message } of problems) context.addIssue({ code: 'custom', path, message });
  });

/** Properties of a TrainingCalendar. @interface */
export type TrainingCalendarProps = z.input<typeof trainingCalendarSchema>;
