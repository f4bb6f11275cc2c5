import { Construct } from 'constructs';
import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { type Transform, transform } from '../../lib';
import { type Manifests, matchers } from '../../lib/testing';
import { objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { FOUR_NODES, jobSetPlatform, podOf, training } from './fixtures';

expect.extend(matchers);

const SELECTOR = { 'app.kubernetes.io/name': 'retraining', 'app.kubernetes.io/part-of': 'shop' };

/** The objects of the job, without those of the platform. */
function emitted(manifests: Manifests): string[] {
  return manifests.all.filter(({ metadata }) => metadata.name === 'retraining').map(({ kind }) => kind);
}

test('one run on one node is a Job with an identity and a network policy of its own', () => {
  expect(emitted(objectsOf(training()))).toEqual(['ServiceAccount', 'NetworkPolicy', 'Job']);
});

test('several nodes get a service, and a schedule makes it a CronJob; what a Job needs comes before it', () => {
  const manifests = objectsOf(training({ ...FOUR_NODES, schedule: '0 2 * * *' }));
  expect(emitted(manifests)).toEqual(['ServiceAccount', 'NetworkPolicy', 'Service', 'CronJob']);
});

test('nodes lead to every object', () => {
  const { nodes } = training({ ...FOUR_NODES, schedule: '0 2 * * *' });
  expect(nodes.job.kind).toBe('CronJob');
  expect(nodes.service?.kind).toBe('Service');
  expect(nodes.serviceAccount.kind).toBe('ServiceAccount');
  expect(nodes.networkPolicy.kind).toBe('NetworkPolicy');
  const single = training().nodes;
  expect(single.job.kind).toBe('Job');
  expect(single.service).toBeUndefined();
});

test('every object says that it is about training', () => {
  for (const { kind, metadata } of objectsOf(training(FOUR_NODES)).all) {
    if (metadata.name !== 'retraining') continue;
    expect({ kind, ...metadata.labels }).toEqual({
      kind,
      'app.kubernetes.io/name': 'retraining',
      'app.kubernetes.io/component': 'training',
      'app.kubernetes.io/part-of': 'shop',
      'app.kubernetes.io/managed-by': 'recstack',
    });
  }
});

test('the service gives pods their host names also while they are not ready, at no address of its own', () => {
  expect(specOf(objectsOf(training(FOUR_NODES)), 'Service', 'retraining')).toEqual({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: SELECTOR,
    ports: [{ name: 'rendezvous', port: 29500, targetPort: 29500, protocol: 'TCP' }],
  });
});

test('nodes of a run reach each other on any port, stores by HTTPS, and the addresses of identities; only monitoring reaches them', () => {
  const nodes = { podSelector: { matchLabels: SELECTOR } };
  expect(specOf<NetworkPolicySpec>(objectsOf(training()), 'NetworkPolicy', 'retraining')).toEqual({
    podSelector: { matchLabels: SELECTOR },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [nodes] },
      {
        from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 9404 }],
      },
    ],
    egress: [
      { to: [nodes] },
      { ports: [{ protocol: 'TCP', port: 443 }] },
      {
        to: ['169.254.169.254/32', '169.254.169.252/32', '169.254.170.23/32'].map((cidr) => ({ ipBlock: { cidr } })),
        ports: [80, 988].map((port) => ({ protocol: 'TCP', port })),
      },
    ],
  });
});

test('a JobSet makes the service of its nodes itself', () => {
  const job = training(FOUR_NODES, jobSetPlatform());
  expect(emitted(objectsOf(job))).toEqual(['ServiceAccount', 'NetworkPolicy', 'JobSet']);
  expect([job.nodes.job.kind, job.nodes.service]).toEqual(['JobSet', undefined]);
});

test.each([
  [2, 48],
  [11, 47],
  [1000, 46],
])('a JobSet of %d nodes leaves room in the names of its pods: at most %d characters', (nodes, longest) => {
  const problemsWith = (length: number) => {
    const scope = new Construct(jobSetPlatform(), 'j'.repeat(length - '-retraining'.length));
    return problemsOf(() => training({ nodes }, scope));
  };
  expect(problemsWith(longest)).toEqual([]);
  expect(problemsWith(longest + 1)[0]).toContain(`id must be a name of at most ${longest} lower-case letters`);
  expect(`${'j'.repeat(longest)}-node-0-${nodes - 1}-abcde`).toHaveLength(63);
});

/** What is said against the id of a construct around the job; the job is called `<id>-retraining`. */
function problemsWithId(id: string, props: Parameters<typeof training>[0]): string[] {
  return problemsOf(() => expect(training(props, new Construct(platform(), id)).name).toBe(`${id}-retraining`));
}

