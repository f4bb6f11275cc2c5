import fc from 'fast-check';
import { clockChanges, instantsOf, timeZoneSchema, wallClock } from '../../lib/core/time-zones';

const utc = (text: string) => Date.parse(`${text}Z`);

test.each([
  ['Asia/Shanghai', '2026-11-11T00:00:30'],
  ['America/New_York', '2026-11-10T11:00:30'],
  ['Asia/Kolkata', '2026-11-10T21:30:30'],
  ['Etc/UTC', '2026-11-10T16:00:30'],
])('the clocks of %s', (zone, shown) => {
  expect(wallClock(utc('2026-11-10T16:00:30'), zone)).toBe(shown);
});

test.each([
  ['a usual time comes once', '2026-11-10T20:00', 'Asia/Shanghai', [utc('2026-11-10T12:00')]],
  ['summer time begins: a time that is skipped never comes', '2026-03-08T02:30', 'America/New_York', []],
  [
    'summer time ends: a time of the hour that is repeated comes twice',
    '2026-11-01T01:30',
    'America/New_York',
    [utc('2026-11-01T05:30'), utc('2026-11-01T06:30')],
  ],
  ['half an hour of summer time', '2026-10-04T02:15', 'Australia/Lord_Howe', []],
])('%s', (_, local, zone, instants) => {
  expect(instantsOf(local, zone)).toEqual(instants);
});

const zone = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Etc/UTC');
const minute = fc.integer({ min: utc('2020-01-01T00:00') / 60_000, max: utc('2035-01-01T00:00') / 60_000 });

test('what the clocks show leads back to the instant', () => {
  fc.assert(
    fc.property(minute, zone, (count, name) => {
      const instant = count * 60_000;
      expect(instantsOf(wallClock(instant, name).slice(0, 16), name)).toContain(instant);
    }),
  );
});

test.each(['asia/shanghai', 'Shanghai', '+08:00', ''])('no time zone: %s', (name) => {
  expect(timeZoneSchema.safeParse(name).success).toBe(false);
});

test.each([
  [
    'America/New_York',
    [
      { at: utc('2027-03-14T07:00'), from: '2027-03-14T02:00', minutes: 60, kind: 'skipped' },
      { at: utc('2027-11-07T06:00'), from: '2027-11-07T01:00', minutes: 60, kind: 'repeated' },
    ],
  ],
  [
    'Australia/Lord_Howe',
    [
      { at: utc('2027-04-03T15:00'), from: '2027-04-04T01:30', minutes: 30, kind: 'repeated' },
      { at: utc('2027-10-02T15:30'), from: '2027-10-03T02:00', minutes: 30, kind: 'skipped' },
    ],
  ],
  ['Asia/Shanghai', []],
])('the changes of the clocks of %s in a year', (zone, changes) => {
  expect(clockChanges(zone, utc('2027-01-01T00:00'), utc('2028-01-01T00:00'))).toEqual(changes);
});

test('a change counts where its instant comes after the first and before the last that is asked for', () => {
  const change = utc('2027-03-14T07:00');
  const count = (from: number, until: number) => clockChanges('America/New_York', from, until).length;
  expect([
    count(change - 60_000, change),
    count(change - 60_000, change + 60_000),
    count(change, change + 60_000),
  ]).toEqual([0, 1, 0]);
});
