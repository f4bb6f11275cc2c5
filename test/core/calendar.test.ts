import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type Calendar,
  type CalendarEvent,
  calendarEventSchema,
  calendarProblems,
  eventsAt,
  isOn,
  longestEventSeconds,
  nextGap,
  WEEKDAYS,
} from '../../lib/core/calendar';
import { InvalidInput } from '../../lib/core/problem';
import { parse } from '../../lib/core/schema';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
const at = (text: string) => Date.parse(text);
const double11 = { name: 'double-11', start: '2026-11-10T20:00', end: '2026-11-12T02:00' } as const;
const yearly = { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00' } as const;
const newYear = { name: 'new-year', every: 'year', start: '12-31T18:00', end: '01-01T06:00' } as const;
const evening = { name: 'evening', every: 'day', start: '19:00', end: '23:00' } as const;
const night = { name: 'night', every: 'day', days: ['fri'], start: '22:00', end: '02:00' } as const;
const wholeDay = { name: 'day', every: 'day', days: ['sun'], start: '00:00', end: '24:00' } as const;

const calendar = (...events: CalendarEvent[]): Calendar => ({ timeZone: SHANGHAI, events });

test.each<[string, CalendarEvent, string, boolean]>([
  ['a second before its start', double11, '2026-11-10T19:59:59+08:00', false],
  ['at its start', double11, '2026-11-10T20:00:00+08:00', true],
  ['a second before its end', double11, '2026-11-12T01:59:59+08:00', true],
  ['at its end', double11, '2026-11-12T02:00:00+08:00', false],
  ['in another year', double11, '2027-11-11T12:00:00+08:00', false],
  ['in every year', yearly, '2031-11-11T12:00:00+08:00', true],
  ['outside its days of the year', yearly, '2031-11-12T02:00:00+08:00', false],
  ['before the turn of the year', newYear, '2026-12-31T18:00:00+08:00', true],
  ['after the turn of the year', newYear, '2027-01-01T05:59:59+08:00', true],
  ['after it', newYear, '2027-01-01T06:00:00+08:00', false],
  ['every evening', evening, '2026-07-01T19:00:00+08:00', true],
  ['after the evening', evening, '2026-07-01T23:00:00+08:00', false],
  ['on the evening of its day', night, '2026-07-03T22:00:00+08:00', true],
  ['after midnight of its day', night, '2026-07-04T01:59:59+08:00', true],
  ['on the evening of another day', night, '2026-07-04T22:00:00+08:00', false],
  ['after midnight of another day', night, '2026-07-03T01:00:00+08:00', false],
  ['until the end of the day', wholeDay, '2026-07-05T23:59:59+08:00', true],
  ['no longer', wholeDay, '2026-07-06T00:00:00+08:00', false],
  ['in the zone of its own', { ...double11, timeZone: NEW_YORK }, '2026-11-10T20:00:00-05:00', true],
  ['not in the zone of the others', { ...double11, timeZone: NEW_YORK }, '2026-11-10T20:00:00+08:00', false],
  ['summer time does not move it', { ...evening, timeZone: NEW_YORK }, '2026-07-01T19:00:00-04:00', true],
  ['nor does winter time', { ...evening, timeZone: NEW_YORK }, '2026-12-01T19:00:00-05:00', true],
])('on or not: %s', (_, event, instant, on) => {
  expect(isOn(event, SHANGHAI, at(instant))).toBe(on);
});

test('the events that are on, in their order', () => {
  const both = calendar(evening, double11);
  expect(eventsAt(both, at('2026-11-11T20:00:00+08:00')).map(({ name }) => name)).toEqual(['evening', 'double-11']);
  expect(eventsAt(both, at('2026-11-11T12:00:00+08:00')).map(({ name }) => name)).toEqual(['double-11']);
});

test.each<[string, CalendarEvent[], string, string | undefined]>([
  ['nothing is on', [double11], '2026-11-10T12:00:00+08:00', '2026-11-10T12:00:00+08:00'],
  ['one event', [double11], '2026-11-11T12:00:00+08:00', '2026-11-12T02:00:00+08:00'],
  ['a yearly one over the turn', [newYear], '2026-12-31T20:00:00+08:00', '2027-01-01T06:00:00+08:00'],
  ['one that another follows at once', [evening, wholeDay], '2026-07-05T12:00:00+08:00', '2026-07-06T00:00:00+08:00'],
  [
    'a night after the evening',
    [evening, { ...night, days: ['fri', 'sat'] as const }],
    '2026-07-04T20:00:00+08:00',
    '2026-07-05T02:00:00+08:00',
  ],
  [
    'the end of summer time',
    [{ ...night, timeZone: NEW_YORK }],
    '2026-07-04T00:00:00-04:00',
    '2026-07-04T02:00:00-04:00',
  ],
  [
    'an end that the clocks skip',
    [{ name: 'x', every: 'day', start: '01:00', end: '02:30', timeZone: NEW_YORK }],
    '2026-03-08T01:30:00-05:00',
    '2026-03-08T03:00:00-04:00',
  ],
  ['for ever', [{ ...evening, start: '00:00', end: '24:00' }], '2026-07-01T00:00:00+08:00', undefined],
])('it is over: %s', (_, events, instant, end) => {
  expect(nextGap(calendar(...events), at(instant))).toBe(end === undefined ? undefined : at(end));
});

const two = (n: number) => String(n).padStart(2, '0');
const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([h, m]) => `${two(h)}:${two(m)}`);
const dayOfYear = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([m, d]) => `${two(m)}-${two(d)}`);
const yearlyTime = fc.tuple(dayOfYear, timeOfDay).map((parts) => parts.join('T'));
const zone = fc.option(fc.constantFrom('Asia/Kolkata', NEW_YORK, 'Europe/Berlin', 'Australia/Lord_Howe'), {
  nil: undefined,
});
const different = ([start, end]: [string, string]) => start !== end;
const event = fc
  .tuple(
    fc.oneof(
      fc
        .tuple(timeOfDay, timeOfDay)
        .filter(different)
        .map(([start, end]) => ({ every: 'day', start, end })),
      fc
        .tuple(timeOfDay, timeOfDay, fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }))
        .filter(([start, end]) => start !== end)
        .map(([start, end, days]) => ({ every: 'day', start, end, days })),
      fc
        .tuple(yearlyTime, yearlyTime)
        .filter(different)
        .map(([start, end]) => ({ every: 'year', start, end })),
      fc
        .tuple(yearlyTime, yearlyTime)
        .filter(different)
        .map((pair) => {
          const [start, end] = pair.sort();
          return { start: `2026-${start}`, end: `2026-${end}` };
        }),
    ),
    zone,
  )
  .map(([period, timeZone]) =>
    parse(calendarEventSchema, { name: 'x', ...period, ...(timeZone && { timeZone }) }, 'event'),
  );