test.each([
  ['one run on one node', {}, 61],
  ['one run on ten nodes', { nodes: 10 }, 61],
  ['one run on eleven nodes', { nodes: 11 }, 60],
  ['one run on a thousand nodes', { nodes: 1000 }, 59],
  ['a schedule on one node', { schedule: '0 2 * * *' }, 50],
  ['a schedule on eleven nodes', { schedule: '0 2 * * *', nodes: 11 }, 49],
] as const)('%s leaves room in the host names of its pods: at most %s%d characters', (_what, props, longest) => {
  const id = longest - '-retraining'.length;
  expect(problemsWithId('j'.repeat(id), props)).toEqual([]);
  const name = `${'j'.repeat(id + 1)}-retraining`;
  const shown = name.length > 58 ? `'${name.slice(0, 56)}…` : `'${name}'`;
  expect(problemsWithId('j'.repeat(id + 1), props)).toEqual([
    `[shop/${'j'.repeat(id + 1)}/retraining] id must be a name of at most ${longest} lower-case letters, digits and '-', from a letter to a letter or digit, got ${shown} (${longest + 1} characters)`,
  ]);
});

test.each([
  ['job', 'Job', {}],
  ['cronJob', 'CronJob', { schedule: '0 2 * * *' }],
  ['service', 'Service', FOUR_NODES],
  ['serviceAccount', 'ServiceAccount', {}],
  ['networkPolicy', 'NetworkPolicy', {}],
] as const)('transform.%s has the last word on the %s and on nothing else', (key, kind, props) => {
  const change: Transform<object> = { metadata: { annotations: { changed: 'yes' } } };
  const manifests = objectsOf(training({ ...props, transform: { [key]: change } }));
  const changed = manifests.all.filter(({ metadata }) => metadata.annotations?.changed === 'yes');
  expect(changed.map((manifest) => manifest.kind)).toEqual([kind]);
  expect(manifests).toHaveObject(kind, 'retraining', { metadata: { annotations: { changed: 'yes' } } });
});

test('a transform of the object that there is not, with or without a schedule, is refused', () => {
  const change = { metadata: { annotations: { changed: 'yes' } } };
  const schedule = '0 2 * * *';
  expect(problemsOf(() => objectsOf(training({ schedule, transform: { job: change } })))).toEqual([
    "[shop/retraining] transform.job must come without a schedule, got '0 2 * * *', which makes a CronJob: use transform.cronJob",
  ]);
  expect(problemsOf(() => objectsOf(training({ transform: { cronJob: change } })))).toEqual([
    '[shop/retraining] transform.cronJob must come with a schedule, got none, which makes a Job: use transform.job',
  ]);
});

test('transform.jobSet has the last word on the JobSet', () => {
  const change = { spec: { failurePolicy: { maxRestarts: 100 } } };
  const manifests = objectsOf(training({ ...FOUR_NODES, transform: { jobSet: change } }, jobSetPlatform()));
  expect(manifests).toHaveObject('JobSet', 'retraining', {
    spec: { failurePolicy: { maxRestarts: 100, restartStrategy: 'BlockingRecreate' } },
  });
});

test('a transform of the object of another engine is refused', () => {
  const change = { metadata: { annotations: { changed: 'yes' } } };
  expect(problemsOf(() => objectsOf(training({ transform: { jobSet: change } })))).toEqual([
    "[shop/retraining] transform.jobSet must come with the engine 'jobset', got 'job', which makes a Job: use transform.job or set engine",
  ]);
  const transforms = { job: change, cronJob: change, service: change };
  expect(problemsOf(() => objectsOf(training({ ...FOUR_NODES, transform: transforms }, jobSetPlatform())))).toEqual(
    ['job', 'cronJob', 'service'].map(
      (key) =>
        `[shop/retraining] transform.${key} must come with the engine 'job', got 'jobset', which makes a JobSet: use transform.jobSet or set engine`,
    ),
  );
});

test('a transform may set fields that the library has never heard of, deep inside', () => {
  const manifests = objectsOf(
    training({
      transform: {
        job: (job) => ({ ...job, spec: { ...job.spec, managedBy: 'kueue.x-k8s.io/multikueue' } }) as typeof job,
      },
    }),
  );
  expect(manifests).toHaveObject('Job', 'retraining', {
    spec: { managedBy: 'kueue.x-k8s.io/multikueue', completions: 1 },
  });
});

test('nodes can be transformed from outside as well', () => {
  const job = training();
  transform(job.nodes.job, { metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } } });
  expect(objectsOf(job)).toHaveObject('Job', 'retraining', {
    metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } },
  });
});

test('a GPU type that the cluster does not have is refused at synth', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', gpus: ['nvidia-l4'] } });
  const job = training({ gpusPerNode: 1, gpuType: 'nvidia-h200' }, shop);
  expect(problemsOf(() => objectsOf(job))).toEqual([
    "[shop/retraining] gpuType must be a type of GPU in the cluster, got 'nvidia-h200', but it has nvidia-l4: add it to cluster.gpus or take another",
  ]);
});

