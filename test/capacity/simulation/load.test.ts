import fc from 'fast-check';
import { Load } from '../../../lib/capacity/simulation/load';
import { SERVICE } from './fixtures';

test('what comes to each replica is its even share, above 1 where it is too much, and at none all of it', () => {
  const load = new Load(SERVICE);
  expect(load.each(150, 3)).toBe(0.5);
  expect(load.each(600, 3)).toBe(2);
  expect(load.each(50, 0)).toBe(0.5);
  expect(load.each(0, 0)).toBe(0);
});

test("requests in flight follow Little's law, up to the places that there are", () => {
  const load = new Load({ ...SERVICE, concurrency: 8, serviceSeconds: 0.05 });
  expect(load.inFlight(200, 4)).toBe(10);
  expect(load.inFlight(4000, 4)).toBe(20);
  // Without a time of service, a replica is full at its capacity.
  expect(new Load({ ...SERVICE, concurrency: 8 }).inFlight(4000, 4)).toBe(32);
  expect(new Load({ ...SERVICE, concurrency: 2, serviceSeconds: 1 }).inFlight(4000, 4)).toBe(8);
});

test('what can not be answered piles up, is worked off, and goes away with the patience of clients', () => {
  const load = new Load({ ...SERVICE, patience: 4 });
  const waiting = () => load.queue(0, 2);
  load.pass(250, 2, 10);
  expect(waiting()).toBe(500);
  load.pass(250, 2, 10);
  // No longer than 4 s at 200 a second.
  expect(waiting()).toBe(800);
  load.pass(100, 2, 5);
  expect(waiting()).toBe(300);
  load.pass(0, 2, 5);
  expect(waiting()).toBe(0);
  load.pass(30, 0, 60);
  expect(waiting()).toBe(120);
});

test('requests wait also below the capacity: as many as in a queue of one server, by the exact formula', () => {
  // M/M/1: the load squared, by one less the load.
  expect(new Load(SERVICE).queue(50, 1)).toBeCloseTo(0.5 ** 2 / 0.5);
  expect(new Load(SERVICE).queue(160, 2)).toBeCloseTo((2 * 0.8 ** 2) / 0.2);
});

test('a higher load never makes a shorter queue or fewer requests in flight', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.nat(2000), fc.integer({ min: 1, max: 10 }), (a, b, ready) => {
      const load = new Load(SERVICE);
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      expect(load.queue(high, ready)).toBeGreaterThanOrEqual(load.queue(low, ready));
      expect(load.inFlight(high, ready)).toBeGreaterThanOrEqual(load.inFlight(low, ready));
    }),
  );
});
