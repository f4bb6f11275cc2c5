import { CronWindow } from '../../../lib/capacity/simulation/cron-window';

const MINUTE = 60_000;

/** The minutes at which it goes on and off between two times of UTC. */
function changes(trigger: { timezone: string; start: string; end: string }, from: string, until: string): string[] {
  const window = new CronWindow(trigger);
  const found: string[] = [];
  let was = window.isOn(Date.parse(from));
  for (let at = Date.parse(from) + MINUTE; at <= Date.parse(until); at += MINUTE) {
    const is = window.isOn(at);
    if (is !== was) found.push(`${is ? 'on' : 'off'} ${new Date(at).toISOString().slice(5, 16)}`);
    was = is;
  }
  return found;
}

test('it is on from a start to the next end, on the clocks of its zone', () => {
  const trigger = { timezone: 'Asia/Shanghai', start: '0 19 * * *', end: '30 23 * * *' };
  expect(changes(trigger, '2026-11-10T00:00Z', '2026-11-12T00:00Z')).toEqual([
    'on 11-10T11:00',
    'off 11-10T15:30',
    'on 11-11T11:00',
    'off 11-11T15:30',
  ]);
});

test('it may go on over midnight, and only on some days', () => {
  const trigger = { timezone: 'UTC', start: '0 22 * * fri', end: '0 2 * * sat' };
  expect(changes(trigger, '2026-11-09T00:00Z', '2026-11-23T00:00Z')).toEqual([
    'on 11-13T22:00',
    'off 11-14T02:00',
    'on 11-20T22:00',
    'off 11-21T02:00',
  ]);
});

test('a day of the month and one of the week: one is enough', () => {
  const trigger = { timezone: 'UTC', start: '0 8 11 11 mon', end: '0 9 11 11 mon' };
  expect(changes(trigger, '2026-11-08T00:00Z', '2026-11-15T00:00Z')).toEqual([
    'on 11-09T08:00',
    'off 11-09T09:00',
    'on 11-11T08:00',
    'off 11-11T09:00',
  ]);
});

test('with more ends than starts it is on from one end to the next, as in KEDA', () => {
  const trigger = { timezone: 'UTC', start: '0 8 * * mon', end: '0 9 * * *' };
  // Monday is the 9th: off only from each Sunday's end to Monday's start.
  expect(changes(trigger, '2026-11-08T00:00Z', '2026-11-17T00:00Z')).toEqual([
    'off 11-08T09:00',
    'on 11-09T08:00',
    'off 11-15T09:00',
    'on 11-16T08:00',
  ]);
});

test('summer time moves it with the clocks', () => {
  // On 8 March 2026 New York goes from 2:00 to 3:00, which is 7:00 in UTC.
  const daily = { timezone: 'America/New_York', start: '0 12 * * *', end: '0 13 * * *' };
  expect(changes(daily, '2026-03-07T00:00Z', '2026-03-09T00:00Z')).toEqual([
    'on 03-07T17:00',
    'off 03-07T18:00',
    'on 03-08T16:00',
    'off 03-08T17:00',
  ]);
});

test('where clocks skip the hour of a start, it stays on from the end before until the next, as in KEDA', () => {
  const skipped = { timezone: 'America/New_York', start: '30 2 * * *', end: '0 4 * * *' };
  expect(changes(skipped, '2026-03-07T00:00Z', '2026-03-10T00:00Z')).toEqual([
    'on 03-07T07:30',
    'off 03-08T08:00',
    'on 03-09T06:30',
    'off 03-09T08:00',
  ]);
});

test('an end at the time of the next start never ends it, as in KEDA', () => {
  const trigger = { timezone: 'UTC', start: '0 8 * * *', end: '0 8,9 * * *' };
  // Between 9 and 8 both come next at the same time.
  expect(changes(trigger, '2026-11-10T00:00Z', '2026-11-12T00:00Z')).toEqual([]);
  expect(new CronWindow(trigger).isOn(Date.parse('2026-11-10T03:00Z'))).toBe(true);
});

test('a day that comes every four years is found, and one that never comes is no day', () => {
  const leap = { timezone: 'UTC', start: '0 8 29 2 *', end: '0 9 29 2 *' };
  expect(changes(leap, '2028-02-28T00:00Z', '2028-03-02T00:00Z')).toEqual(['on 02-29T08:00', 'off 02-29T09:00']);
  expect(new CronWindow(leap).isOn(Date.parse('2026-03-01T00:00Z'))).toBe(false);
  const never = { timezone: 'UTC', start: '0 8 * * *', end: '0 9 30 2 *' };
  expect(new CronWindow(never).isOn(Date.parse('2026-03-01T00:00Z'))).toBe(false);
});

test('a schedule that KEDA refuses is refused', () => {
  const trigger = { timezone: 'UTC', start: '0 25 * * *', end: '0 9 * * *' };
  expect(() => new CronWindow(trigger)).toThrow("'0 25 * * *' is no schedule of cron that KEDA reads");
});
