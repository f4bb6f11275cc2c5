import { Construct } from 'constructs';
import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { Platform, TrainingJobProps, TrainingQueueProps } from '../../lib';
import { Platform as PlatformConstruct, TrainingQueue } from '../../lib';
import { matchers } from '../../lib/testing';
import { objectsOf, platform, problemsOf, ranker, specOf } from '../serving/fixtures';
import { FOUR_NODES, jobSetPlatform, training } from './fixtures';

expect.extend(matchers);

const A100 = 'nvidia-a100-80gb';
const GANG = { ...FOUR_NODES, gpuType: A100 } as const;

/** What {@link GANG} asks for, with the sidecars of progress: 4 × 32 and 4 × 10m; 4 × 256Gi and 4 × 64Mi. */
const JUST_ENOUGH = { cpu: '128040m', memory: '1048832Mi' } as const;

/** A queue called gpus, in which {@link GANG} just fits. */
function queueIn(shop: Construct, props: Partial<TrainingQueueProps> = {}): TrainingQueue {
  return new TrainingQueue(shop, 'gpus', { gpus: { count: 32, type: A100 }, ...JUST_ENOUGH, ...props });
}

/** The objects of a platform with a queue and a run in it. */
function queued(props: Partial<TrainingJobProps> = {}, queue: Partial<TrainingQueueProps> = {}) {
  const shop = jobSetPlatform();
  training({ ...GANG, queue: queueIn(shop, queue), ...props }, shop);
  return objectsOf(shop);
}

test('a queue is a quota, what it is of, a way in, and its priorities, which come before what uses them', () => {
  const names = queued().all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.filter((name) => /gpus|retraining/.test(name))).toEqual([
    'WorkloadPriorityClass shop-gpus-low',
    'WorkloadPriorityClass shop-gpus-normal',
    'WorkloadPriorityClass shop-gpus-high',
    'WorkloadPriorityClass shop-gpus-serving',
    'ResourceFlavor shop-gpus',
    'ClusterQueue shop-gpus',
    'LocalQueue gpus',
    'ServiceAccount retraining',
    'NetworkPolicy retraining',
    'JobSet retraining',
  ]);
});

test('a queue comes before its runs wherever it stands in the tree', () => {
  const shop = jobSetPlatform();
  const first = new Construct(shop, 'first');
  training({ ...GANG, queue: queueIn(shop) }, first);
  const kinds = objectsOf(shop).all.map(({ kind }) => kind);
  expect(kinds.indexOf('LocalQueue')).toBeLessThan(kinds.indexOf('JobSet'));
});

test('only the way in lives in a namespace', () => {
  const namespaces = queued()
    .all.filter(({ apiVersion }) => apiVersion.startsWith('kueue'))
    .map(({ kind, metadata }) => [kind, metadata.namespace]);
  expect(namespaces.filter(([, namespace]) => namespace !== undefined)).toEqual([['LocalQueue', 'shop']]);
});

test('the quota counts GPUs, CPU and memory, for runs of its namespace', () => {
  expect(specOf(queued(), 'ClusterQueue', 'shop-gpus')).toEqual({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
    queueingStrategy: 'StrictFIFO',
    preemption: { withinClusterQueue: 'LowerPriority' },
    resourceGroups: [
      {
        coveredResources: ['nvidia.com/gpu', 'cpu', 'memory', 'ephemeral-storage'],
        flavors: [
          {
            name: 'shop-gpus',
            resources: [
              { name: 'nvidia.com/gpu', nominalQuota: '32' },
              { name: 'cpu', nominalQuota: '128040m' },
              { name: 'memory', nominalQuota: '1048832Mi' },
              { name: 'ephemeral-storage', nominalQuota: '1Pi' },
            ],
          },
        ],
      },
    ],
  });
  expect(specOf(queued(), 'LocalQueue', 'gpus')).toEqual({ clusterQueue: 'shop-gpus' });
});

test('the quota covers all that pods ask for: Kueue never admits what asks for something else', () => {
  const manifests = queued({ engine: 'job' });
  const { template } = specOf<{ template: { spec: { containers: { resources: { requests: object } }[] } } }>(
    manifests,
    'Job',
    'retraining',
  );
  const { resourceGroups } = specOf<{ resourceGroups: { coveredResources: string[] }[] }>(
    manifests,
    'ClusterQueue',
    'shop-gpus',
  );
  const asked = template.spec.containers.flatMap(({ resources }) => Object.keys(resources.requests));
  expect(resourceGroups[0]?.coveredResources).toEqual(expect.arrayContaining(asked));
});

