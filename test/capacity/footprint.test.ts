import fc from 'fast-check';
import { type Footprint, footprint } from '../../lib/capacity/footprint';
import { NO_GPUS } from '../../lib/capacity/gpus';

const GI = 2 ** 30;
const NOTHING: Footprint = { pods: 0, cpu: 0, memory: 0, ...NO_GPUS };

type Requests = Readonly<Record<string, string | number>>;
const template = (...containers: Requests[]) => ({
  template: { spec: { containers: containers.map((requests) => ({ resources: { requests } })) } },
});
const POD = { cpu: '1', memory: '2Gi', 'nvidia.com/gpu': 1 };
const pods = (count: number): Footprint => ({
  ...NOTHING,
  pods: count,
  cpu: count,
  memory: count * 2 * GI,
  gpus: count,
});

function workload(kind: string, spec: object, name = 'ranker') {
  return {
    apiVersion: kind.endsWith('Job') ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec,
  };
}

function autoscaler(target: { kind: string; name: string; namespace?: string }, bounds: object) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'scaler', namespace: target.namespace ?? 'shop' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: target.kind, name: target.name }, ...bounds },
  };
}

/** One pod that asks for `requests`, without a surge. */
const ask = (requests: Requests) => footprint([workload('StatefulSet', template(requests))]).least;

test('nothing asks for nothing, and neither do objects without pods', () => {
  expect(footprint([])).toEqual({ least: NOTHING, most: NOTHING });
  expect(footprint([{ kind: 'ConfigMap', metadata: { name: 'x' } }])).toEqual({ least: NOTHING, most: NOTHING });
});

test('a Deployment asks for its replicas, and for a quarter more while it rolls, rounded up', () => {
  expect(footprint([workload('Deployment', { ...template(POD), replicas: 5 })])).toEqual({
    least: pods(5),
    most: pods(7),
  });
});

test('a ScaledObject of KEDA has bounds, too, with its own defaults', () => {
  const deployment = workload('Deployment', template(POD));
  const scaledBy = (bounds: object) =>
    footprint([
      deployment,
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'scaler', namespace: 'shop' },
        spec: { scaleTargetRef: { name: 'ranker' }, ...bounds },
      },
    ]);
  expect(scaledBy({ minReplicaCount: 3, maxReplicaCount: 8 })).toEqual({ least: pods(3), most: pods(10) });
  expect(scaledBy({})).toEqual({ least: pods(0), most: pods(125) });
});

test('a Deployment that does not say how many has one replica', () => {
  expect(footprint([workload('Deployment', template(POD))])).toEqual({ least: pods(1), most: pods(2) });
});

test.each([
  [0, 4],
  [2, 6],
  ['50%', 6],
  ['30%', 6],
  ['0%', 4],
  ['100%', 8],
])('of 4 replicas with a surge of %p, %d run during a rollout', (maxSurge, most) => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge } };
  expect(footprint([workload('Deployment', { ...template(POD), replicas: 4, strategy })])).toEqual({
    least: pods(4),
    most: pods(most),
  });
});

test('a Deployment that is recreated has no surge', () => {
  const spec = { ...template(POD), replicas: 4, strategy: { type: 'Recreate' } };
  expect(footprint([workload('Deployment', spec)]).most).toEqual(pods(4));
});

test('a StatefulSet replaces its pods in place', () => {
  expect(footprint([workload('StatefulSet', { ...template(POD), replicas: 4 })])).toEqual({
    least: pods(4),
    most: pods(4),
  });
});

test('what is switched off asks for nothing', () => {
  expect(footprint([workload('Deployment', { ...template(POD), replicas: 0 })])).toEqual({
    least: NOTHING,
    most: NOTHING,
  });
});

test('a scaled Deployment goes from its minimum to its maximum with the surge of that', () => {
  const manifests = [
    workload('Deployment', { ...template(POD), replicas: 5 }),
    autoscaler({ kind: 'Deployment', name: 'ranker' }, { minReplicas: 3, maxReplicas: 40 }),
  ];
  expect(footprint(manifests)).toEqual({ least: pods(3), most: pods(50) });
  expect(footprint(manifests.toReversed())).toEqual(footprint(manifests));
});

test('an autoscaler without a minimum goes down to one replica', () => {
  const manifests = [
    workload('StatefulSet', { ...template(POD), replicas: 5 }),
    autoscaler({ kind: 'StatefulSet', name: 'ranker' }, { maxReplicas: 8 }),
  ];
  expect(footprint(manifests)).toEqual({ least: pods(1), most: pods(8) });
});

test.each([
  { kind: 'StatefulSet', name: 'ranker' },
  { kind: 'Deployment', name: 'retrieval' },
  { kind: 'Deployment', name: 'ranker', namespace: 'ads' },
])('an autoscaler of another kind, name or namespace changes nothing: %j', (target) => {
  const deployment = workload('Deployment', { ...template(POD), replicas: 4 });
  expect(footprint([deployment, autoscaler(target, { minReplicas: 10, maxReplicas: 100 })])).toEqual(
    footprint([deployment]),
  );
});

