import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Peaks } from '../../lib/autoscaling/peaks';
import { floorsOf } from '../../lib/autoscaling/peaks-floors';
import { plannedPeaks } from '../../lib/autoscaling/peaks-plan';
import { onPython } from '../python';
import { instant, once, repeated } from './peaks-arbitraries';
import { type Event, peaksOf, SERVER } from './peaks-fixtures';

fc.configureGlobal({ seed: 42 });

const HOUR = 3600;
const DAY = 24 * HOUR;
const seconds = (text: string) => Date.parse(text) / 1000;
const floors = (events: Event[], startsAt: string, days: number, timeZone?: string) =>
  floorsOf(peaksOf(events, timeZone), SERVER, {
    startsAt: seconds(startsAt),
    from: 0,
    until: days * DAY,
    engine: 'jobs',
  });

const EVENING: Event = { name: 'evening', every: 'day', start: '19:00', end: '23:00', lead: '30m', replicas: 9 };
const SALE: Event = {
  name: 'sale',
  every: 'year',
  start: '11-11T00:00',
  end: '11-12T00:00',
  lead: '30m',
  replicas: 40,
};

test('floors are in seconds of the trace, from the lead on, and ordinary days have none', () => {
  expect(floors([EVENING], '2026-07-01T00:00+08:00', 2)).toEqual([
    { from: 18.5 * HOUR, until: 23 * HOUR, replicas: 9 },
    { from: DAY + 18.5 * HOUR, until: DAY + 23 * HOUR, replicas: 9 },
  ]);
});

test('where peaks overlap, the one with the most replicas counts', () => {
  expect(floors([EVENING, SALE], '2026-11-10T12:00+08:00', 2)).toEqual([
    { from: 6.5 * HOUR, until: 11 * HOUR, replicas: 9 },
    { from: 11.5 * HOUR, until: 36 * HOUR, replicas: 40 },
  ]);
});

test('only the part that is asked for is told, from the middle of a peak too', () => {
  const range = { startsAt: seconds('2026-11-11T00:00+08:00'), from: HOUR, until: 2 * HOUR, engine: 'jobs' } as const;
  expect(floorsOf(peaksOf([SALE]), SERVER, range)).toEqual([{ from: HOUR, until: 2 * HOUR, replicas: 40 }]);
});

test('a peak of once is there once, and one of every year in each', () => {
  const once: Event = { name: 'x', start: '2026-11-27T00:00', end: '2026-11-28T00:00', lead: '30m', replicas: 40 };
  const count = (event: Event) => floors([event], '2026-01-01T00:00+08:00', 3 * 365).length;
  expect([count(once), count(SALE)]).toEqual([1, 3]);
});

test('the clocks may change meanwhile', () => {
  // The night of 14 March 2027 has 23 hours in New York.
  expect(floors([EVENING], '2027-03-13T00:00-05:00', 2, 'America/New_York')).toEqual([
    { from: 18.5 * HOUR, until: 23 * HOUR, replicas: 9 },
    { from: DAY + 17.5 * HOUR, until: DAY + 22 * HOUR, replicas: 9 },
  ]);
});

const peaks = fc.oneof(repeated, once);

onPython('the script in the cluster reckons the same minimum as a replay', () => {
  const cases = fc.sample(fc.tuple(fc.array(peaks, { minLength: 1, maxLength: 3 }), instant), 400);
  const asked = cases.map(([several, now]) => {
    const events = several.flatMap((one, i) => one.events.map((event) => renamed(event, one.timeZone, i)));
    return { peaks: { timeZone: 'Etc/UTC', events } satisfies Peaks, now: now / 1000 };
  });
  const program = [
    'import json, sys, types',
    'from datetime import datetime, timezone',
    // It is not asked, and would look for the certificate of a cluster.
    'sys.modules["kube"] = types.SimpleNamespace(Refused=Exception, call=None, patch=None, path_of=None)',
    'from peaks import fewest_at',
    'cases = json.load(sys.stdin)',
    'at = lambda case: datetime.fromtimestamp(case["now"], timezone.utc)',
    'print(json.dumps([fewest_at(case["settings"], at(case))[0] for case in cases]))',
  ].join('\n');
  const lib = join(__dirname, '..', '..', 'lib');
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
    cwd: join(lib, 'autoscaling', 'in-cluster'),
    env: { ...process.env, PYTHONPATH: join(lib, 'core', 'in-cluster') },
    encoding: 'utf8',
    input: JSON.stringify(
      asked.map(({ peaks, now }) => ({
        now,
        settings: { timeZone: 'Etc/UTC', ordinary: SERVER.ordinary, events: plannedPeaks(peaks, SERVER, 'jobs') },
      })),
    ),
  });
  expect(stderr).toBe('');
  const replayed = asked.map(({ peaks, now }) => {
    // The floor at the first second of a range, and the one before, which ends there.
    const [floor] = floorsOf(peaks, SERVER, { startsAt: now, from: 0, until: 1, engine: 'jobs' });
    return floor?.from === 0 ? floor.replicas : SERVER.ordinary;
  });
  expect(JSON.parse(stdout)).toEqual(replayed);
  expect(new Set(replayed).size).toBeGreaterThan(1);
});

function renamed(event: Peaks['events'][number], timeZone: string, i: number): Peaks['events'][number] {
  return { ...event, name: `x${i}`, timeZone, replicas: 10 * (i + 1) };
}

test('floors of a long time are those of its parts', () => {
  fc.assert(
    fc.property(fc.oneof(repeated, once), instant, fc.integer({ min: 1, max: 4 * 24 * 60 }), (some, start, minutes) => {
      const startsAt = start / 1000;
      const between = (from: number, until: number) =>
        floorsOf(some, SERVER, { startsAt, from: from * 60, until: until * 60, engine: 'jobs' });
      const total = (parts: ReturnType<typeof between>) =>
        parts.reduce((sum, { from, until, replicas }) => sum + (until - from) * replicas, 0);
      const half = Math.floor(minutes / 2);
      expect(total(between(0, half)) + total(between(half, minutes))).toBe(total(between(0, minutes)));
    }),
    { numRuns: 200 },
  );
});
