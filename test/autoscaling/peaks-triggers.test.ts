import fc from 'fast-check';
import { plannedPeaks } from '../../lib/autoscaling/peaks-plan';
import { cronTriggersOf, wantedReplicas } from '../../lib/autoscaling/peaks-triggers';
import { HpaController } from '../../lib/capacity/hpa/controller';
import { policyOf } from '../../lib/capacity/hpa/policy';
import { isOn } from '../../lib/core/calendar';
import { instantsOf, wallClock } from '../../lib/core/time-zones';
import { instant, repeated } from './peaks-arbitraries';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

fc.configureGlobal({ seed: 42 });

test('a peak of every year is a trigger from its lead to its end, by the clocks of its zone', () => {
  const sale: Event = { name: 'double-11', every: 'year', start: '11-11T00:00', end: '11-12T02:00', multiple: 5 };
  expect(cronTriggersOf(peaksOf([{ ...sale, lead: '20m' }]), SERVER)).toEqual([
    {
      type: 'cron',
      metadata: { timezone: 'Asia/Shanghai', start: '40 23 10 11 *', end: '0 2 12 11 *', desiredReplicas: '32' },
    },
  ]);
});

test.each<[string, Partial<Event>, string, string]>([
  ['every evening', {}, '40 18 * * *', '30 23 * * *'],
  ['until midnight', { end: '24:00' }, '40 18 * * *', '0 0 * * *'],
  ['over midnight', { end: '01:00' }, '40 18 * * *', '0 1 * * *'],
  ['of some days', { days: ['fri', 'sun'] }, '40 18 * * 0,5', '30 23 * * 0,5'],
  ['of some days, until midnight', { days: ['fri', 'sat'], end: '24:00' }, '40 18 * * 5,6', '0 0 * * 0,6'],
  ['of some days, over midnight', { days: ['sun'], end: '01:00' }, '40 18 * * 0', '0 1 * * 1'],
  ['with a lead over midnight', { days: ['mon'], start: '00:10', end: '06:00' }, '50 23 * * 0', '0 6 * * 1'],
])('a trigger of every day: %s', (_, times, start, end) => {
  const evening = {
    name: 'x',
    every: 'day',
    start: '19:00',
    end: '23:30',
    lead: '20m',
    replicas: 9,
    ...times,
  } as Event;
  expect(cronTriggersOf(peaksOf([evening]), SERVER).map(({ metadata }) => [metadata.start, metadata.end])).toEqual([
    [start, end],
  ]);
});

test('the days of a weekend are two triggers: one that is due again before it is over would be off between', () => {
  const weekend: Event = {
    name: 'x',
    every: 'day',
    days: ['sat', 'sun'],
    start: '00:00',
    end: '24:00',
    lead: '20m',
    replicas: 9,
  };
  expect(cronTriggersOf(peaksOf([weekend]), SERVER).map(({ metadata }) => [metadata.start, metadata.end])).toEqual([
    ['40 23 * * 5,6', '0 12 * * 0,6'],
    ['0 12 * * 0,6', '0 0 * * 0,1'],
  ]);
});

test('a peak of once is no trigger: a cron has no year, and it would be on in each', () => {
  const once: Event = { name: 'x', start: '2026-11-27T00:00', end: '2026-12-01T06:00', replicas: 40 };
  expect(cronTriggersOf(peaksOf([once]), SERVER)).toEqual([]);
});

test.each([
  [1, 1],
  [2, 2],
  [11, 12],
  [21, 23],
  [40, 43],
])('for at least %i replicas a trigger wants %i, for what is within the tolerance is left alone', (least, wanted) => {
  expect(wantedReplicas(least)).toBe(wanted);
  expect(wantedReplicas(least, 0)).toBe(least);
});

test('whatever there is before, an autoscaler with the trigger comes to as many as are meant, and not to one fewer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (least, before) => {
      const target = { type: 'AverageValue', averageValue: '1' } as const;
      const hpa = {
        spec: {
          minReplicas: 1,
          maxReplicas: 1000,
          metrics: [{ type: 'External', external: { target } }],
          behavior: {},
        },
      };
      const controller = new HpaController(policyOf(hpa));
      let replicas = before;
      for (let now = 0; now < 900; now += 15) {
        const pods = [{ count: replicas, phase: 'Running', ready: { is: true, since: 0 } }] as const;
        const total = wantedReplicas(least) * 1000;
        replicas = controller.sync(now, { specReplicas: replicas, statusReplicas: replicas, pods }, [{ total }]);
      }
      expect(replicas).toBeGreaterThanOrEqual(least);
      expect(replicas).toBeLessThanOrEqual(Math.max(before, wantedReplicas(least)));
    }),
    { numRuns: 100 },
  );
});

/*
 * KEDA's rule, in its own words: on while the next end comes before the next start. A time that is skipped doesn't come.
 */
const DAY = 86_400_000;
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];
function next(cron: string, timeZone: string, now: number): number {
  const [minute, hour, day = '*', month = '*', weekday = '*'] = cron.split(' ');
  const two = (text = '') => text.padStart(2, '0');
  const time = `${two(hour)}:${two(minute)}`;
  if (day !== '*') {
    const year = Number(wallClock(now, timeZone).slice(0, 4));
    const instants = [year, year + 1, year + 2].flatMap((y) =>
      instantsOf(`${y}-${two(month)}-${two(day)}T${time}`, timeZone),
    );
    return Math.min(...instants.filter((instant) => instant > now));
  }
  const allowed = weekday === '*' ? WEEKDAYS : weekday.split(',').map(Number);
  const instants = Array.from({ length: 16 }, (_, i) => wallClock(now + i * DAY - DAY, timeZone).slice(0, 10))
    .filter((date) => allowed.includes(new Date(`${date}T00:00Z`).getUTCDay()))
    .flatMap((date) => instantsOf(`${date}T${time}`, timeZone));
  return Math.min(...instants.filter((instant) => instant > now));
}

test('by the rule of KEDA, triggers are on when the plan says, on nights of clock changes too', () => {
  fc.assert(
    fc.property(repeated, instant, (peaks, now) => {
      const planned = plannedPeaks(peaks, SERVER, 'cron-triggers').some((peak) => isOn(peak, peaks.timeZone, now));
      const on = cronTriggersOf(peaks, SERVER).some(
        ({ metadata: { start, end, timezone } }) => next(end, timezone, now) <= next(start, timezone, now),
      );
      expect({ peaks, now, on }).toEqual({ peaks, now, on: planned });
    }),
    { numRuns: 1000 },
  );
});