test('a Job asks for nothing until it runs, and then for all that run at once', () => {
  expect(footprint([workload('Job', template(POD))])).toEqual({ least: NOTHING, most: pods(1) });
  expect(footprint([workload('Job', { ...template(POD), parallelism: 4, completions: 4 })])).toEqual({
    least: NOTHING,
    most: pods(4),
  });
});

test('a Job never runs more pods than it has completions', () => {
  const job = { ...template(POD), parallelism: 4, completions: 2 };
  expect(footprint([workload('Job', job)]).most).toEqual(pods(2));
});

test('a CronJob asks for what its Job asks for', () => {
  const jobTemplate = { spec: { ...template(POD), parallelism: 3 } };
  expect(footprint([workload('CronJob', { schedule: '0 2 * * *', jobTemplate })])).toEqual({
    least: NOTHING,
    most: pods(3),
  });
  expect(footprint([workload('CronJob', { jobTemplate: { spec: template(POD) } })]).most).toEqual(pods(1));
});

test('a JobSet asks for what all of its Jobs ask for', () => {
  const job = (parallelism: number) => ({ spec: { ...template(POD), parallelism, completions: parallelism } });
  const spec = {
    replicatedJobs: [
      { name: 'node', replicas: 2, template: job(4) },
      { name: 'coordinator', template: job(1) },
    ],
  };
  const jobSet = { ...workload('JobSet', spec), apiVersion: 'jobset.x-k8s.io/v1alpha2' };
  expect(footprint([jobSet])).toEqual({ least: NOTHING, most: pods(9) });
  expect(footprint([{ ...jobSet, apiVersion: 'example.com/v1' }]).most).toEqual(NOTHING);
});

test('a Job of another API group is not mistaken for one of Kubernetes', () => {
  const job = {
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    metadata: { name: 'x' },
    spec: { minAvailable: 1, tasks: [] },
  };
  expect(footprint([job])).toEqual({ least: NOTHING, most: NOTHING });
});

test('the containers of a pod ask together', () => {
  expect(footprint([workload('StatefulSet', template(POD, { cpu: '250m', memory: '1Gi' }, {}))]).least).toEqual({
    ...NOTHING,
    pods: 1,
    cpu: 1.25,
    memory: 3 * GI,
    gpus: 1,
  });
});

test('init containers run one by one, before the others: the largest counts, for each resource by itself', () => {
  const initContainers = [
    { resources: { requests: { cpu: '4', memory: '512Mi' } } },
    { resources: { requests: { cpu: '500m', memory: '8Gi' } } },
    {},
  ];
  const containers = [{ resources: { requests: POD } }, { resources: { requests: { cpu: '2' } } }];
  const spec = { template: { spec: { containers, initContainers } } };
  expect(footprint([workload('StatefulSet', spec)]).least).toEqual({
    ...NOTHING,
    pods: 1,
    cpu: 4,
    memory: 8 * GI,
    gpus: 1,
  });
});

test('a sidecar asks for its part as long as the pod runs', () => {
  const initContainers = [{ restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } }];
  const spec = { template: { spec: { containers: [{ resources: { requests: POD } }], initContainers } } };
  expect(footprint([workload('StatefulSet', spec)]).least.cpu).toBe(1.5);
});

test('a limit without a request is a request', () => {
  const limits = { cpu: '2', memory: '4Gi', 'nvidia.com/gpu': 1 };
  const containers = [{ resources: { limits, requests: { cpu: '1' } } }];
  expect(footprint([workload('StatefulSet', { template: { spec: { containers } } })]).least).toEqual({
    ...NOTHING,
    pods: 1,
    cpu: 1,
    memory: 4 * GI,
    gpus: 1,
  });
});

test.each([
  [{}, 0, 0, 0],
  [{ cpu: '250m' }, 0.25, 0, 0],
  [{ cpu: 2 }, 2, 0, 0],
  [{ cpu: 0.5 }, 0.5, 0, 0],
  [{ cpu: 0, memory: '0' }, 0, 0, 0],
  [{ memory: '512Mi' }, 0, 512 * 2 ** 20, 0],
  [{ memory: '1500M' }, 0, 1.5e9, 0],
  [{ 'nvidia.com/gpu': '8' }, 0, 0, 8],
  [{ 'ephemeral-storage': '10Gi' }, 0, 0, 0],
])('a pod that requests %j is counted', (requests, cpu, memory, gpus) => {
  expect(ask(requests)).toEqual({ ...NOTHING, pods: 1, cpu, memory, gpus });
});

test.each([
  [{ memory: '1073741824' }, GI],
  [{ memory: 1073741824 }, GI],
  [{ memory: 0 }, 0],
  [{ memory: '1e9' }, 1e9],
  [{ memory: '1Ei' }, 2 ** 60],
  [{ memory: '1024000m' }, 1024],
])('memory may be written in every way that Kubernetes reads: %j', (requests, memory) => {
  expect(ask(requests).memory).toBe(memory);
});

