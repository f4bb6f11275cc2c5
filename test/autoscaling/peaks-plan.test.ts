import fc from 'fast-check';
import type { PeakEngine } from '../../lib/autoscaling/peaks-lead';
import { type PeakServer, plannedPeaks } from '../../lib/autoscaling/peaks-plan';
import { peakProblems } from '../../lib/autoscaling/peaks-problems';
import { isOn } from '../../lib/core/calendar';
import { instantsOf } from '../../lib/core/time-zones';
import { instant, repeated } from './peaks-arbitraries';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

fc.configureGlobal({ seed: 42 });

const NEW_YORK = 'America/New_York';
const planned = (event: Event, timeZone?: string, engine: PeakEngine = 'jobs') =>
  plannedPeaks(peaksOf([event], timeZone), SERVER, engine).map(({ name: _, timeZone: __, ...rest }) => rest);

const TWENTY = { lead: '20m', replicas: 40 } as const;

test.each<[string, Event, object[]]>([
  [
    'over the start of a month',
    { name: 'x', every: 'year', start: '11-01T00:10', end: '11-03T00:00', ...TWENTY },
    [{ every: 'year', start: '10-31T23:50', end: '11-03T00:00', replicas: 40 }],
  ],
  [
    'over the start of March, as in years with 28 days before',
    { name: 'x', every: 'year', start: '03-01T00:10', end: '03-03T00:00', ...TWENTY },
    [{ every: 'year', start: '02-28T23:50', end: '03-03T00:00', replicas: 40 }],
  ],
  [
    'over the start of the year',
    { name: 'x', every: 'year', start: '01-01T00:00', end: '01-03T00:00', ...TWENTY },
    [{ every: 'year', start: '12-31T23:40', end: '01-03T00:00', replicas: 40 }],
  ],
  [
    'over midnight',
    { name: 'x', every: 'day', start: '00:10', end: '06:00', ...TWENTY },
    [{ every: 'day', start: '23:50', end: '06:00', replicas: 40 }],
  ],
  [
    'over midnight, on the day before that of a weekday',
    { name: 'x', every: 'day', days: ['mon', 'sat'], start: '00:10', end: '06:00', ...TWENTY },
    [{ every: 'day', days: ['fri', 'sun'], start: '23:50', end: '06:00', replicas: 40 }],
  ],
  [
    'within an evening',
    { name: 'x', every: 'day', days: ['fri'], start: '20:00', end: '24:00', ...TWENTY },
    [{ every: 'day', days: ['fri'], start: '19:40', end: '24:00', replicas: 40 }],
  ],
  [
    'before whole days, of which another event takes over at noon',
    { name: 'x', every: 'day', days: ['sat', 'sun'], start: '00:00', end: '24:00', ...TWENTY },
    [
      { every: 'day', days: ['fri', 'sat'], start: '23:40', end: '12:00', replicas: 40 },
      { every: 'day', days: ['sat', 'sun'], start: '12:00', end: '24:00', replicas: 40 },
    ],
  ],
  [
    'of seconds, up to whole minutes',
    { name: 'x', every: 'day', start: '20:00', end: '22:00', lead: '90s', replicas: 40 },
    [{ every: 'day', start: '19:58', end: '22:00', replicas: 40 }],
  ],
  [
    'of once, by the clock of UTC',
    { name: 'x', start: '2026-11-11T00:00', end: '2026-11-12T02:00', ...TWENTY },
    [{ start: '2026-11-10T15:40', end: '2026-11-11T18:00', replicas: 40 }],
  ],
])('a lead shifts the start: %s', (_, event, expected) => {
  expect(planned(event)).toEqual(expected);
});

