import { policyOf } from '../../../lib/capacity/hpa/policy';

test('the API fills in what an autoscaler does not say', () => {
  expect(policyOf({ spec: { maxReplicas: 10 } })).toEqual({
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [{ kind: 'utilization', value: 80, isCpu: true }],
    behavior: undefined,
    tolerance: { up: 0.1, down: 0.1 },
  });
});

test('rules that are given in part have the rest from the API', () => {
  const behavior = {
    scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
    scaleUp: { tolerance: '50m' },
  } as const;
  const policy = policyOf({ spec: { minReplicas: 3, maxReplicas: 10, behavior } });
  expect(policy.behavior).toMatchObject({
    up: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    down: {
      stabilizationWindowSeconds: 300,
      selectPolicy: 'Max',
      policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
    },
  });
  expect(policy.tolerance).toEqual({ up: 0.05, down: 0.1 });
});

test.each([
  [
    'CPU by what is requested',
    { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } },
    { kind: 'utilization', value: 70, isCpu: true },
  ],
  [
    'CPU by cores',
    { type: 'Resource', resource: { name: 'cpu', target: { averageValue: '1500m' } } },
    { kind: 'podAverage', value: 1500, isCpu: true },
  ],
  [
    'the memory of one container',
    { type: 'ContainerResource', containerResource: { name: 'memory', target: { averageUtilization: 80 } } },
    { kind: 'utilization', value: 80, isCpu: false },
  ],
  [
    'a metric of the pods',
    { type: 'Pods', pods: { target: { averageValue: '0.3' } } },
    { kind: 'podAverage', value: 300, isCpu: false },
  ],
  [
    'a metric that replicas share',
    { type: 'External', external: { target: { averageValue: '220' } } },
    { kind: 'perReplica', value: 220_000, isCpu: false },
  ],
  [
    'a metric of another object, in all',
    { type: 'Object', object: { target: { value: '1k' } } },
    { kind: 'total', value: 1_000_000, isCpu: false },
  ],
] as const)('%s', (_, metric, target) => {
  expect(policyOf({ spec: { maxReplicas: 10, metrics: [metric] } }).metrics).toEqual([target]);
});

test('a metric without a target is refused', () => {
  expect(() => policyOf({ spec: { maxReplicas: 10, metrics: [{ type: 'Pods' }] } })).toThrow(
    'the metric {"type":"Pods"} has no target',
  );
});
