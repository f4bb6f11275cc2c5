import { App } from 'cdk8s';
import { Construct } from 'constructs';
import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import type { Role } from 'kubernetes-types/rbac/v1';
import { Platform, QueueCohort, TrainingQueue } from '../../../lib';
import { warningsOf } from '../../../lib/platform/warnings';
import { envOf, objectsOf, platform, problemsOf, specOf } from '../../serving/fixtures';
import { jobOf, jobSetPlatform, podOf, training } from '../fixtures';
import { fileOf, orderOf, sweep, TRIAL, templateOf } from './fixtures';

const SELECTOR = { 'app.kubernetes.io/name': 'tuning', 'app.kubernetes.io/part-of': 'shop' };
const COORDINATOR = { ...SELECTOR, 'app.kubernetes.io/name': 'tuning-coordinator' };

const emitted = (construct = sweep()) =>
  objectsOf(construct)
    .all.filter(({ metadata }) => metadata.name.startsWith('tuning'))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

const coordinatorSpec = (construct = sweep()) =>
  specOf<Required<JobSpec>>(objectsOf(construct), 'Job', 'tuning-coordinator');
const pod = (spec: JobSpec) => spec.template.spec as Required<PodSpec>;

test('a sweep is a coordinator with its role and files, and what its trials run as', () => {
  expect(emitted().sort()).toEqual([
    'ConfigMap tuning-best',
    'ConfigMap tuning-coordinator',
    'Job tuning-coordinator',
    'NetworkPolicy tuning',
    'NetworkPolicy tuning-coordinator',
    'Role tuning-coordinator',
    'RoleBinding tuning-coordinator',
    'ServiceAccount tuning',
    'ServiceAccount tuning-coordinator',
  ]);
});

test('the coordinator is told all that it must know', () => {
  const search = {
    learning_rate: { type: 'logUniform', min: 1e-5, max: 1e-2 },
    depth: { type: 'integer', min: 1, max: 4 },
  } as const;
  const trial = { ...TRIAL, hyperparameters: { epochs: 3 } };
  expect(orderOf({ search, trial, seed: 7, strategy: 'random', earlyStopping: { every: 500 } })).toEqual({
    name: 'tuning',
    owner: 'tuning-coordinator',
    best: 'tuning-best',
    trials: 20,
    parallel: 4,
    strategy: 'random',
    seed: 7,
    objective: { metric: 'ndcg', goal: 'maximize' },
    search: { ...search, depth: { ...search.depth, step: 1 } },
    fixed: { epochs: 3 },
    earlyStopping: { every: 500, after: 5 },
  });
});

test('a trial is what a TrainingJob would run, but is kept until the sweep goes', () => {
  const { ttlSecondsAfterFinished: _, ...job } = jobOf({ ...TRIAL, hyperparameters: { epochs: 3 } });
  const { spec, metadata } = templateOf({ trial: { ...TRIAL, hyperparameters: { epochs: 3 } } });
  const own = { 'app.kubernetes.io/name': 'tuning', 'recstack/sweep': 'tuning' };
  expect(spec).toEqual({
    ...job,
    template: {
      metadata: { ...job.template.metadata, labels: { ...job.template.metadata?.labels, ...own } },
      spec: { ...job.template.spec, serviceAccountName: 'tuning' },
    },
  });
  expect(metadata).toMatchObject({ namespace: 'shop', labels: own });
});

test('a trial has the file of its hyperparameters also where none is fixed', () => {
  const trainer = templateOf().spec?.template.spec?.containers[0] as Container;
  expect(envOf(trainer).HYPERPARAMETERS_FILE).toBe('/etc/hyperparameters/hyperparameters.json');
});

test('the nodes of each trial find each other below a service that all share', () => {
  const construct = sweep({ trial: { ...TRIAL, nodes: 2 } });
  expect(specOf(objectsOf(construct), 'Service', 'tuning')).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: SELECTOR,
  });
  const { subdomain, containers } = pod(fileOf<{ spec: JobSpec }>('trial.json', construct).spec);
  expect(subdomain).toBe('tuning');
  expect(envOf(containers[0] as Container).PET_RDZV_ENDPOINT).toBe('$(JOB_NAME)-0.tuning.shop.svc.cluster.local:29500');
});

