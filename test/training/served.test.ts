import { ApiObject } from 'cdk8s';
import type { ModelServerProps, TrainingQueueProps } from '../../lib';
import { autoscaleOnResources, TrainingQueue } from '../../lib';
import { objectsOf, own, platform, problemsOf, ranker } from '../serving/fixtures';
import { training } from './fixtures';

const A100 = 'nvidia-a100-80gb';

function served(server: Partial<ModelServerProps> = {}, queueProps: Partial<TrainingQueueProps> = {}) {
  const shop = platform({
    cluster: {
      kubernetes: '1.33',
      addons: ['kueue', 'metrics-server'],
      gpuSharing: { [A100]: { by: 'mig-mixed' } },
    },
  });
  const queue = new TrainingQueue(shop, 'gpus', {
    gpus: { count: 16, type: A100 },
    cpu: '999',
    memory: '9Ti',
    ...queueProps,
  });
  const built = ranker({ runtime: own(), gpu: { count: 8, type: A100 }, ...server }, shop);
  queue.serve(built);
  return { shop, queue, server: built };
}

const TOO_MANY = (asked: string, what = 'gpus', has = '16') =>
  `[shop/gpus] serve must be given servers that fit into the queue's own ${what} with all their replicas, got ${asked}, and it has ${has}: raise it or lower their most replicas, or some wait for ever`;

test('servers that just fit into the queue are let in', () => {
  expect(problemsOf(() => objectsOf(served({ replicas: 2 }).shop))).toEqual([]);
});

test.each([
  ['GPUs', { replicas: 3 }, {}, TOO_MANY("3 × 8 of 'ranker'")],
  ['CPU', { resources: { cpu: '8', memory: '64Gi' } }, { cpu: '15' }, TOO_MANY("2 × 8 of 'ranker'", 'cpu', '15')],
  [
    'memory',
    { resources: { cpu: '8', memory: '64Gi' } },
    { memory: '127Gi' },
    TOO_MANY("2 × 64Gi of 'ranker'", 'memory', '127Gi'),
  ],
  ['GPUs in a queue without', {}, { gpus: undefined }, TOO_MANY("2 × 8 of 'ranker'", 'gpus', '0')],
] as const)('replicas that would wait for ever are refused: too much %s', (_what, server, queue, problem) => {
  expect(problemsOf(() => objectsOf(served(server, queue).shop))).toEqual([problem]);
});

test('all servers of a queue count together', () => {
  const { shop, queue } = served();
  queue.serve(ranker({ runtime: own(), gpu: { count: 1, type: A100 } }, shop, 'search'));
  expect(problemsOf(() => objectsOf(shop))).toEqual([TOO_MANY("2 × 8 of 'ranker' and 2 × 1 of 'search'")]);
});

test('of a server that is scaled, the most replicas count, whenever that is said', () => {
  const { shop, server } = served();
  server.autoscale(autoscaleOnResources({ replicas: [2, 3], cpu: '60%' }));
  expect(problemsOf(() => objectsOf(shop))).toEqual([TOO_MANY("3 × 8 of 'ranker'")]);
});

test("of a server that KEDA scales as well, by an object of one's own", () => {
  const { shop, server } = served();
  new ApiObject(shop, 'scaled-object', {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    spec: { scaleTargetRef: { name: server.nodes.deployment.name }, maxReplicaCount: 4 },
  });
  expect(problemsOf(() => objectsOf(shop))).toEqual([TOO_MANY("4 × 8 of 'ranker'")]);
});

test('a rollout that takes no replica away needs room for one more, or it would never begin', () => {
  expect(problemsOf(() => objectsOf(served({ replicas: 2, supply: 'spare' }).shop))).toEqual([
    TOO_MANY("2 × 8 of 'ranker' and 1 × 8 for its rollout"),
  ]);
  expect(problemsOf(() => objectsOf(served({ replicas: 1, supply: 'spare' }).shop))).toEqual([]);
});

test('what a queue does not count is refused, as Kueue never admits it', () => {
  const { shop } = served({ gpu: { mig: '2g.20gb', type: A100 } });
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/gpus] serve must be given what asks only for what the queue counts, got nvidia.com/mig-2g.20gb of 'ranker': its replicas would wait for ever",
  ]);
});

test('a run with a priority class beside a server without one is refused: they would stop each other in turns', () => {
  const { shop, queue } = served();
  training({ queue, priorityClass: 'batch' }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/retraining] priorityClass must be left out in the queue 'gpus', got 'batch', while it serves 'ranker' without one: Kubernetes would stop the server for the run, and the queue the run for the server, in turns; give the server a higher class or use priority",
  ]);
});

test.each([
  ['the server has one as well', { priorityClass: 'serving' }, 'batch'],
  ['the run has none', {}, undefined],
] as const)('it is let in when %s', (_what, server, priorityClass) => {
  const { shop, queue } = served(server);
  training({ queue, priorityClass }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([]);
});
