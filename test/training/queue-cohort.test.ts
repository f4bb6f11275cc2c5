import { App } from 'cdk8s';
import type { Platform, PlatformProps, QueueCohortProps, TrainingJobProps, TrainingQueueProps } from '../../lib';
import { Platform as PlatformConstruct, QueueCohort, TrainingQueue } from '../../lib';
import { matchers } from '../../lib/testing';
import { objectsOf, own, problemsOf, ranker, specOf } from '../serving/fixtures';
import { training } from './fixtures';

expect.extend(matchers);

const A100 = 'nvidia-a100-80gb';

function platformIn(app: App, id: string, props: Partial<PlatformProps> = {}): Platform {
  return new PlatformConstruct(app, id, { cluster: { kubernetes: '1.33', addons: ['kueue'] }, ...props });
}

/** A cohort of two teams, shop and search, each with a queue of 16 GPUs. */
function teams(
  cohortProps: QueueCohortProps = {},
  { shop = {}, search = {} }: Readonly<Partial<Record<'shop' | 'search', Partial<TrainingQueueProps>>>> = {},
) {
  const app = new App();
  const cohort = new QueueCohort(platformIn(app, 'infra'), 'a100', { gpuType: A100, ...cohortProps });
  const quota = { cohort, gpus: { count: 16, type: A100 }, cpu: '64', memory: '1Ti' } as const;
  const shopPlatform = platformIn(app, 'shop');
  return {
    app,
    shop: shopPlatform,
    queue: new TrainingQueue(shopPlatform, 'gpus', { ...quota, ...shop }),
    other: new TrainingQueue(platformIn(app, 'search'), 'gpus', { ...quota, ...search }),
  };
}

/** What is wrong with a run of the shop, of nodes with 8 GPUs, 8 cores and 64 GiB. */
function problemsWith(
  nodes: number,
  queues: Parameters<typeof teams>[1] = {},
  { cohort = {}, ...run }: Partial<TrainingJobProps> & { cohort?: QueueCohortProps } = {},
): string[] {
  return problemsOf(() => {
    const { shop, queue } = teams(cohort, queues);
    const resources = { cpu: '8', memory: '64Gi' } as const;
    training({ nodes, gpusPerNode: 8, gpuType: A100, resources, queue, ...run }, shop);
    objectsOf(shop);
  });
}

test('queues of two teams share one flavor, and what one does not use the other may have until it does', () => {
  const { app } = teams(
    {},
    { shop: { borrowingLimit: { gpus: 8 }, lendingLimit: { gpus: 4, cpu: '1000m', memory: '0.5Ti' } } },
  );
  const manifests = objectsOf(app);
  expect(manifests.all.filter(({ kind }) => kind === 'ResourceFlavor').map(({ metadata }) => metadata.name)).toEqual([
    'infra-a100',
  ]);
  expect(specOf(manifests, 'ClusterQueue', 'shop-gpus')).toEqual({
    cohort: 'infra-a100',
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
    queueingStrategy: 'StrictFIFO',
    preemption: { withinClusterQueue: 'LowerPriority', reclaimWithinCohort: 'Any' },
    resourceGroups: [
      {
        coveredResources: ['nvidia.com/gpu', 'cpu', 'memory', 'ephemeral-storage'],
        flavors: [
          {
            name: 'infra-a100',
            resources: [
              { name: 'nvidia.com/gpu', nominalQuota: '16', borrowingLimit: '8', lendingLimit: '4' },
              { name: 'cpu', nominalQuota: '64', lendingLimit: '1' },
              { name: 'memory', nominalQuota: '1Ti', lendingLimit: '512Gi' },
              { name: 'ephemeral-storage', nominalQuota: '1Pi' },
            ],
          },
        ],
      },
    ],
  });
});

test('a cohort comes before its queues, and belongs to no namespace', () => {
  const { all } = objectsOf(teams().app);
  const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.indexOf('ResourceFlavor infra-a100')).toBeLessThan(names.indexOf('Cohort infra-a100'));
  expect(names.indexOf('Cohort infra-a100')).toBeLessThan(names.indexOf('ClusterQueue shop-gpus'));
  const ofCohort = all.filter(({ metadata }) => metadata.name === 'infra-a100');
  expect(ofCohort.map(({ kind, metadata, spec }) => [kind, metadata.namespace, spec])).toEqual([
    ['ResourceFlavor', undefined, undefined],
    ['Cohort', undefined, undefined],
  ]);
});