test.each([
  [{ cpu: '1k' }, 1000],
  [{ cpu: '500000u' }, 0.5],
])('CPU may be written in every way that Kubernetes reads: %j', (requests, cpu) => {
  expect(ask(requests).cpu).toBe(cpu);
});

const spec = fc.record({
  kind: fc.constantFrom('Deployment', 'StatefulSet', 'Job'),
  replicas: fc.nat(50),
  parallelism: fc.nat(50),
  cpu: fc.nat(64),
  gpus: fc.nat(8),
  surge: fc.oneof(
    fc.nat(5),
    fc.nat(100).map((percent) => `${percent}%`),
  ),
});
const manifests = fc.array(spec, { maxLength: 6 }).map((specs) =>
  specs.map(({ kind, cpu, gpus, surge, ...counts }, i) => {
    const strategy = { rollingUpdate: { maxSurge: surge } };
    return workload(
      kind,
      { ...template({ cpu, memory: '1Gi', 'nvidia.com/gpu': gpus }), ...counts, strategy },
      `w${i}`,
    );
  }),
);
const plus = (a: Footprint, b: Footprint): Footprint => ({
  ...NOTHING,
  pods: a.pods + b.pods,
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  gpus: a.gpus + b.gpus,
});

test('what is asked for is the sum over all workloads, in any order', () => {
  fc.assert(
    fc.property(manifests, manifests, (some, others) => {
      const [a, b] = [footprint(some), footprint(others)];
      expect(footprint([...others, ...some])).toEqual({ least: plus(a.least, b.least), most: plus(a.most, b.most) });
    }),
  );
});

test('the most is never less than the least', () => {
  fc.assert(
    fc.property(manifests, (given) => {
      const { least, most } = footprint(given);
      for (const key of ['pods', 'cpu', 'memory', 'gpus'] as const)
        expect(most[key]).toBeGreaterThanOrEqual(least[key]);
    }),
  );
});

const on = (key: string, value: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }],
    },
  },
});

test.each([
  ['a slice', { 'nvidia.com/mig-2g.20gb': 1 }, undefined, { gpuSlices: 1 }],
  ['slices of two kinds', { 'nvidia.com/mig-2g.20gb': 1, 'nvidia.com/mig-1g.10gb': '2' }, undefined, { gpuSlices: 3 }],
  [
    'a slice that is called a GPU',
    { 'nvidia.com/gpu': 1 },
    on('nvidia.com/gpu.product', 'NVIDIA-H200-MIG-1g.18gb'),
    { gpuSlices: 1 },
  ],
  [
    'a slice on GKE',
    { 'nvidia.com/gpu': 1 },
    on('cloud.google.com/gke-gpu-partition-size', '1g.10gb'),
    { gpuSlices: 1 },
  ],
  ['a share', { 'nvidia.com/gpu.shared': 1 }, undefined, { gpuShares: 1 }],
  [
    'a share that is called a GPU',
    { 'nvidia.com/gpu': 1 },
    on('nvidia.com/gpu.product', 'Tesla-T4-SHARED'),
    { gpuShares: 1 },
  ],
  [
    'a share of a slice',
    { 'nvidia.com/gpu': 1 },
    on('nvidia.com/gpu.product', 'NVIDIA-H200-MIG-1g.18gb-SHARED'),
    { gpuShares: 1 },
  ],
  ['a whole GPU of a type', { 'nvidia.com/gpu': 1 }, on('nvidia.com/gpu.product', 'Tesla-T4'), { gpus: 1 }],
  ["a part of a GPU's memory", { 'aliyun.com/gpu-mem': '8' }, undefined, { gpuMemory: 8 * GI }],
])('%s is counted as what it is', (_what, requests, affinity, counted) => {
  const containers = [{ resources: { limits: requests } }];
  const { least } = footprint([workload('StatefulSet', { template: { spec: { affinity, containers } } })]);
  expect(least).toEqual({ ...NOTHING, pods: 1, ...counted });
});

test('GPUs that pods claim are whole ones, by the template of their namespace', () => {
  const claims = (namespace: string, deviceClassName: string, count?: number) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaimTemplate',
    metadata: { name: 'ranker', namespace },
    spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName, count } }] } } },
  });
  const spec = { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'ranker' }] };
  const server = workload('StatefulSet', { replicas: 3, template: { spec } });
  const gpus = (...templates: object[]) => footprint([server, ...(templates as [])]).least.gpus;
  expect(gpus(claims('shop', 'gpu.nvidia.com', 2))).toBe(6);
  expect(gpus(claims('shop', 'gpu.nvidia.com'))).toBe(3);
  expect(gpus(claims('other', 'gpu.nvidia.com', 2))).toBe(0);
  expect(gpus(claims('shop', 'nic.example.com', 2))).toBe(0);
});