const instant = fc
  .integer({ min: at('2025-12-01T00:00:00Z') / 1000, max: at('2027-02-01T00:00:00Z') / 1000 })
  .map((s) => s * 1000);

test('at the end of all that is on, nothing is on, and a minute before, something is', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 4 }), instant, (events, now) => {
      const all = calendar(...events);
      const gap = nextGap(all, now);
      if (gap === undefined) return;
      expect(eventsAt(all, gap)).toEqual([]);
      if (gap === now) return;
      expect(gap).toBeGreaterThan(now);
      expect(eventsAt(all, gap - 1)).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

const hasPython = spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Asia/Kolkata")']).status === 0;

(hasPython ? test : test.skip)('the script in the cluster reads a calendar in the same way', () => {
  const cases = fc.sample(fc.tuple(fc.array(event, { minLength: 1, maxLength: 3 }), instant), 1000);
  const asked = cases.map(([events, now]) => ({ calendar: calendar(...events), now: now / 1000 }));
  const program = [
    'import json, sys',
    'from datetime import datetime, timezone',
    'from hours import events_at',
    'cases = json.load(sys.stdin)',
    'instants = [datetime.fromtimestamp(case["now"], timezone.utc) for case in cases]',
    'print(json.dumps([len(events_at(case["calendar"], now)) for case, now in zip(cases, instants)]))',
  ].join('\n');
  const cwd = join(__dirname, '..', '..', 'lib', 'core', 'in-cluster');
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
    cwd,
    encoding: 'utf8',
    input: JSON.stringify(asked),
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(cases.map(([events, now]) => eventsAt(calendar(...events), now).length));
});

const problems = (events: CalendarEvent[], timeZone = NEW_YORK) =>
  calendarProblems({ timeZone, events }).map(({ path, text }) => `${path.join('.')} ${text}`);

test.each<[string, CalendarEvent[], string]>([
  [
    'an end before the start',
    [{ ...double11, end: '2026-11-10T19:00' }],
    "0.end must be after the start, '2026-11-10T20:00', got '2026-11-10T19:00'",
  ],
  ['no time at all', [{ ...evening, end: '19:00' }], "0.end must differ from the start, '19:00', got the same"],
  [
    'a start that the clocks skip',
    [{ ...double11, start: '2026-03-08T02:30' }],
    "0.start must be a time that comes once, got '2026-03-08T02:30', which the clocks of America/New_York skip that night: take one an hour away",
  ],
  [
    'an end that comes twice',
    [{ ...double11, start: '2026-10-31T20:00', end: '2026-11-01T01:30' }],
    "0.end must be a time that comes once, got '2026-11-01T01:30', which comes twice in America/New_York that night: take one an hour away",
  ],
  [
    'a name twice',
    [double11, { ...evening, name: 'double-11' }],
    "1.name must differ from those of the other events, got 'double-11' again",
  ],
  [
    'a time twice',
    [double11, { ...double11, name: 'singles-day', timeZone: NEW_YORK }],
    "1 must differ from the others, got the time of 'double-11' again: remove one",
  ],
])('refused: %s', (_, events, text) => {
  expect(problems(events)).toEqual([text]);
});

test('events may overlap, and what repeats may hit a time that the clocks skip', () => {
  expect(problems([double11, evening, { ...evening, name: 'skipped', start: '02:30', end: '03:30' }])).toEqual([]);
});

function refused(value: object): readonly string[] {
  try {
    parse(calendarEventSchema, value, 'shop');
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems.map(({ text }) => text);
  }
  throw new Error('it was accepted');
}

test.each<[string, object, string]>([
  [
    'an offset',
    { ...double11, start: '2026-11-10T20:00Z' },
    "start must be a date and time like '2026-11-10T20:00', got '2026-11-10T20:00Z': the time zone stands beside it",
  ],
  [
    'a day that is none',
    { ...double11, end: '2026-11-31T20:00' },
    "end must be a date and time like '2026-11-10T20:00', got '2026-11-31T20:00': the time zone stands beside it",
  ],
  ['a time that is none', { ...evening, start: '24:00' }, "start must be a time of day like '19:30', got '24:00'"],
  [
    'a date of every year with a year',
    { ...yearly, start: '2026-11-10T20:00' },
    "start must be a day and time of every year like '11-10T20:00', got '2026-11-10T20:00'",
  ],
  [
    'a day that most years lack',
    { ...yearly, start: '02-29T20:00' },
    "start must be a day and time of every year like '11-10T20:00', got '02-29T20:00'",
  ],
  ['no days', { ...night, days: [] }, 'days must have at least one day, got []'],
  ['another rhythm', { ...evening, every: 'week' }, "every must be one of year, day, got 'week'"],
  [
    'an unknown zone',
    { ...evening, timeZone: 'Shanghai' },
    "timeZone must be a time zone like Asia/Shanghai, got 'Shanghai'",
  ],
  ['no name', { ...evening, name: '' }, "name must be the name of an event, got ''"],
])('no event: %s', (_, value, text) => {
  expect(refused(value)).toEqual([text]);
});

test.each<[string, CalendarEvent[], number]>([
  ['an event that takes place once', [double11], 30],
  ['one of every year', [yearly], 30],
  ['one of every evening', [evening], 4],
  ['one over midnight, of a weekday', [night], 4],
  ['the longest of several', [evening, newYear], 12],
  ['days that follow each other', [{ ...wholeDay, days: ['sat', 'sun', 'mon'] } as const], 3 * 24],
  ['events that follow each other', [evening, { ...evening, name: 'late', start: '23:00', end: '01:00' } as const], 6],
])('the longest time without a gap: %s', (_what, events, hours) => {
  expect(longestEventSeconds(calendar(...events))).toBe(hours * 3600);
});
