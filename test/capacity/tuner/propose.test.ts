import { front, hpaSpecOf, propose } from '../../../lib/capacity';
import type { Trace } from '../../../lib/capacity/traces/trace';
import { Course } from '../../../lib/capacity/tuner/course';
import type { DemandPolicy } from '../../../lib/capacity/tuner/policy';

const service = { capacity: 100, readySeconds: 120, metricWindow: 30 };
const given = { fewest: 3, budget: 0.0002 };

const trace = (minutes: number, rate: (minute: number) => number): Trace => ({
  name: 'made.csv',
  step: 60,
  requests: Float64Array.from({ length: minutes }, (_, minute) => 60 * rate(minute)),
});

const DAY = 1440;
/** Up and down once a day, with noise of a few percent that is the same in each run. */
const days = (count: number, mean: number) =>
  trace(count * DAY, (m) => mean * (1 - 0.6 * Math.cos((2 * Math.PI * m) / DAY)) * (1 + 0.03 * Math.sin(m * m)));

const calm = days(1, 1500);
const proposal = propose([calm], service, given);

test('a proposal keeps the budget with its margin, on busier days of the same kind too', () => {
  const { policy, rehearsals, isWithinBudget } = proposal;
  expect(isWithinBudget).toBe(true);
  expect(rehearsals).toHaveLength(1);
  expect(rehearsals[0]?.share).toBeLessThanOrEqual(0.00014);
  expect(rehearsals[0]?.cost).toBeLessThan(1.1);
  const busier = new Course(days(2, 4000), service, 3);
  expect(busier.share(busier.run(policy))).toBeLessThanOrEqual(0.0002);
});

test('a proposal costs at most 3 % more than the best policy of an exhaustive grid with the same violations', () => {
  const { rehearsals } = proposal;
  const [{ share, cost } = { share: 0, cost: 0 }] = rehearsals;
  const course = new Course(calm, service, 3);
  const costs = grid(3, 1000)
    .map((policy) => course.run(policy))
    .filter((run) => course.share(run) <= share)
    .map((run) => course.cost(run));
  expect(cost / Math.min(...costs)).toBeLessThan(1.03);
});

test('the same traces give the same proposal', () => {
  expect(propose([calm], service, given)).toEqual(proposal);
});

test('a tolerance of its own is only proposed where the cluster takes it', () => {
  expect(proposal.policy.tolerance).toEqual({ up: 0.1, down: 0.1 });
  const { tolerance } = propose([calm], service, { ...given, canSetTolerance: true }).policy;
  expect(tolerance.up).toBeLessThan(0.1);
});

test('constant traffic is served by no more replicas than it needs', () => {
  const { policy, rehearsals } = propose([trace(600, () => 1000)], service, given);
  expect(rehearsals[0]?.share).toBe(0);
  expect(rehearsals[0]?.cost).toBe(1);
  expect(policy.replicas).toEqual([3, 100]);
});

test('surges that no headroom catches are told, not passed in silence', () => {
  const spiky = trace(DAY, (m) => (m % 360 < 5 ? 3000 : 100));
  const { isWithinBudget, rehearsals, notes } = propose([spiky], service, given);
  expect(isWithinBudget).toBe(false);
  expect(rehearsals[0]?.surges).toHaveLength(3);
  expect(rehearsals[0]?.reachableShare).toBeLessThanOrEqual(0.00014);
  expect(notes[0]).toMatch(/^made\.csv: \d+ % of requests come over capacity, where the budget is 0\.02 %\. Without 3/);
  expect(notes[0]).toMatch(/up to 3000 requests\/s.* plan them as peaks, start faster, or raise the minimum\.$/);
});

test('where surges fail more than a hundredth, nothing fails no more for 3 % less', () => {
  const bursts = trace(600, (m) => (m % 37 < 3 ? 4000 : 500) * (1 + 0.5 * Math.sin(m * m)));
  const [{ share, cost } = { share: 0, cost: 0 }] = propose([bursts], service, given).rehearsals;
  expect(share).toBeGreaterThan(0.01);
  const alike = front([bursts], service, { fewest: 3 }).filter((point) => point.share <= share);
  expect(cost / Math.min(...alike.map((point) => point.cost))).toBeLessThan(1.03);
});