test.each<[string, string, string, string, [string, string]]>([
  ['begins before the hours that they repeat and skip', '03:15', '05:00', '20m', ['00:59', '05:00']],
  ['begins an hour earlier where one is skipped in its lead', '05:00', '06:00', '4h', ['00:00', '06:00']],
  ['ends after an hour that they skip', '00:30', '02:30', '20m', ['00:10', '03:00']],
  ['ends after the hour that they repeat, and the one that they skip', '00:30', '01:30', '20m', ['00:10', '03:00']],
  ['is left alone where its times are clear', '04:30', '05:00', '30m', ['04:00', '05:00']],
])('in a zone whose clocks change, a peak of every day %s', (_, start, end, lead, expected) => {
  const event = { name: 'x', every: 'day', start, end, lead, replicas: 40 } as Event;
  expect(planned(event, NEW_YORK).map((peak) => [peak.start, peak.end])).toEqual([expected]);
});

test('a peak of every year minds the changes that its days may see, and no others', () => {
  const event = { name: 'x', every: 'year', end: '12-01T00:00', lead: '30m', replicas: 40 } as const;
  const starts = (start: `${number}-${number}T${number}:${number}`) =>
    planned({ ...event, start }, NEW_YORK).map((peak) => peak.start);
  expect(starts('03-10T03:15')).toEqual(['03-10T01:45']);
  expect(starts('11-03T02:00')).toEqual(['11-03T00:59']);
  expect(starts('06-18T02:00')).toEqual(['06-18T01:30']);
});

test('whole days in a zone that skips midnight are held from one to the next', () => {
  const event: Event = { name: 'x', every: 'day', days: ['mon', 'tue'], start: '00:00', end: '24:00', ...TWENTY };
  expect(planned(event, 'Africa/Cairo').map(({ start, end }) => [start, end])).toEqual([
    ['22:59', '12:00'],
    ['12:00', '01:00'],
  ]);
});

const EACH_YEAR = 'plan it for each year of its own, with its dates';
test.each<[string, object, string, string]>([
  [
    'on that weekday',
    { every: 'day', days: ['fri'], start: '19:00', end: '22:00' },
    '2026-04-24',
    'leave out its days',
  ],
  [
    'on the one before',
    { every: 'day', days: ['thu'], start: '19:00', end: '22:00' },
    '2026-04-24',
    'leave out its days',
  ],
  ['after a night', { every: 'day', days: ['wed'], start: '19:00', end: '02:00' }, '2026-04-24', 'leave out its days'],
  ['on that date of some year', { every: 'year', start: '04-29T19:00', end: '05-03T23:00' }, '2027-04-30', EACH_YEAR],
])('cron fails at a midnight that is skipped: a peak %s is refused', (_, times, day, way) => {
  const peaks = peaksOf([Object.assign({ name: 'x', ...TWENTY }, times as Event)], 'Africa/Cairo');
  expect(peakProblems(peaks, SERVER, 'jobs')).toEqual([
    `peaks.events[0] must not begin or end near a midnight that the clocks skip, got 'x' with its lead near that of ${day} in Africa/Cairo, where cron fails: ${way}`,
  ]);
});