test('a cohort comes first also when it stands last in the tree', () => {
  const app = new App();
  const shop = platformIn(app, 'shop');
  const cohort = new QueueCohort(platformIn(app, 'infra'), 'a100', { gpuType: A100 });
  new TrainingQueue(shop, 'gpus', { cohort, gpus: { count: 8, type: A100 }, cpu: '8', memory: '8Gi' });
  const kinds = objectsOf(app).all.map(({ kind }) => kind);
  expect(kinds.indexOf('Cohort')).toBeLessThan(kinds.indexOf('ClusterQueue'));
});

test('a pool belongs to no queue', () => {
  const { app } = teams({ pool: { gpus: 8, memory: '512Gi' } });
  expect(specOf(objectsOf(app), 'Cohort', 'infra-a100')).toEqual({
    resourceGroups: [
      {
        coveredResources: ['nvidia.com/gpu', 'memory'],
        flavors: [
          {
            name: 'infra-a100',
            resources: [
              { name: 'nvidia.com/gpu', nominalQuota: '8' },
              { name: 'memory', nominalQuota: '512Gi' },
            ],
          },
        ],
      },
    ],
  });
});

const tooLarge = (nodes: number, borrowed: string, own = '16') =>
  `[shop/retraining] nodes must fit into the queue 'gpus' at the same time, got ${nodes} × 8 GPUs, and it has ${own} and can borrow ${borrowed}: take fewer or raise the queue's gpus.count, or the run waits for ever`;

test.each([
  ['all of the others', 4, {}, {}, []],
  ['more than all of the others', 5, {}, {}, [tooLarge(5, '16')]],
  ['with the pool', 5, {}, { cohort: { pool: { gpus: 8 } } }, []],
  ['more than with the pool', 6, {}, { cohort: { pool: { gpus: 8 } } }, [tooLarge(6, '24')]],
  ['up to the limit', 3, { shop: { borrowingLimit: { gpus: 8 } } }, {}, []],
  ['beyond the limit', 4, { shop: { borrowingLimit: { gpus: 8 } } }, {}, [tooLarge(4, '8')]],
  ['more than the others lend', 4, { search: { lendingLimit: { gpus: 8 } } }, {}, [tooLarge(4, '8')]],
  ['nothing, of others that lend nothing', 3, { search: { lendingLimit: { gpus: 0 } } }, {}, [tooLarge(3, '0')]],
  ['all, by a queue with none of its own', 2, { shop: { gpus: { count: 0, type: A100 } } }, {}, []],
  [
    'more, by a queue with none of its own',
    3,
    { shop: { gpus: { count: 0, type: A100 } } },
    {},
    [tooLarge(3, '16', '0')],
  ],
  ['GPUs, by a queue that counts none', 1, { shop: { gpus: undefined } }, {}, [tooLarge(1, '0', 'none')]],
  [
    'more memory',
    2,
    { search: { lendingLimit: { memory: '100Gi' } } },
    { resources: { cpu: '8', memory: '600Gi' } },
    [
      "[shop/retraining] nodes must fit into the queue 'gpus' at the same time, got 2 × 600Gi of memory and 128Mi for the sidecars of progress, and it has 1Ti and can borrow 100Gi: take fewer or raise the queue's memory, or the run waits for ever",
    ],
  ],
] as const)(
  'a run that is larger than its queue and what it can borrow is refused: %s',
  (_what, nodes, queues, run, problems) => {
    expect(problemsWith(nodes, queues, run)).toEqual(problems);
  },
);

test('a run that lives on what others leave is warned about', () => {
  const { shop, queue } = teams();
  training({ nodes: 4, gpusPerNode: 8, gpuType: A100, queue, resources: { cpu: '8', memory: '64Gi' } }, shop);
  expect(objectsOf(shop).warnings.map(({ text }) => text)).toContain(
    "nodes need 16 GPUs more than the queue 'gpus' has of its own: the run waits until its cohort leaves them, and is stopped whenever their owner comes",
  );
});