test('a rare surge is no reason to give up the headroom of all other hours', () => {
  const usual = days(2, 1500).requests;
  const rare = trace(
    2 * DAY,
    (m) => ((usual[m] ?? 0) / 60) * (1 + 0.03 * Math.sin(m * m)) * (m >= 2000 && m < 2006 ? 6 : 1),
  );
  const { rehearsals } = propose([rare], service, given);
  const [{ share, reachableShare, surges } = { share: 0, reachableShare: 1, surges: [] }] = rehearsals;
  expect(surges).toHaveLength(1);
  expect(share).toBeGreaterThan(2 * given.budget);
  expect(reachableShare).toBeLessThanOrEqual(given.budget);
});

test('the ceiling is the one that can be paid for, or said to be a guess', () => {
  const flat = trace(300, () => 700);
  expect(propose([flat], service, { ...given, most: 12 })).toMatchObject({ policy: { replicas: [3, 12] }, notes: [] });
  const { policy, notes } = propose([flat], service, given);
  expect(policy.replicas).toEqual([3, 70]);
  expect(notes).toEqual(['The ceiling of 70 replicas is for ten times the highest traffic: set what you can pay for.']);
});

test('progress goes forward and ends where it said', () => {
  const seen: [number, number][] = [];
  propose([calm], service, { ...given, onProgress: (done, total) => seen.push([done, total]) });
  expect(seen.slice(0, -1).map(([done]) => done)).toEqual(seen.slice(1).map((_, i) => i + 1));
  expect(seen.every(([done, total]) => done <= total)).toBe(true);
  expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
});

test.each([
  [[], given, '[propose] traces must hold at least one, got none'],
  [[trace(9, () => 0)], given, '[propose] made.csv must have requests, got none'],
  [[calm], { ...given, fewest: 0 }, '[propose] fewest must be a whole number from 1, got 0'],
  [[calm], { ...given, most: 2 }, '[propose] most must be a whole number from 3, got 2'],
  [[calm], { ...given, budget: 2 }, '[propose] budget must be a share above 0 and below 1, such as 0.0002, got 2'],
  [[calm], { ...given, margin: 1 }, '[propose] margin must be a share from 0 and below 1, such as 0.3, got 1'],
])('what can not be meant is refused: %#', (traces, props, message) => {
  expect(() => propose(traces, service, props)).toThrow(new Error(message));
});

test('nothing on a coarse grid is better than a point of the front', () => {
  const course = new Course(calm, service, 3);
  const points = front([calm], service, { fewest: 3, most: 1000 });
  expect(points.length).toBeGreaterThan(5);
  for (const policy of grid(3, 1000)) {
    const run = course.run(policy);
    const [share, cost] = [course.share(run), course.cost(run)];
    expect(points.filter((p) => (share < p.share && cost <= p.cost) || (share <= p.share && cost < p.cost))).toEqual(
      [],
    );
  }
});

test('a front goes from the cheapest to the most careful', () => {
  const points = front([calm], service, { fewest: 3, canSetTolerance: true });
  for (const [i, { share, cost }] of points.slice(1).entries()) {
    expect(cost).toBeGreaterThan(points[i]?.cost ?? 0);
    expect(share).toBeLessThan(points[i]?.share ?? 0);
  }
});

test('a policy is written as a manifest in canonical quantities, the default tolerance left out', () => {
  const policy: DemandPolicy = {
    requests: 84.5,
    replicas: [3, 215],
    tolerance: { up: 0.02, down: 0.1 },
    up: { window: 0, percent: 100 },
    down: { window: 60, percent: 5, every: 60 },
  };
  expect(hpaSpecOf(policy, 'rps')).toEqual({
    minReplicas: 3,
    maxReplicas: 215,
    metrics: [
      {
        type: 'External',
        external: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '84500m' } },
      },
    ],
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: 100, periodSeconds: 15 },
          { type: 'Pods', value: 4, periodSeconds: 15 },
        ],
        tolerance: '20m',
      },
      scaleDown: {
        stabilizationWindowSeconds: 60,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 5, periodSeconds: 60 }],
      },
    },
  });
});

/** Targets in steps of four percent, with windows and rates on the way down, at the default tolerance. */
function grid(fewest: number, most: number): DemandPolicy[] {
  const policies: DemandPolicy[] = [];
  for (let requests = 60; requests <= 100; requests += 4)
    for (const window of [0, 120, 300])
      for (const [percent, every] of [
        [100, 15],
        [5, 60],
      ] as const)
        policies.push({
          requests,
          replicas: [fewest, most],
          tolerance: { up: 0.1, down: 0.1 },
          up: { window: 0, percent: 100 },
          down: { window, percent, every },
        });
  return policies;
}