test('without GPUs, the quota has none', () => {
  const cpu = queued({ nodes: 1, gpusPerNode: 0, gpuType: undefined }, { gpus: undefined });
  expect(JSON.stringify(specOf(cpu, 'ClusterQueue', 'shop-gpus'))).not.toContain('nvidia');
});

test('quantities are in the form of the API server', () => {
  const manifests = queued({}, { cpu: '256000m', memory: '2048Gi' });
  expect(JSON.stringify(specOf(manifests, 'ClusterQueue', 'shop-gpus'))).toContain(
    '{"name":"cpu","nominalQuota":"256"},{"name":"memory","nominalQuota":"2Ti"}',
  );
});

test('serving goes before all training, and training by its priority', () => {
  const values = queued()
    .ofKind('WorkloadPriorityClass')
    .map(({ metadata, value }) => [metadata.name, value]);
  expect(values).toEqual([
    ['shop-gpus-low', 100],
    ['shop-gpus-normal', 200],
    ['shop-gpus-high', 300],
    ['shop-gpus-serving', 1000],
  ]);
});

const ENTRY = { 'kueue.x-k8s.io/queue-name': 'gpus', 'kueue.x-k8s.io/priority-class': 'shop-gpus-normal' };

test.each([
  ['JobSet', {}],
  ['Job', { engine: 'job' }],
] as const)('a %s enters by its labels, with its priority', (kind, props) => {
  expect(queued(props)).toHaveObject(kind, 'retraining', { metadata: { labels: ENTRY } });
  expect(queued({ ...props, priority: 'high' })).toHaveObject(kind, 'retraining', {
    metadata: { labels: { ...ENTRY, 'kueue.x-k8s.io/priority-class': 'shop-gpus-high' } },
  });
});

test('of a schedule, each run enters, and not the CronJob', () => {
  const manifests = queued({ schedule: '0 2 * * *' });
  expect(manifests).toHaveObject('CronJob', 'retraining', { spec: { jobTemplate: { metadata: { labels: ENTRY } } } });
  expect(manifests.get('CronJob', 'retraining').metadata.labels).not.toHaveProperty(['kueue.x-k8s.io/queue-name']);
});

test.each([
  ['JobSet', {}],
  ['Job', { engine: 'job' }],
] as const)(
  'a %s is not written as suspended: Kueue does that, and applying it again would conflict',
  (kind, props) => {
    expect(specOf(queued(props), kind, 'retraining')).not.toHaveProperty('suspend');
  },
);

const PARTIAL = 'kueue.x-k8s.io/job-min-parallelism';

test('kueue#2796: a gang is let in whole or not at all', () => {
  const { annotations } = queued({ engine: 'job' }).get('Job', 'retraining').metadata;
  expect(annotations ?? {}).not.toHaveProperty(['kueue.x-k8s.io/job-min-parallelism']);
});

test.each([
  ['a Job', { engine: 'job', transform: { job: { metadata: { annotations: { [PARTIAL]: '2' } } } } }],
  ['a JobSet', { transform: { jobSet: { metadata: { annotations: { [PARTIAL]: '2' } } } } }],
  [
    'the runs of a schedule',
    {
      schedule: '0 2 * * *',
      transform: { cronJob: { spec: { jobTemplate: { metadata: { annotations: { [PARTIAL]: '2' } } } } } },
    },
  ],
] as const)('kueue#2796: letting in a gang by parts is refused, also by a transform: %s', (_what, props) => {
  expect(problemsOf(() => queued(props))).toEqual([
    "[shop/retraining] transform must be without the annotation kueue.x-k8s.io/job-min-parallelism, got '2': the nodes that are let in would wait for the others for ever (kueue#2796); lower nodes instead",
  ]);
});

test('a run without a queue has no label of one', () => {
  expect(JSON.stringify(objectsOf(training(GANG, jobSetPlatform())).all)).not.toContain('kueue');
});

test('a server enters the same quota before all training', () => {
  const shop = jobSetPlatform();
  const server = ranker({}, shop);
  queueIn(shop).serve(server);
  const manifests = objectsOf(shop);
  expect(manifests).toHaveObject('Deployment', 'ranker', {
    metadata: { labels: { ...ENTRY, 'kueue.x-k8s.io/priority-class': 'shop-gpus-serving' } },
  });
  const kinds = manifests.all.map(({ kind }) => kind);
  expect(kinds.indexOf('WorkloadPriorityClass')).toBeLessThan(kinds.indexOf('Deployment'));
});

test('a gang that just fits in is let in', () => {
  expect(problemsOf(() => queued())).toEqual([]);
});

