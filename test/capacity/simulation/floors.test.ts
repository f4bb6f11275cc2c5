import fc from 'fast-check';
import { FloorsOverTime } from '../../../lib/capacity/simulation/floors';

test('of floors that overlap the highest counts, from its start until just before its end', () => {
  const floors = new FloorsOverTime([
    { from: 60, until: 120, replicas: 5 },
    { from: 30, until: 75, replicas: 8 },
    { from: 300, until: 300, replicas: 9 },
  ]);
  const times = [0, 29, 30, 60, 74, 75, 119, 120, 300, 301];
  expect(times.map((time) => floors.at(time))).toEqual([0, 0, 8, 8, 8, 5, 5, 0, 0, 0]);
});

test('it is what the floors of each moment say', () => {
  const floor = fc
    .tuple(fc.nat(50), fc.nat(20), fc.nat(10))
    .map(([from, length, replicas]) => ({ from, until: from + length, replicas }));
  fc.assert(
    fc.property(fc.array(floor, { maxLength: 8 }), (floors) => {
      const overTime = new FloorsOverTime(floors);
      for (let now = 0; now < 80; now++) {
        const on = floors.filter(({ from, until }) => from <= now && now < until);
        expect(overTime.at(now)).toBe(Math.max(0, ...on.map(({ replicas }) => replicas)));
      }
    }),
  );
});
