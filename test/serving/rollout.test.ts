import { autoscaleOnResources, type ModelServerProps } from '../../lib';
import { budgetProblem, stepsOf, strategyProblem, supplyOf } from '../../lib/serving/rollout';
import { objectsOf, platform, problemsOf, ranker, specOf } from './fixtures';

const GPU = { count: 1, type: 'nvidia-l4' } as const;

const strategyOf = (props: Partial<ModelServerProps>) =>
  specOf<{ strategy: object }>(objectsOf(ranker(props)), 'Deployment', 'ranker').strategy;

test('GPUs are scarce and CPU is spare, unless someone says otherwise', () => {
  expect(supplyOf({ gpu: GPU })).toBe('scarce');
  expect(supplyOf({})).toBe('spare');
  expect(supplyOf({ gpu: GPU, supply: 'spare' })).toBe('spare');
  expect(supplyOf({ supply: 'scarce' })).toBe('scarce');
});

test('a rollout can always move: never neither surge nor unavailable (kserve#4618, kuberay#4239, kuberay#1476)', () => {
  expect(stepsOf('scarce')).toEqual({ maxSurge: 0, maxUnavailable: 1 });
  expect(stepsOf('spare')).toEqual({ maxSurge: 1, maxUnavailable: 0 });
});

test('where a GPU is to spare, a new replica comes before an old one goes', () => {
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  expect(strategyOf({ gpu: GPU, supply: 'spare' })).toEqual({ type: 'RollingUpdate', rollingUpdate });
});

test('where CPU is scarce, as on a single box, an old replica goes first', () => {
  const rollingUpdate = { maxSurge: 0, maxUnavailable: 1 };
  expect(strategyOf({ supply: 'scarce' })).toEqual({ type: 'RollingUpdate', rollingUpdate });
});

test('a drain takes one pod at a time, of however many', () => {
  for (const supply of ['scarce', 'spare'] as const) {
    const { spec } = objectsOf(ranker({ gpu: GPU, supply })).get('PodDisruptionBudget', 'ranker');
    expect(spec).toMatchObject({ maxUnavailable: 1 });
  }
});

describe('a single replica whose GPU is scarce is away at each rollout', () => {
  const text = (replicas: string) =>
    `[shop/ranker] ${replicas} must be 2 or more where GPUs are scarce, got 1, which is away while a new version loads: raise it, set supply to 'spare' if a GPU is free for one more, or to 'scarce' to accept it`;
  const problems = (props: Partial<ModelServerProps>, fewest?: number, production = true) =>
    problemsOf(() => {
      const cluster = { kubernetes: '1.33', addons: ['metrics-server'] } as const;
      const server = ranker(props, platform({ cluster, production }));
      if (fewest !== undefined) server.autoscale(autoscaleOnResources({ replicas: [fewest, 4], cpu: '60%' }));
      objectsOf(server);
    });

  test('which is refused in production', () => {
    expect(problems({ gpu: GPU, replicas: 1 })).toEqual([text('replicas')]);
  });

  test("the autoscaler's minimum counts, where there is one", () => {
    expect(problems({ gpu: GPU, replicas: 4 }, 1)).toEqual([text("the autoscaler's fewest replicas")]);
    expect(problems({ gpu: GPU, replicas: 1 }, 2)).toEqual([]);
  });

  test('and is fine where somebody says so, where a GPU is free, without a GPU, and where no users are', () => {
    expect(problems({ gpu: GPU, replicas: 1, supply: 'scarce' })).toEqual([]);
    expect(problems({ gpu: GPU, replicas: 1, supply: 'spare' })).toEqual([]);
    expect(problems({ replicas: 1 })).toEqual([]);
    expect(problems({ gpu: GPU, replicas: 1 }, undefined, false)).toEqual([]);
  });
});

test.each([
  [{ type: 'Recreate' }, 'scarce', undefined],
  [{}, 'scarce', undefined],
  [{ rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } }, 'scarce', undefined],
  [{ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, 'spare', undefined],
  [
    { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } },
    'spare',
    'transform.deployment must leave maxSurge or maxUnavailable above 0, got 0 and 0: no rollout could begin',
  ],
  [
    { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    'scarce',
    "transform.deployment must leave maxUnavailable above 0 where GPUs are scarce, got maxSurge 1 and maxUnavailable 0: the new pod would wait for a GPU that only an old one can free; set supply to 'spare' if there is one",
  ],
] as const)('a changed strategy %j where room is %s', (strategy, supply, problem) => {
  expect(strategyProblem(strategy, supply)).toBe(problem);
});

const LETS_GO = 'transform.disruptionBudget must let a pod go, got';

test.each([
  [{ maxUnavailable: 1 }, 2, undefined],
  [{ maxUnavailable: 0 }, 2, `${LETS_GO} maxUnavailable 0: no node could be drained`],
  [{ maxUnavailable: '0%' }, 2, `${LETS_GO} maxUnavailable 0%: no node could be drained`],
  [{ minAvailable: 1 }, 2, undefined],
  [
    { minAvailable: 2 },
    2,
    `${LETS_GO} minAvailable 2 of 2 replicas: no node could be drained; lower it, or raise the fewest replicas`,
  ],
  [
    { minAvailable: '60%' },
    2,
    `${LETS_GO} minAvailable 60% of 2 replicas: no node could be drained; lower it, or raise the fewest replicas`,
  ],
  [{ minAvailable: '60%' }, 3, undefined],
  [{ minAvailable: 5 }, undefined, undefined],
  [{ minAvailable: '100%' }, undefined, `${LETS_GO} minAvailable 100%: no node could be drained`],
])('a changed budget %j of %p replicas', (budget, fewest, problem) => {
  expect(budgetProblem(budget, fewest)).toBe(problem);
});

test('what a transform makes of a rollout and a budget is looked at, too', () => {
  const server = ranker({
    gpu: GPU,
    transform: {
      deployment: { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      disruptionBudget: { spec: { maxUnavailable: 0 } },
    },
  });
  expect(problemsOf(() => objectsOf(server))).toEqual([
    '[shop/ranker] transform.deployment must leave maxSurge or maxUnavailable above 0, got 0 and 0: no rollout could begin',
    `[shop/ranker] ${LETS_GO} maxUnavailable 0: no node could be drained`,
  ]);
});

test.each([
  [0, 'must leave maxSurge or maxUnavailable above 0, got 0 and 0: no rollout could begin'],
  [
    1,
    "must leave maxUnavailable above 0 where GPUs are scarce, got maxSurge 1 and maxUnavailable 0: the new pod would wait for a GPU that only an old one can free; set supply to 'spare' if there is one",
  ],
])('kserve#4618: so is what it makes of the rollout of an InferenceService, with a surge of %i', (maxSurge, text) => {
  const cluster = { kubernetes: '1.33', addons: ['kserve'] } as const;
  const deploymentStrategy = { rollingUpdate: { maxSurge, maxUnavailable: 0 } };
  const transform = { inferenceService: { spec: { predictor: { deploymentStrategy } } } };
  const server = ranker({ engine: 'kserve', gpu: GPU, transform }, platform({ cluster }));
  expect(problemsOf(() => objectsOf(server))).toEqual([`[shop/ranker] transform.inferenceService ${text}`]);
});
