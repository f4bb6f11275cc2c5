import { BEHAVIORS, type BehaviorName } from '../../lib';

const NAMES = Object.keys(BEHAVIORS) as BehaviorName[];

test('responsive doubles every half minute, at once, and goes down by a tenth a minute, after five', () => {
  expect(BEHAVIORS.responsive).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 30 },
        { type: 'Pods', value: 4, periodSeconds: 30 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 10, periodSeconds: 60 },
        { type: 'Pods', value: 1, periodSeconds: 60 },
      ],
    },
  });
});

test('steady doubles every minute, at once, and goes down by a twentieth every two, after five', () => {
  expect(BEHAVIORS.steady).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 60 },
        { type: 'Pods', value: 2, periodSeconds: 60 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 5, periodSeconds: 120 },
        { type: 'Pods', value: 1, periodSeconds: 120 },
      ],
    },
  });
});

/** The fewest replicas that the HPA's rate limits allow after one period, by the controller's own arithmetic. */
function afterOnePeriod(name: BehaviorName, replicas: number): number {
  const changes = BEHAVIORS[name].scaleDown.policies.map(({ type, value }) =>
    type === 'Pods' ? replicas - value : Math.trunc(replicas * (1 - value / 100)),
  );
  return Math.min(...changes);
}

test.each(NAMES)('kubernetes#115162: %s does not take 500 replicas down to 1 in one step', (name) => {
  expect(afterOnePeriod(name, 500)).toBeGreaterThanOrEqual(450);
});

test.each(NAMES)('%s can go down from any number of replicas, also where a tenth is less than one', (name) => {
  for (let replicas = 2; replicas <= 20; replicas++) expect(afterOnePeriod(name, replicas)).toBeLessThan(replicas);
});

test.each(NAMES)('%s is what the API server takes: windows up to an hour, periods up to half an hour', (name) => {
  for (const { stabilizationWindowSeconds, policies } of Object.values(BEHAVIORS[name])) {
    expect(stabilizationWindowSeconds).toBeGreaterThanOrEqual(0);
    expect(stabilizationWindowSeconds).toBeLessThanOrEqual(3600);
    for (const { value, periodSeconds } of policies) {
      expect(value).toBeGreaterThan(0);
      expect(periodSeconds).toBeGreaterThan(0);
      expect(periodSeconds).toBeLessThanOrEqual(1800);
    }
  }
});
