import { type PeaksProps, peaksSchema } from '../../lib/autoscaling/peaks';
import { parse } from '../../lib/core/schema';
import { problemsOf } from '../serving/fixtures';

const SALE = { name: 'double-11', every: 'year', start: '11-10T20:00', end: '11-12T02:00', multiple: 5 } as const;

const refused = (...events: object[]) =>
  problemsOf(() => parse(peaksSchema, { timeZone: 'Asia/Shanghai', events }, 'shop'));

test('peaks are events of a calendar with what is expected', () => {
  const peaks: PeaksProps = {
    timeZone: 'Asia/Shanghai',
    events: [
      SALE,
      { name: 'black-friday', start: '2026-11-27T00:00', end: '2026-12-01T06:00', replicas: 40, lead: '45m' },
      { name: 'evening', every: 'day', days: ['fri', 'sat'], start: '19:00', end: '23:30', multiple: 1.5 },
    ],
  };
  expect(parse(peaksSchema, peaks, 'shop')).toEqual(peaks);
});

test.each<[string, object, string]>([
  [
    'no number of replicas',
    { ...SALE, multiple: undefined },
    'events[0] must say how many replicas it needs, but has neither multiple nor replicas: multiple: 3 is a start',
  ],
  [
    'two numbers',
    { ...SALE, replicas: 30 },
    'events[0] must say once how many replicas it needs, but has both multiple and replicas: leave one out',
  ],
  [
    'a multiple that is none',
    { ...SALE, multiple: 1 },
    'events[0].multiple must be above 1, got 1: it multiplies the fewest replicas of an ordinary day',
  ],
  [
    'a multiple in words',
    { ...SALE, multiple: '5x' },
    "events[0].multiple must be a number above 1, like 4.5, got '5x'",
  ],
  [
    'half a replica',
    { ...SALE, multiple: undefined, replicas: 2.5 },
    'events[0].replicas must be a whole number of replicas, 1 or more, got 2.5',
  ],
  ['a lead of a day', { ...SALE, lead: '1d' }, "events[0].lead must be at most '8h', got '1d'"],
  [
    'a lead without a unit',
    { ...SALE, lead: '20' },
    "events[0].lead must be a duration with one unit, like '30s', got '20': units are ms s m h d",
  ],
  [
    'a key of nothing',
    { ...SALE, leads: '20m' },
    "events[0].leads is not known: did you mean 'lead'? (known: name, timeZone, every, start, end, multiple, replicas, lead)",
  ],
])('refused: %s', (_, event, text) => {
  expect(refused(event)).toEqual([`[shop] ${text}`]);
});

test('what is wrong with a calendar is wrong with peaks', () => {
  expect(refused(SALE, { ...SALE, replicas: 40, multiple: undefined })).toEqual([
    "[shop] events[1].name must differ from those of the other events, got 'double-11' again",
    "[shop] events[1] must differ from the others, got the time of 'double-11' again: remove one",
  ]);
  expect(refused({ name: 'night', every: 'day', start: '20:00', end: '20:00', multiple: 2 })).toEqual([
    "[shop] events[0].end must differ from the start, '20:00', got the same",
  ]);
});

test('without any event there is nothing to plan', () => {
  expect(refused()).toEqual(['[shop] events must have at least one event, got []']);
});
