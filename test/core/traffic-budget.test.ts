import { Construct, RootConstruct } from 'constructs';
import { InvalidInput } from '../../lib/core/problem';
import { setTrafficBudget, type TrafficBudget, trafficBudgetOf } from '../../lib/core/traffic-budget';

const server = () => new Construct(new RootConstruct('shop'), 'ranker');

function problemsWith(budget: object): readonly string[] {
  try {
    setTrafficBudget(server(), budget as TrafficBudget);
  } catch (error) {
    if (InvalidInput.is(error)) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('a server has the budget that was set, and else none', () => {
  const ranker = server();
  expect(trafficBudgetOf(ranker)).toBeUndefined();
  setTrafficBudget(ranker, { overCapacity: '0.02%', costPerDay: 400, replicaHourPrice: 0.8 });
  expect(trafficBudgetOf(ranker)).toEqual({ overCapacity: '0.02%', costPerDay: 400, replicaHourPrice: 0.8 });
});

test.each<[budget: object, problem: string]>([
  [
    { overCapacity: '0.02' },
    "[shop/ranker] overCapacity must be a percentage above 0% and up to 100%, like '99.9%', got '0.02'",
  ],
  [{ replicaHoursPerDay: 0 }, '[shop/ranker] replicaHoursPerDay must be a number of replica-hours, above 0, got 0'],
  [
    { costPerDay: 400 },
    '[shop/ranker] replicaHourPrice must come with costPerDay, but is missing: say what one replica costs an hour',
  ],
])('the budget %j is refused', (budget, problem) => {
  expect(problemsWith(budget)).toEqual([problem]);
});