test('what is asked of a queue is what Kueue counts: all that the pods set aside, sidecars included', () => {
  const job = specOf<JobSpec>(queued({ engine: 'job' }), 'Job', 'retraining');
  const { containers = [], initContainers = [] } = job.template.spec ?? {};
  const requests = [...containers, ...initContainers].map(({ resources }) => resources?.requests ?? {});
  expect(requests.map(({ cpu, memory }) => [cpu, memory])).toEqual([
    ['32', '256Gi'],
    ['10m', '64Mi'],
  ]);
});

test('a gang without sidecars needs no room for them', () => {
  expect(problemsOf(() => queued({ progress: false }, { cpu: '128', memory: '1Ti' }))).toEqual([]);
});

const FITS = "[shop/retraining] nodes must fit into the queue 'gpus' at the same time";

test.each([
  [
    'GPUs',
    { nodes: 5 },
    { cpu: '999', memory: '9Ti' },
    `${FITS}, got 5 × 8 GPUs, and it has 32: take fewer or raise the queue's gpus.count, or the run waits for ever`,
  ],
  [
    'CPU',
    {},
    { cpu: '128' },
    `${FITS}, got 4 × 32 CPU and 40m for the sidecars of progress, and it has 128: take fewer or raise the queue's cpu, or the run waits for ever`,
  ],
  [
    'memory',
    {},
    { memory: '1Ti' },
    `${FITS}, got 4 × 256Gi of memory and 256Mi for the sidecars of progress, and it has 1Ti: take fewer or raise the queue's memory, or the run waits for ever`,
  ],
  [
    'GPUs in a queue without',
    {},
    { gpus: undefined },
    `${FITS}, got 4 × 8 GPUs, and it has none: take fewer or raise the queue's gpus.count, or the run waits for ever`,
  ],
  [
    'GPUs of another type',
    { gpuType: 'nvidia-l4' },
    {},
    "[shop/retraining] gpuType must be 'nvidia-a100-80gb', which the queue 'gpus' counts, got 'nvidia-l4'",
  ],
  [
    'GPUs of any type',
    { gpuType: undefined },
    {},
    "[shop/retraining] gpuType must be 'nvidia-a100-80gb', which the queue 'gpus' counts, but is missing",
  ],
] as const)(
  'a gang that would wait for ever is refused: too much, or of another kind: %s',
  (_what, run, queue, problem) => {
    expect(problemsOf(() => queued(run, queue))).toEqual([problem]);
  },
);

test('a queue of another platform is refused, for runs and for servers', () => {
  const shop = jobSetPlatform();
  const search = new PlatformConstruct(shop.node.root as Construct, 'search', {
    cluster: { kubernetes: '1.33', addons: ['kueue'] },
  });
  const queue = queueIn(search);
  training({ ...GANG, queue }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    "[shop/retraining] queue must be in the platform of the run, got 'search/gpus': make one there",
  ]);
  expect(problemsOf(() => queue.serve(ranker({}, shop)))).toEqual([
    "[search/gpus] serve must be given what is in the platform 'search', got 'shop/ranker': make a queue there",
  ]);
});

test.each([
  [
    'no Kueue',
    platform(),
    "[shop/gpus] must be in a cluster with the add-on 'kueue': add it to cluster.addons or do without a queue",
  ],
  [
    'no such GPUs',
    platform({ cluster: { kubernetes: '1.33', addons: ['kueue'], gpus: ['nvidia-l4'] } }),
    "[shop/gpus] gpus.type must be a type of GPU in the cluster, got 'nvidia-a100-80gb', but it has nvidia-l4: add it to cluster.gpus or take another",
  ],
] as [string, Platform, string][])('a queue in a cluster with %s is refused', (_what, shop, problem) => {
  queueIn(shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([problem]);
});

test('what is no queue is refused, and a priority without one', () => {
  // @ts-expect-error: a queue is passed itself, not by its name
  expect(problemsOf(() => training({ queue: 'gpus' }))).toEqual([
    "[shop/retraining] queue must be a TrainingQueue, got 'gpus'",
  ]);
  expect(problemsOf(() => objectsOf(training({ priority: 'high' })))).toEqual([
    "[shop/retraining] priority must come with a queue, got 'high' and none: set queue or priorityClass",
  ]);
});

test('the name leaves room for those of its priorities, which are labels: at most 50 characters in the namespace shop', () => {
  const inside = (length: number) => new Construct(jobSetPlatform(), 'q'.repeat(length - '-gpus'.length));
  expect(problemsOf(() => queueIn(inside(50)))).toEqual([]);
  expect(problemsOf(() => queueIn(inside(51)))[0]).toContain('id must be a name of at most 50 lower-case letters');
  expect(`shop-${'q'.repeat(50)}-serving`).toHaveLength(63);
});
