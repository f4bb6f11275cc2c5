import { App } from 'cdk8s';
import type { Platform, PlatformProps, TrainingJobProps, TrainingQueueProps } from '../../lib';
import { Platform as PlatformConstruct, QueueCohort, TrainingQueue } from '../../lib';
import { objectsOf, problemsOf, specOf } from '../serving/fixtures';
import { FOUR_NODES, training } from './fixtures';

const A100 = 'nvidia-a100-80gb';
const LEVELS = [
  { name: 'block', label: 'example.com/block' },
  { name: 'rack', label: 'example.com/rack', nodes: 4 },
] as const;
const NODE_LABELS = { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-80GB' };

function shopOf(cluster: Partial<PlatformProps['cluster']> = {}): Platform {
  return new PlatformConstruct(new App(), 'shop', {
    cluster: { kubernetes: '1.33', addons: ['kueue', 'jobset', 'kubeflow-trainer', 'kuberay'], ...cluster },
  });
}

function queueIn(shop: Platform, props: Partial<TrainingQueueProps> = {}): TrainingQueue {
  return new TrainingQueue(shop, 'gpus', {
    gpus: { count: 64, type: A100 },
    cpu: '999',
    memory: '9Ti',
    topology: { levels: LEVELS, nodeLabels: NODE_LABELS },
    ...props,
  });
}

/** A run of four nodes on the racks of its queue. */
function placed(props: Partial<TrainingJobProps> = {}) {
  const shop = shopOf();
  training({ ...FOUR_NODES, gpuType: A100, queue: queueIn(shop), ...props }, shop);
  return objectsOf(shop);
}

test('the levels are those of the nodes, and the flavor is of nodes with its type of GPU', () => {
  const manifests = objectsOf(queueIn(shopOf()));
  expect(specOf(manifests, 'Topology', 'shop-gpus')).toEqual({
    levels: [{ nodeLabel: 'example.com/block' }, { nodeLabel: 'example.com/rack' }],
  });
  expect(specOf(manifests, 'ResourceFlavor', 'shop-gpus')).toEqual({
    nodeLabels: NODE_LABELS,
    topologyName: 'shop-gpus',
  });
  expect(manifests.get('Topology', 'shop-gpus').metadata).not.toHaveProperty('namespace');
  const kinds = manifests.all.map(({ kind }) => kind);
  expect(kinds.indexOf('Topology')).toBeLessThan(kinds.indexOf('ResourceFlavor'));
});

test('without one, a flavor is of any node', () => {
  const manifests = objectsOf(queueIn(shopOf(), { topology: undefined }));
  expect(manifests.get('ResourceFlavor', 'shop-gpus')).not.toHaveProperty('spec');
  expect(manifests.all.map(({ kind }) => kind)).not.toContain('Topology');
});

test.each([
  ['a type that goes by one', 'other', 'nvidia-l4', { 'nvidia.com/gpu.product': 'NVIDIA-L4' }],
  ['a type that goes by one on GKE', 'gke', A100, { 'cloud.google.com/gke-accelerator': A100 }],
  ['no type', 'other', undefined, { 'kubernetes.io/os': 'linux' }],
] as const)('Kueue looks for room by labels and not by affinity: %s', (_what, distribution, type, nodeLabels) => {
  const gpus = type === undefined ? undefined : { count: 8, type };
  const queue = queueIn(shopOf({ distribution }), { gpus, topology: { levels: LEVELS } });
  expect(specOf(objectsOf(queue), 'ResourceFlavor', 'shop-gpus')).toMatchObject({ nodeLabels });
});

test('a cohort has the topology of all of its queues, and their runs find it there', () => {
  const shop = shopOf();
  const cohort = new QueueCohort(shop, 'a100', {
    gpuType: A100,
    topology: { levels: LEVELS, nodeLabels: NODE_LABELS },
  });
  const queue = queueIn(shop, { cohort, topology: undefined });
  training({ ...FOUR_NODES, gpuType: A100, queue, engine: 'job', topology: { required: 'block' } }, shop);
  const manifests = objectsOf(shop);
  expect(specOf(manifests, 'Topology', 'shop-a100')).toEqual({
    levels: [{ nodeLabel: 'example.com/block' }, { nodeLabel: 'example.com/rack' }],
  });
  expect(specOf(manifests, 'ResourceFlavor', 'shop-a100')).toMatchObject({ topologyName: 'shop-a100' });
  expect(specOf<{ template: object }>(manifests, 'Job', 'retraining').template).toMatchObject({
    metadata: { annotations: { 'kueue.x-k8s.io/podset-required-topology': 'example.com/block' } },
  });
});

test.each([
  ['required', { required: 'rack' }, { 'kueue.x-k8s.io/podset-required-topology': 'example.com/rack' }],
  ['preferred', { preferred: 'block' }, { 'kueue.x-k8s.io/podset-preferred-topology': 'example.com/block' }],
  ['not said', undefined, undefined],
] as const)('how near the nodes of a run lie is on its pods: %s', (_what, topology, annotations) => {
  const { template } = specOf<{ template: { metadata: { annotations?: object } } }>(
    placed({ engine: 'job', topology }),
    'Job',
    'retraining',
  );
  expect(template.metadata.annotations).toEqual(annotations);
});

test('in a JobSet as well, beside its hyperparameters', () => {
  const { replicatedJobs } = specOf<{ replicatedJobs: object[] }>(
    placed({ topology: { required: 'rack' }, hyperparameters: { amp: true } }),
    'JobSet',
    'retraining',
  );
  const annotations = {
    'kueue.x-k8s.io/podset-required-topology': 'example.com/rack',
    'recstack/hyperparameters': '{"amp":true}',
  };
  expect(replicatedJobs).toMatchObject([{ template: { spec: { template: { metadata: { annotations } } } } }]);
});

test.each([
  [
    'of a level with too few nodes',
    { nodes: 5, topology: { required: 'rack' } },
    "topology.required must be a level with room for all 5 nodes, got 'rack', which has 4: take a wider one or preferred, or the run waits for ever",
  ],
  [
    'of no level',
    { topology: { preferred: 'row' } },
    "topology.preferred must be one of block, rack, which are the levels of its queue, got 'row'",
  ],
  [
    'of both',
    { topology: { required: 'rack', preferred: 'block' } },
    'topology must have either required or preferred, got both',
  ],
  ['of none', { topology: {} }, 'topology must have either required or preferred, got none'],
  [
    'of a queue without',
    { queue: undefined, topology: { required: 'rack' } },
    "topology must come with a queue that has one, got 'rack': give topology to the queue or its cohort",
  ],
] as const)('a place that there is not is refused: %s', (_what, props, problem) => {
  expect(problemsOf(() => placed(props))).toEqual([`[shop/retraining] ${problem}`]);
});

test('a run that prefers a level with too few nodes is let in', () => {
  expect(problemsOf(() => placed({ nodes: 5, topology: { preferred: 'rack' } }))).toEqual([]);
});

const HOST = { name: 'host', label: 'kubernetes.io/hostname' } as const;

test.each([
  [
    'a name twice',
    { levels: [LEVELS[0], { name: 'block', label: 'example.com/row' }], nodeLabels: NODE_LABELS },
    "topology.levels must each have a name of their own, got 'block' twice",
  ],
  [
    'a label twice',
    { levels: [LEVELS[0], { name: 'row', label: 'example.com/block' }], nodeLabels: NODE_LABELS },
    "topology.levels must each have a label of their own, got 'example.com/block' twice",
  ],
  [
    'the node before the rack',
    { levels: [HOST, LEVELS[1]], nodeLabels: NODE_LABELS },
    "topology.levels must have 'kubernetes.io/hostname' last, got it before others: list the widest level first",
  ],
  [
    'a type that goes by several labels',
    { levels: LEVELS },
    "topology.nodeLabels must say which nodes have 'nvidia-a100-80gb', which goes by several labels, but is missing: copy the one of your nodes",
  ],
  [
    'no labels',
    { levels: LEVELS, nodeLabels: {} },
    'topology.nodeLabels must have at least one label, got none: leave it out or name one of your nodes',
  ],
] as const)('levels that Kueue refuses, or that have no nodes, are refused: %s', (_what, topology, problem) => {
  expect(problemsOf(() => objectsOf(queueIn(shopOf(), { topology })))).toEqual([`[shop/gpus] ${problem}`]);
});

test('kueue#9616: a topology that ends with the node is warned about, as a replacement can stay tied to one that failed', () => {
  const text =
    "topology.levels end with 'kubernetes.io/hostname', which ties each pod to a node that Kueue has chosen: before 0.15.7 and 0.16.4 it can stay tied to one that failed (kueue#9616); leave the level out";
  const topology = { levels: [...LEVELS, HOST], nodeLabels: NODE_LABELS };
  expect(objectsOf(queueIn(shopOf(), { topology })).warnings).toEqual([{ where: 'shop/gpus', text }]);
  expect(objectsOf(queueIn(shopOf())).warnings).toEqual([]);
  const shop = shopOf();
  new QueueCohort(shop, 'a100', { gpuType: A100, topology });
  expect(objectsOf(shop).warnings).toEqual([{ where: 'shop/a100', text }]);
});

test('kueue: what is in a queue with a topology is placed by it, asked or not, which not every engine survives', () => {
  const left = (engine: string, reason: string) => [
    `[shop/retraining] queue must be left out with the engine '${engine}', which ${reason}, got 'gpus': set engine to 'job' or 'jobset'`,
  ];
  const ray = { engine: 'rayjob', command: ['python', 'train.py'] } as const;
  expect(problemsOf(() => placed({ engine: 'trainjob' }))).toEqual(
    left('trainjob', 'loses where a queue with a topology places its nodes'),
  );
  expect(problemsOf(() => placed(ray))).toEqual(
    left('rayjob', 'has a head without GPUs, which a queue with a topology sends to nodes of GPUs that keep it out'),
  );
  expect(problemsOf(() => placed({ ...ray, gpusPerNode: 0, gpuType: undefined }))).toEqual([]);
});
