import fc from 'fast-check';
import { HOURS_PER_MONTH, runsPerMonth } from '../../lib/training/runs';

fc.configureGlobal({ seed: 42 });

// Counted by Next() of robfig/cron v3.0.1, which Kubernetes uses, from 2001 to 2028.
test.each([
  ['every night', '0 2 * * *', 10_227],
  ['every quarter of an hour', '*/15 * * * *', 981_792],
  ['weekdays', '0 2 * * 1-5', 7305],
  ['weekdays by name', '0 2 * * mon-FRI', 7305],
  ['one day of the week', '30 4 * * sun', 1461],
  ['one day of the month', '0 0 1 * *', 336],
  ['the last day of long months', '0 0 31 * *', 196],
  ['once a year', '0 0 1 jan *', 28],
  ['a leap day', '0 0 29 2 *', 7],
  ['a day that there is not', '0 0 30 2 *', 0],
  ['a date or a weekday, where both are named', '0 0 13 * 5', 1749],
  ['a date and a weekday, where one is every', '0 0 */1 * 5', 1461],
  ['a date and a weekday, where one is every among others', '0 0 *,3 * 5', 1461],
  ['a date or a weekday, where the star has steps', '0 0 */2 * 5', 5931],
  ['a weekday in steps', '0 0 * * */2', 5844],
  ['from a number on, with a step', '5/20 8 * * *', 30_681],
  ['a range with a step', '0 8-18/5 * * *', 30_681],
  ['a list with what it names twice', '0,0,30 1-3,2 * * *', 61_362],
])('%s: %s', (_what, schedule, runs) => {
  expect(runsPerMonth(schedule)).toBe(runs / 336);
});

test('a month has 365.25 / 12 days', () => {
  expect(HOURS_PER_MONTH).toBe(730.5);
});

/** A part of a field, as it is written, with the values that it means. */
function part(min: number, max: number): fc.Arbitrary<{ text: string; values: number[] }> {
  const all = Array.from({ length: max - min + 1 }, (_, i) => min + i);
  return fc
    .tuple(
      fc.integer({ min, max }),
      fc.integer({ min, max }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([a, b, step, kind]) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const stepped = (from: number) => (value: number) => value >= from && (value - from) % step === 0;
      if (kind === 0) return { text: String(a), values: [a] };
      if (kind === 1) return { text: `${first}-${last}`, values: all.filter((v) => v >= first && v <= last) };
      if (kind === 2)
        return { text: `${first}-${last}/${step}`, values: all.filter(stepped(first)).filter((v) => v <= last) };
      if (kind === 3) return { text: `${a}/${step}`, values: all.filter(stepped(a)) };
      return { text: `*/${step + 1}`, values: all.filter((v) => (v - min) % (step + 1) === 0) };
    });
}

const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant({ text: '*', values: Array.from({ length: max - min + 1 }, (_, i) => min + i) }),
    fc.array(part(min, max), { minLength: 1, maxLength: 3 }).map((parts) => ({
      text: parts.map(({ text }) => text).join(','),
      values: parts.flatMap(({ values }) => values),
    })),
  );

test('any schedule comes as often as its days of 28 years are found one by one', () => {
  const schedule = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
  fc.assert(
    fc.property(schedule, ([minute, hour, date, month, weekday]) => {
      const text = [minute, hour, date, month, weekday].map((one) => one.text).join(' ');
      const runsPerDay = new Set(minute.values).size * new Set(hour.values).size;
      const isEither = date.text !== '*' && weekday.text !== '*';
      let runs = 0;
      for (let at = Date.UTC(2001, 0, 1); at < Date.UTC(2029, 0, 1); at += 86_400_000) {
        const time = new Date(at);
        if (!month.values.includes(time.getUTCMonth() + 1)) continue;
        const days = [date.values.includes(time.getUTCDate()), weekday.values.includes(time.getUTCDay())];
        if (isEither ? days.some(Boolean) : days.every(Boolean)) runs += runsPerDay;
      }
      expect({ text, runs: runsPerMonth(text) }).toEqual({ text, runs: runs / 336 });
    }),
    { numRuns: 20 },
  );
});
