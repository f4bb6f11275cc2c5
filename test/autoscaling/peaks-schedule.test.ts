import fc from 'fast-check';
import { plannedPeaks } from '../../lib/autoscaling/peaks-plan';
import { schedulesOf } from '../../lib/autoscaling/peaks-schedule';
import { isOn } from '../../lib/core/calendar';
import { cronFields, hasCronValues } from '../../lib/core/cron';
import { wallClock } from '../../lib/core/time-zones';
import { instant, once, repeated } from './peaks-arbitraries';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

fc.configureGlobal({ seed: 42 });

const schedules = (event: object) =>
  plannedPeaks(
    peaksOf([Object.assign({ lead: '20m', replicas: 40 }, event as Event, { name: 'x' })]),
    SERVER,
    'jobs',
  ).flatMap(schedulesOf);

test.each<[string, object, string[]]>([
  ['days of a year', { every: 'year', start: '11-10T20:00', end: '11-12T02:00' }, ['*/5 * 10-12 11 *']],
  [
    'days of two months',
    { every: 'year', start: '10-31T20:00', end: '11-02T02:00' },
    ['*/5 * 31 10 *', '*/5 * 1-2 11 *'],
  ],
  [
    'the turn of the year',
    { every: 'year', start: '12-31T20:00', end: '01-02T02:00' },
    ['*/5 * 1-2 1 *', '*/5 * 31 12 *'],
  ],
  [
    'the end of February, in leap years too',
    { every: 'year', start: '02-28T20:00', end: '03-01T02:00' },
    ['*/5 * 28-29 2 *', '*/5 * 1 3 *'],
  ],
  ['whole months', { every: 'year', start: '06-01T00:20', end: '08-31T22:00' }, ['*/5 * * 6-8 *']],
  [
    'an hour after its end, on the day after',
    { every: 'year', start: '11-10T20:00', end: '11-11T23:30' },
    ['*/5 * 10-12 11 *'],
  ],
  [
    'a day of one year, by the clock of UTC',
    { start: '2026-11-11T00:00', end: '2026-11-11T12:00' },
    ['*/5 * 10-11 11 *'],
  ],
  ['hours of every day', { every: 'day', start: '19:00', end: '21:30' }, ['*/5 18-22 * * *']],
  ['hours over midnight', { every: 'day', start: '21:30', end: '00:30' }, ['*/5 0-1,21-23 * * *']],
  [
    'hours of some days, and of the mornings after',
    { every: 'day', days: ['fri', 'sat'], start: '21:30', end: '00:30' },
    ['*/5 21-23 * * 5', '*/5 0-1,21-23 * * 6', '*/5 0-1 * * 0'],
  ],
  [
    'hours of the same days',
    { every: 'day', days: ['mon', 'tue', 'wed', 'fri'], start: '19:00', end: '21:30' },
    ['*/5 18-22 * * 1-3,5'],
  ],
  ['in step with its beginning', { every: 'day', start: '19:02', end: '21:30' }, ['2-59/5 18-22 * * *']],
])('Jobs are due in %s', (_, event, expected) => {
  expect(schedules(event)).toEqual(expected);
});

const MINUTE = 60_000;

test('a Job is due at the beginning of a peak, every five minutes of it, and for an hour after', () => {
  fc.assert(
    fc.property(fc.oneof(repeated, once), instant, (peaks, now) => {
      for (const peak of plannedPeaks(peaks, SERVER, 'jobs')) {
        const zone = peak.timeZone ?? '';
        const tail = Array.from({ length: 6 }, (_, i) => now - i * 10 * MINUTE);
        if (!tail.some((at) => isOn(peak, zone, at))) continue;
        const due = Array.from({ length: 5 }, (_, i) => now + i * MINUTE).filter((at) =>
          isDue(schedulesOf(peak), zone, at),
        );
        expect({ peak, now, due: due.length }).toEqual({ peak, now, due: 1 });
        const isBeginning =
          isOn(peak, zone, now) &&
          !isOn(peak, zone, now - MINUTE) &&
          wallClock(now, zone).includes(`T${peak.start.slice(-5)}`);
        if (isBeginning) expect(due).toEqual([now]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('no Job is due outside of the days of a peak', () => {
  const sale = schedules({ every: 'year', start: '11-10T20:00', end: '11-12T02:00' });
  const days = Array.from({ length: 366 }, (_, i) => Date.UTC(2028, 0, 1, 12) + i * 1440 * MINUTE);
  expect(days.filter((day) => isDue(sale, 'Etc/UTC', day))).toHaveLength(3);
});

/** Whether one of several schedules is due in a minute, as a CronJob takes them. */
function isDue(all: readonly string[], timeZone: string, at: number): boolean {
  const [date = '', time = ''] = wallClock(at, timeZone).split('T');
  const [hour, minute] = time.split(':').map(Number);
  const [, month, day] = date.split('-').map(Number);
  const shown = [minute, hour, day, month, new Date(`${date}T00:00Z`).getUTCDay()];
  return all.some((schedule) => {
    expect(hasCronValues(schedule)).toBe(true);
    return cronFields(schedule).every(({ values }, i) => values.has(shown[i] ?? -1));
  });
}
