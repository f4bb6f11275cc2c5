import { brokenBudget } from '../../../lib/cli/plan/budget';
import type { Outcome, PolicyName } from '../../../lib/cli/plan/outcome';

/** A day in steps of 15 seconds. */
const DAY = new Int32Array(5760);

function outcome(policy: PolicyName, numbers: Partial<Outcome>): Outcome {
  const none = { replicaHours: 100, requests: 1_000_000, overCapacity: 0, overSlo: undefined, peakReplicas: 5 };
  return { policy, ...none, tick: 15, replicas: DAY, ready: DAY, ...numbers };
}

const runs = (emitted: Partial<Outcome>, ...proposed: Partial<Outcome>[]) => [
  { trace: 'day.csv', outcomes: [outcome('emitted', emitted), ...proposed.map((one) => outcome('proposed', one))] },
];

test.each<[what: string, problems: string[], ...Parameters<typeof brokenBudget>]>([
  ['what is just kept', [], 'shop/ranker', { overCapacity: '0.02%' }, runs({ overCapacity: 200 })],
  [
    'requests over capacity, with a proposal that keeps all of it',
    [
      'budget.overCapacity must be kept, got 0.021% of requests over capacity on day.csv, with 0.02% allowed: take the proposed autoscaling, which comes to 0.001%',
    ],
    'shop/ranker',
    { overCapacity: '0.02%', replicaHoursPerDay: 120 },
    runs({ overCapacity: 210 }, { overCapacity: 10, replicaHours: 110 }),
  ],
  [
    'a proposal that breaks another limit of the budget is no remedy',
    [
      'budget.overCapacity must be kept, got 0.021% of requests over capacity on day.csv, with 0.02% allowed: allow more, or plan for its peaks, as the proposed autoscaling comes to 0.001%',
    ],
    'shop/ranker',
    { overCapacity: '0.02%', replicaHoursPerDay: 105 },
    runs({ overCapacity: 210 }, { overCapacity: 10, replicaHours: 110 }),
  ],
  [
    'requests over the SLO',
    [
      'budget.overSlo must be kept, got 1.5% of requests over the SLO on day.csv, with 1% allowed: plan without --no-propose for a policy that keeps it, or allow more',
    ],
    'shop/ranker',
    { overSlo: '1%' },
    runs({ overSlo: 15_000 }),
  ],
  ['the SLO, where too little is known of it', [], 'shop/ranker', { overSlo: '1%' }, runs({})],
  [
    'replica-hours and cost of a day, each by itself',
    [
      'budget.replicaHoursPerDay must be kept, got 100 of replica-hours a day on day.csv, with 90 allowed: take the proposed autoscaling, which comes to 80',
      'budget.costPerDay must be kept, got 200 of cost a day on day.csv, with 180 allowed: take the proposed autoscaling, which comes to 160',
    ],
    'shop/ranker',
    { replicaHoursPerDay: 90, costPerDay: 180, replicaHourPrice: 2 },
    runs({}, { replicaHours: 80 }),
  ],
])('of a budget, %s', (_what, problems, ...args) => {
  expect(brokenBudget(...args)).toEqual(problems.map((text) => ({ where: 'shop/ranker', text })));
});

test('each trace is held to the budget, and the worst of a proposal counts', () => {
  const [day] = runs({ overCapacity: 500 }, { overCapacity: 100 });
  const [sale] = runs({ overCapacity: 100 }, { overCapacity: 150 });
  const both = [day, sale].flatMap((run, i) => (run === undefined ? [] : [{ ...run, trace: `${i}.csv` }]));
  expect(brokenBudget('shop/ranker', { overCapacity: '0.02%' }, both).map(({ text }) => text)).toEqual([
    'budget.overCapacity must be kept, got 0.05% of requests over capacity on 0.csv, with 0.02% allowed: take the proposed autoscaling, which comes to 0.015%',
  ]);
});
