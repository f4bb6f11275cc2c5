import fc from 'fast-check';
import { peaksSchema } from '../../lib/autoscaling/peaks';
import { peakProblems } from '../../lib/autoscaling/peaks-problems';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

const two = (n: number) => String(n).padStart(2, '0');
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((p) => p.map(two).join(':'));
const date = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map((p) => p.map(two).join('-'));
const yearly = fc.tuple(date, time).map((parts) => parts.join('T'));
const zone = fc.constantFrom(
  'Asia/Kolkata',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Santiago',
);
const lead = fc.integer({ min: 1, max: 8 * 60 }).map((minutes) => `${minutes}m`);
const different = ({ start, end }: { start: string; end: string }) => start !== end;
/** Peaks that repeat, from minutes to days, in zones with all kinds of clock changes. */
export const repeated = fc
  .tuple(
    fc.oneof(
      fc.record({ every: fc.constant('day'), start: time, end: fc.oneof(time, fc.constant('24:00')) }),
      fc.record({
        every: fc.constant('day'),
        days: fc.uniqueArray(fc.constantFrom('mon', 'wed', 'fri', 'sat', 'sun'), { minLength: 1 }),
        start: fc.oneof(time, fc.constant('00:00')),
        end: fc.oneof(time, fc.constant('24:00')),
      }),
      fc.record({ every: fc.constant('year'), start: yearly, end: yearly }),
    ),
    zone,
    lead,
  )
  .filter(([event]) => different(event))
  .map(([event, timeZone, given]) => peaksOf([{ name: 'x', ...event, lead: given, replicas: 40 } as Event], timeZone))
  .filter((peaks) => peakProblems(peaks, SERVER, 'jobs').length === 0);

const MINUTE = 60_000;
const somewhen = fc.integer({ min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2036, 0, 1) / MINUTE });
/** Instants around the changes of clocks, of any zone, which random ones hardly meet. */
const change = fc
  .tuple(
    fc.constantFrom(
      '2027-03-14',
      '2027-11-07',
      '2027-03-28',
      '2027-10-31',
      '2027-04-30',
      '2027-10-29',
      '2027-04-04',
      '2027-09-05',
    ),
    fc.integer({ min: -2 * 24 * 60, max: 2 * 24 * 60 }),
  )
  .map(([day, minutes]) => Date.parse(day) / MINUTE + minutes);
export const instant = fc.oneof(somewhen, change).map((minutes) => minutes * MINUTE);

/** Peaks of some day, in the same zones. */
export const once = fc
  .tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 80 }), time, zone, lead)
  .map(([day, hours, clock, timeZone, given]) => {
    const start = Date.parse(`${new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)}T${clock}Z`);
    const local = (at: number) => new Date(at).toISOString().slice(0, 16);
    return {
      name: 'x',
      start: local(start),
      end: local(start + hours * 3_600_000),
      timeZone,
      lead: given,
      replicas: 40,
    };
  })
  // Not at a time that the clocks skip or repeat.
  .filter((event) => peaksSchema.safeParse({ timeZone: event.timeZone, events: [event] }).success)
  .map((event) => peaksOf([event as Event], event.timeZone));