test.each<[string, object]>([
  ['on other weekdays', { every: 'day', days: ['sat', 'wed'], start: '19:00', end: '22:00' }],
  ['on all of them', { every: 'day', start: '19:00', end: '22:00' }],
  ['around that date', { every: 'year', start: '04-20T19:00', end: '05-03T23:00' }],
  ['once', { start: '2027-04-30T19:00', end: '2027-04-30T23:00' }],
])('cron fails at a midnight that is skipped: a peak %s is fine', (_, times) => {
  const peaks = peaksOf([Object.assign({ name: 'x', ...TWENTY }, times as Event)], 'Africa/Cairo');
  expect(peakProblems(peaks, SERVER, 'jobs')).toEqual([]);
});

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test('at every instant of a peak and of its lead, its replicas are asked for, whatever the clocks do', () => {
  fc.assert(
    fc.property(repeated, instant, (peaks, now) => {
      const [peak] = peaks.events;
      if (peak === undefined) throw new Error('there is no peak');
      const lead = Number.parseInt(peak.lead ?? '', 10) * MINUTE;
      const on = plannedPeaks(peaks, SERVER, 'jobs').some((event) => isOn(event, peaks.timeZone, now));
      const starts = [-1, 0, 1, 2].flatMap((days) => {
        const day = new Date(now + days * DAY).toISOString().slice(0, 10);
        return instantsOf(
          peak.every === 'day' ? `${day}T${peak.start}` : `${day.slice(0, 4)}-${peak.start}`,
          peaks.timeZone,
        );
      });
      const isAhead = starts.some((start) => start - lead <= now && now < start && isOn(peak, peaks.timeZone, start));
      if (isAhead || isOn(peak, peaks.timeZone, now)) expect(on).toBe(true);
      // And not much longer: what is added for the sake of clear times is below four hours.
      const slack = 4 * 60 * MINUTE;
      if (!on || isOn(peak, peaks.timeZone, now)) return;
      const justOver = Array.from({ length: 24 }, (_, i) => now - i * 10 * MINUTE);
      const isNear =
        starts.some((start) => now < start && start <= now + lead + slack) ||
        justOver.some((at) => isOn(peak, peaks.timeZone, at));
      expect(isNear).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('a multiple is rounded up, but not for the noise of floating point', () => {
  const replicas = (multiple: number, ordinary: number) =>
    plannedPeaks(
      peaksOf([{ name: 'x', every: 'day', start: '19:00', end: '20:00', multiple }]),
      { ...SERVER, ordinary },
      'jobs',
    )[0]?.replicas;
  expect(replicas(1.1, 100)).toBe(110);
  expect(replicas(1.5, 3)).toBe(5);
});

test.each<[string, Partial<Event>, Partial<PeakServer>, PeakEngine, string]>([
  [
    'more than there may be',
    { multiple: 12 },
    {},
    'jobs',
    "peaks.events[0].multiple must need at most the 60 replicas that there may be, got 12 × 6 = 72 for 'x': raise the most replicas, or plan for fewer",
  ],
  [
    'more than there may be, as a number',
    { replicas: 61, multiple: undefined },
    {},
    'jobs',
    "peaks.events[0].replicas must need at most the 60 replicas that there may be, got 61 for 'x': raise the most replicas, or plan for fewer",
  ],
  [
    'no more than always',
    { replicas: 6, multiple: undefined },
    {},
    'jobs',
    "peaks.events[0].replicas must need more than the 6 replicas of an ordinary day, got 6 for 'x': it would change nothing",
  ],
  [
    'a multiple of none',
    {},
    { ordinary: 0 },
    'cron-triggers',
    "peaks.events[0].multiple must multiply the fewest replicas of an ordinary day, got 2 × 0 for 'x': set replicas instead",
  ],
  [
    'no way up',
    {},
    { scaleUp: { selectPolicy: 'Disabled' } },
    'cron-triggers',
    "peaks.events[0] must have replicas that may come, but the rules for going up let none for 'x': change the behavior",
  ],
  [
    'a start that takes a day',
    {},
    { readySeconds: 40_000 },
    'jobs',
    "peaks.events[0].lead must be at most '8h', but 'x' would need '1335m' from what a replica takes to be ready: set it, or the replicas of an ordinary day",
  ],
  [
    'whole days, every day',
    { start: '00:00', end: '24:00' },
    {},
    'jobs',
    "peaks.events[0] must leave ordinary days, but 'x' is always on: raise the fewest replicas instead",
  ],
  [
    'whole years',
    { every: 'year', start: '01-05T00:00', end: '01-04T00:00' },
    {},
    'jobs',
    "peaks.events[0] must leave ordinary days, but 'x' is always on: raise the fewest replicas instead",
  ],
])('refused: %s', (_, event, server, engine, text) => {
  const peak = { name: 'x', every: 'day', start: '19:00', end: '23:00', multiple: 2, ...event } as Event;
  expect(peakProblems(peaksOf([peak]), { ...SERVER, ...server }, engine)).toEqual([text]);
});

test('peaks between an ordinary day and the most replicas are fine, also where they overlap', () => {
  const evening: Event = { name: 'evening', every: 'day', start: '19:00', end: '23:00', replicas: 7 };
  const sale: Event = { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', replicas: 60 };
  expect(peakProblems(peaksOf([evening, sale]), SERVER, 'jobs')).toEqual([]);
});