test('a GPU type without GPUs is refused, and everything else that is wrong with it is said at the same time', () => {
  expect(problemsOf(() => objectsOf(training({ gpuType: 'nvidia-l4' })))).toEqual([
    "[shop/retraining] gpuType must come with gpusPerNode, got 'nvidia-l4' and 0: set gpusPerNode or leave both out",
  ]);
  const shop = platform({ cluster: { kubernetes: '1.33', gpus: [] } });
  expect(problemsOf(() => objectsOf(training({ gpuType: 'nvidia-l4' }, shop)))).toEqual([
    "[shop/retraining] gpuType must be a type of GPU in the cluster, got 'nvidia-l4', but it has no GPUs: add it to cluster.gpus or take another",
    "[shop/retraining] gpuType must come with gpusPerNode, got 'nvidia-l4' and 0: set gpusPerNode or leave both out",
  ]);
});

test('whole cards of any type are refused where shares have the same name: a run could get those', () => {
  const gpuSharing = { 'nvidia-t4': { by: 'time-slicing', replicas: 4 } } as const;
  const shop = () => platform({ cluster: { kubernetes: '1.33', gpuSharing } });
  expect(problemsOf(() => objectsOf(training({ gpusPerNode: 8 }, shop())))).toEqual([
    '[shop/retraining] gpuType must be said in a cluster where shares are called nvidia.com/gpu, as those of nvidia-t4 are: a run without it could get them for whole cards',
  ]);
  expect(problemsOf(() => objectsOf(training({ gpusPerNode: 8, gpuType: 'nvidia-t4' }, shop())))).toEqual([]);
  expect(problemsOf(() => objectsOf(training({}, shop())))).toEqual([]);
});

test('a run with GPUs has the runtime class that the cluster needs for them', () => {
  const shop = () => platform({ cluster: { kubernetes: '1.33', distribution: 'k3s' } });
  expect(podOf({ gpusPerNode: 1 }, shop()).runtimeClassName).toBe('nvidia');
  expect(podOf({}, shop())).not.toHaveProperty('runtimeClassName');
});

test('GPUs of any type are refused in a cluster that is described as having none, and taken where nothing is said', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', gpus: [] } });
  expect(problemsOf(() => objectsOf(training({ gpusPerNode: 8 }, shop)))).toEqual([
    '[shop/retraining] gpusPerNode must be 0 in a cluster without GPUs, got 8: add their type to cluster.gpus',
  ]);
  expect(problemsOf(() => objectsOf(training({ gpusPerNode: 8 })))).toEqual([]);
});

test('a GPU type of the cluster is taken', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', gpus: ['nvidia-l4'] } });
  expect(problemsOf(() => objectsOf(training({ gpusPerNode: 1, gpuType: 'nvidia-l4' }, shop)))).toEqual([]);
});

const CHECKPOINTS = { claim: 'checkpoints', every: '10m' } as const;
const MISSING = {
  where: 'shop/retraining',
  text: 'checkpoints are missing: whatever interrupts the run starts it from the beginning',
};

test('in production, several nodes without checkpoints are warned about', () => {
  expect(objectsOf(training(FOUR_NODES)).warnings).toContainEqual(MISSING);
  for (const [props, shop] of [
    [{ ...FOUR_NODES, checkpoints: CHECKPOINTS }, platform()],
    [{}, platform()],
    [FOUR_NODES, platform({ production: false })],
  ] as const) {
    expect(objectsOf(training(props, shop)).warnings).not.toContainEqual(MISSING);
  }
});

test('in production, fatal exit codes that torchrun would swallow are warned about', () => {
  const text =
    'fatalExitCodes never come out of torchrun, which ends with 1 whatever its processes end with, got 42: start it from a program that passes them on';
  const warning = { where: 'shop/retraining', text };
  expect(objectsOf(training({ fatalExitCodes: [1, 42] })).warnings).toContainEqual(warning);
  for (const props of [{ fatalExitCodes: [1] }, { command: ['python', 'train.py'], fatalExitCodes: [1, 42] }]) {
    expect(JSON.stringify(objectsOf(training(props)).warnings)).not.toContain('torchrun');
  }
});

test('in production, an image without a digest is warned about', () => {
  expect(objectsOf(training()).warnings).toContainEqual({
    where: 'shop',
    text: "image 'registry.example.com/shop/dlrm-trainer:1.4.2' has no digest: add it to images.lock, so that what was tested is what runs",
  });
});

test('two jobs live side by side, and reach only their own nodes', () => {
  const shop = platform();
  training(FOUR_NODES, shop);
  training(FOUR_NODES, new Construct(shop, 'search'));
  const manifests = objectsOf(shop);
  expect(manifests).toHaveObject('NetworkPolicy', 'search-retraining', {
    spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'search-retraining' } } },
  });
  expect(manifests).toHaveObject('Job', 'search-retraining', {
    spec: { template: { spec: { subdomain: 'search-retraining' } } },
  });
});