test.each([
  ['a claim', {}, '/checkpoints/tuning/$(TRIAL_NAME)-$(TRIAL_UID)'],
  ['a store', { CHECKPOINT_FOLDER: 's3://shop/dlrm' }, 's3://shop/dlrm/$(TRIAL_NAME)-$(TRIAL_UID)'],
])('no trial goes on from the checkpoints of another one or of another sweep: %s', (_what, env, folder) => {
  const trial = { ...TRIAL, env, checkpoints: { claim: 'checkpoints', every: '10m' } } as const;
  const trainer = templateOf({ trial }).spec?.template.spec?.containers[0] as Required<Container>;
  expect(envOf(trainer).CHECKPOINT_FOLDER).toBe(folder);
  // What a variable refers to must come before it.
  expect(trainer.env.slice(0, 2)).toEqual([
    { name: 'TRIAL_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
    {
      name: 'TRIAL_UID',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" } },
    },
  ]);
});

test('trials enter the queue, which has no say in how long the sweep takes', () => {
  const scope = jobSetPlatform();
  const queue = new TrainingQueue(scope, 'cpu', { cpu: '64', memory: '1Ti' });
  const trial = { ...TRIAL, gpusPerNode: 0, queue };
  const construct = sweep({ trial, gpuBudget: undefined }, scope);
  expect(fileOf<{ metadata: object }>('trial.json', construct).metadata).toMatchObject({
    labels: { 'kueue.x-k8s.io/queue-name': 'cpu', 'kueue.x-k8s.io/priority-class': 'shop-cpu-normal' },
  });
  expect(coordinatorSpec(construct)).not.toHaveProperty('activeDeadlineSeconds');
});

test('a queue is asked for room when the tree is complete: what is lent by one that stands behind the sweep counts', () => {
  const app = new App();
  const [shop, search] = ['shop', 'search'].map(
    (id) => new Platform(app, id, { cluster: { kubernetes: '1.33', addons: ['kueue'] } }),
  ) as [Platform, Platform];
  const cohort = new QueueCohort(shop, 'all', {});
  const queue = new TrainingQueue(shop, 'cpu', { cohort, cpu: '4', memory: '1Ti' });
  sweep({ trial: { ...TRIAL, gpusPerNode: 0, queue }, gpuBudget: undefined }, shop);
  const wanting = problemsOf(() => objectsOf(app));
  expect(wanting).toEqual([
    expect.stringContaining('and 10m for the sidecars of progress, and it has 4 and can borrow 0'),
  ]);
  new TrainingQueue(search, 'cpu', { cohort, cpu: '64', memory: '1Ti' });
  expect(problemsOf(() => objectsOf(app))).toEqual([]);
});

test('the coordinator goes on in another pod, never in two, and gives up where no trial has a result', () => {
  const spec = coordinatorSpec();
  expect(spec).toMatchObject({
    backoffLimit: 6,
    activeDeadlineSeconds: 5 * (86_400 + 600),
    ttlSecondsAfterFinished: 86_400,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { containerName: 'coordinator', operator: 'In', values: [3] } },
      ],
    },
  });
  const { containers, serviceAccountName, automountServiceAccountToken, restartPolicy } = pod(spec);
  expect({ serviceAccountName, automountServiceAccountToken, restartPolicy }).toEqual({
    serviceAccountName: 'tuning-coordinator',
    automountServiceAccountToken: true,
    restartPolicy: 'Never',
  });
  expect(containers[0]).toMatchObject({
    image: 'optuna/optuna:v4.5.0-py3.12',
    command: ['python3', '/opt/sweep/coordinator.py', '/opt/sweep'],
  });
});

test('other settings are another Job, since they would not reach one that runs', () => {
  const checksum = (seed: number) =>
    coordinatorSpec(sweep({ seed })).template.metadata?.annotations?.['checksum/sweep'];
  expect(checksum(1)).toMatch(/^[0-9a-f]{16}$/);
  expect(checksum(1)).toBe(checksum(1));
  expect(checksum(2)).not.toBe(checksum(1));
});

test('the coordinator may make Jobs, change its trials by their names, look at pods and write the result', () => {
  const { rules } = objectsOf(sweep({ trials: 3 })).get('Role', 'tuning-coordinator') as unknown as Role;
  expect(rules).toEqual([
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list'] },
    {
      apiGroups: ['batch'],
      resources: ['jobs'],
      resourceNames: ['tuning-0', 'tuning-1', 'tuning-2'],
      verbs: ['patch'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['tuning-best'], verbs: ['patch'] },
  ]);
});

test('the coordinator reaches the API server and the progress of its trials, nobody reaches it', () => {
  expect(specOf<NetworkPolicySpec>(objectsOf(sweep()), 'NetworkPolicy', 'tuning-coordinator')).toEqual({
    podSelector: { matchLabels: COORDINATOR },
    policyTypes: ['Ingress', 'Egress'],
    egress: [
      { ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) },
      { to: [{ podSelector: { matchLabels: SELECTOR } }], ports: [{ protocol: 'TCP', port: 9404 }] },
    ],
  });
  expect(specOf<NetworkPolicySpec>(objectsOf(sweep()), 'NetworkPolicy', 'tuning').ingress).toEqual([
    { from: [{ podSelector: { matchLabels: SELECTOR } }] },
    { from: [{ podSelector: { matchLabels: COORDINATOR } }], ports: [{ protocol: 'TCP', port: 9404 }] },
  ]);
});

