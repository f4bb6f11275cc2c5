import { hasCronValues } from '../../lib/core/cron';
import { longestPause } from '../../lib/training/runs';
import { problemsOf } from '../serving/fixtures';
import { cronJobOf, training } from './fixtures';

test.each([
  '0 2 * * *',
  '*/15 0-6/2 1,15 * 1-5',
  '59 23 31 12 6',
  '0 0 1 1 0',
  '0 4 * jan-MAR Mon,wed',
  '5/10 * * * sun-sat',
  '0  2 * * *',
])("'%s' is a schedule, and reaches the CronJob as it is", (schedule) => {
  expect(hasCronValues(schedule)).toBe(true);
  expect(cronJobOf({ schedule }).schedule).toBe(schedule);
});

test.each([
  ['four fields', '0 2 * *'],
  ['six fields', '0 0 2 * * *'],
  ['a shorthand', '@daily'],
  ['nothing', ''],
  ['a space before', ' 0 2 * * *'],
  ['an empty item', '0,,5 2 * * *'],
  ['a time zone in the schedule', 'TZ=Asia/Shanghai 0 2 * * *'],
  ['a minute of 60', '60 2 * * *'],
  ['an hour of 24', '0 24 * * *'],
  ['a day of 0', '0 2 0 * *'],
  ['a day of 32', '0 2 32 * *'],
  ['a month of 0', '0 2 * 0 *'],
  ['a month of 13', '0 2 * 13 *'],
  ['Sunday as 7, which Kubernetes does not know', '0 2 * * 7'],
  ['a range that is the wrong way round', '0 6-2 * * *'],
  ['a range that ends outside', '0 2 * * 5-7'],
  ['a step of nothing', '*/0 2 * * *'],
  ['a month in the place of a weekday', '0 2 * * jan'],
  ['a weekday in the place of an hour', '0 mon * * *'],
  ['a word', 'every day at 2 am'],
  ['a hexadecimal number', '0x10 2 * * *'],
])('%s is refused', (_what, schedule) => {
  expect(problemsOf(() => training({ schedule }))).toEqual([
    `[shop/retraining] schedule must be a schedule of cron's five fields, like '0 2 * * *', got '${schedule}'`,
  ]);
});

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  ['every minute', '* * * * *', MINUTE],
  ['every half hour', '*/30 * * * *', 30 * MINUTE],
  ['every seven minutes, and four before the hour', '*/7 * * * *', 7 * MINUTE],
  ['from twenty past on, every twenty minutes', '20/20 * * * *', 40 * MINUTE],
  ['every night', '0 2 * * *', DAY],
  ['twice a day', '0 2,8 * * *', 18 * HOUR],
  ['over a weekend', '0 2 * * mon-fri', 3 * DAY],
  ['every Sunday', '0 2 * * sun', 7 * DAY],
  ['every month', '0 2 1 * *', 31 * DAY],
  ['on the 31st, which every other month has', '0 2 31 * *', 61 * DAY],
  ['on the first and on Sundays: either is enough', '0 2 1 * sun', 7 * DAY],
  ['on odd days and Sundays: a step is a restriction', '0 2 */2 * sun', 2 * DAY],
  ['once a year', '0 2 11 nov *', 366 * DAY],
  ['on leap days', '0 2 29 2 *', 1461 * DAY],
])('the longest pause: %s', (_what, schedule, pause) => {
  expect(longestPause(schedule)).toBe(pause);
});

test('a day that no month has never comes', () => {
  expect(longestPause('0 2 31 2 *')).toBeUndefined();
});