test.each([
  [
    'GPUs of another type',
    {},
    { shop: { gpus: { count: 8, type: 'nvidia-l4' } } },
    "[shop/gpus] gpus.type must be 'nvidia-a100-80gb', as in its cohort, got 'nvidia-l4': a queue borrows only what is of its kind",
  ],
  [
    'GPUs in a cohort without',
    { gpuType: undefined },
    { search: { gpus: undefined } },
    "[shop/gpus] gpus.type must be left out, as its cohort has no GPUs, got 'nvidia-a100-80gb': a queue borrows only what is of its kind",
  ],
  [
    'a topology of its own',
    {},
    { shop: { topology: { levels: [{ name: 'rack', label: 'rack' }], nodeLabels: { gpu: 'a100' } } } },
    '[shop/gpus] topology must be left out in a cohort, whose queues share the same nodes: give it to the cohort',
  ],
  [
    'a loan of more than there is',
    {},
    { shop: { lendingLimit: { gpus: 17 } } },
    '[shop/gpus] lendingLimit.gpus must be at most what the queue has, 16, got 17: lower it, or leave it out to lend all',
  ],
  [
    'a loan of more CPU',
    {},
    { shop: { lendingLimit: { cpu: '65' } } },
    '[shop/gpus] lendingLimit.cpu must be at most what the queue has, 64, got 65: lower it, or leave it out to lend all',
  ],
  [
    'a limit of what it does not count',
    {},
    { shop: { gpus: undefined, borrowingLimit: { gpus: 8 } } },
    '[shop/gpus] borrowingLimit.gpus must come with gpus, got 8 and none: set gpus or leave it out',
  ],
  [
    'a pool of no type',
    { gpuType: undefined, pool: { gpus: 8 } },
    { shop: { gpus: undefined }, search: { gpus: undefined } },
    '[infra/a100] pool.gpus must come with gpuType, got 8 and none: say of which type they are',
  ],
] as [string, QueueCohortProps, Parameters<typeof teams>[1], string][])(
  'what does not go together is refused: %s',
  (_what, cohort, queues, problem) => {
    expect(problemsOf(() => objectsOf(teams(cohort, queues).app))).toEqual([problem]);
  },
);

test.each([
  [
    'a limit',
    { borrowingLimit: { gpus: 8 } },
    '[shop/gpus] borrowingLimit must come with a cohort, got {"gpus":8} and none: set cohort or leave it out',
  ],
  [
    'no GPU',
    { gpus: { count: 0, type: A100 } },
    '[shop/gpus] gpus.count must be 1 or more without a cohort, got 0: leave gpus out, or set cohort to borrow some',
  ],
] as const)('a queue that stands alone has no use for what is lent: %s', (_what, props, problem) => {
  const shop = platformIn(new App(), 'shop');
  new TrainingQueue(shop, 'gpus', { gpus: { count: 8, type: A100 }, cpu: '8', memory: '8Gi', ...props });
  expect(problemsOf(() => objectsOf(shop))).toEqual([problem]);
});

test('a cohort in a cluster without Kueue or its GPUs is refused', () => {
  const shop = platformIn(new App(), 'shop', { cluster: { kubernetes: '1.33', gpus: ['nvidia-l4'] } });
  new QueueCohort(shop, 'a100', { gpuType: A100 });
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/a100] must be in a cluster with the add-on 'kueue': add it to cluster.addons or do without a cohort",
    "[shop/a100] gpuType must be a type of GPU in the cluster, got 'nvidia-a100-80gb', but it has nvidia-l4: add it to cluster.gpus or take another",
  ]);
});

test('what is no cohort is refused', () => {
  const shop = platformIn(new App(), 'shop');
  // @ts-expect-error: a cohort is passed itself, not by its name
  expect(problemsOf(() => new TrainingQueue(shop, 'gpus', { cohort: 'a100', cpu: '8', memory: '8Gi' }))).toEqual([
    "[shop/gpus] cohort must be a QueueCohort, got 'a100'",
  ]);
});

test('servers live on what is the own of their queue: a loan would be taken back from them for any run', () => {
  const { shop, queue } = teams({}, { shop: { cpu: '999' } });
  queue.serve(ranker({ runtime: own(), gpu: { count: 8, type: A100 }, replicas: 3 }, shop));
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/gpus] serve must be given servers that fit into the queue's own gpus with all their replicas, got 3 × 8 of 'ranker', and it has 16: raise it or lower their most replicas, or some wait for ever",
  ]);
});