test('the result is a ConfigMap without data, which applying it again would take away', () => {
  const construct = sweep();
  expect(construct.best).toBe('tuning-best');
  expect(objectsOf(construct).get('ConfigMap', 'tuning-best')).not.toHaveProperty('data');
});

test('a TrainingJob that takes the result has it as a file, and comes after the sweep', () => {
  const scope = platform();
  const hyperparametersFrom = sweep({}, scope);
  const pod = podOf({ hyperparametersFrom }, scope);
  expect(pod.volumes).toContainEqual({
    name: 'hyperparameters',
    configMap: {
      name: 'tuning-best',
      items: [{ key: 'hyperparameters.json', path: 'hyperparameters.json' }],
    },
  });
  const trainer = pod.containers[0] as Required<Container>;
  expect(envOf(trainer).HYPERPARAMETERS_FILE).toBe('/etc/hyperparameters/hyperparameters.json');
  expect(trainer.volumeMounts).toContainEqual({ name: 'hyperparameters', mountPath: '/etc/hyperparameters' });
  expect(trainer).not.toHaveProperty('args');
  const names = objectsOf(hyperparametersFrom).all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.indexOf('Job retraining')).toBeGreaterThan(names.indexOf('ConfigMap tuning-best'));
});

test('hyperparameters of its own beside those of a sweep are refused', () => {
  const scope = platform();
  const hyperparametersFrom = sweep({}, scope);
  const props = { hyperparametersFrom, hyperparameters: { epochs: 3 } };
  expect(problemsOf(() => objectsOf(training(props, scope)))).toEqual([
    "[shop/retraining] hyperparametersFrom must come without hyperparameters, got 'shop/tuning' and some: put those into the sweep's trial",
  ]);
  expect(problemsOf(() => training({ hyperparametersFrom: 'tuning' as never }))).toEqual([
    "[shop/retraining] hyperparametersFrom must be a HyperparameterSweep, got 'tuning'",
  ]);
});

test('a sweep of another platform is refused: its ConfigMap is in another namespace', () => {
  expect(problemsOf(() => objectsOf(training({ hyperparametersFrom: sweep() }, platform())))).toEqual([
    "[shop/retraining] hyperparametersFrom must be a sweep in the platform of the run, got 'shop/tuning': a ConfigMap is read in its own namespace only",
  ]);
});

test('what is wrong with a trial is told as of a TrainingJob', () => {
  expect(
    problemsOf(() =>
      objectsOf(sweep({ trial: { ...TRIAL, gpuType: 'nvidia-l4', gpusPerNode: 0 }, gpuBudget: undefined })),
    ),
  ).toEqual([
    "[shop/tuning] trial.gpuType must come with gpusPerNode, got 'nvidia-l4' and 0: set gpusPerNode or leave both out",
  ]);
});

test('a strategy that would have nothing to learn from is warned about', () => {
  const warnings = (trials: number) => warningsOf(sweep({ trials })).map(({ text }) => text);
  expect(warnings(11)).toEqual([]);
  expect(warnings(10)).toEqual([
    "trials must be more than 10 for the strategy 'adaptive' to learn from them, got 10: the first 10 are random",
  ]);
});

test('transforms have the last word, also on the trials', () => {
  const construct = sweep({
    transform: {
      trial: { spec: { template: { spec: { schedulerName: 'volcano' } } } },
      coordinator: { spec: { backoffLimit: 1 } },
      networkPolicy: { metadata: { labels: { team: 'ranking' } } },
    },
  });
  expect(pod(fileOf<{ spec: JobSpec }>('trial.json', construct).spec).schedulerName).toBe('volcano');
  expect(coordinatorSpec(construct).backoffLimit).toBe(1);
  expect(objectsOf(construct).get('NetworkPolicy', 'tuning').metadata.labels).toMatchObject({ team: 'ranking' });
  const byFunction = sweep({ transform: { trial: (job) => ({ ...job, metadata: { ...job.metadata, name: 'x' } }) } });
  expect(fileOf<{ metadata: object }>('trial.json', byFunction).metadata).toMatchObject({ name: 'x' });
});

test.each([
  ['of one node', 1, 20, 51],
  ['of a thousand nodes', 1000, 1000, 51],
])('trials %s leave room for their names and that of the coordinator', (_what, nodes, trials, longest) => {
  const trial = { ...TRIAL, gpusPerNode: 0, nodes };
  const problemsWith = (length: number) => {
    const scope = new Construct(platform(), 's'.repeat(length - '-tuning'.length));
    return problemsOf(() => sweep({ trial, trials, gpuBudget: undefined }, scope));
  };
  expect(problemsWith(longest)).toEqual([]);
  expect(problemsWith(longest + 1)[0]).toContain(`id must be a name of at most ${longest} lower-case letters`);
});
