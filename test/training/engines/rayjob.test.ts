import { Construct } from 'constructs';
import type { Container, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { type TrainingJobProps, TrainingQueue } from '../../../lib';
import { envOf, objectsOf, problemsOf, specOf } from '../../serving/fixtures';
import { enginePlatform, FOUR_NODES, rayJobOf, training } from '../fixtures';
import { sweep } from '../sweep/fixtures';

const RAY_JOB = { ...FOUR_NODES, engine: 'rayjob', command: ['python', 'train.py'] } as const;
const refused = (props: Partial<TrainingJobProps>) =>
  problemsOf(() => objectsOf(training({ ...RAY_JOB, ...props }, enginePlatform())));

const podOf = (template: PodTemplateSpec | undefined) => template?.spec as Required<PodSpec>;
const containerOf = (template: PodTemplateSpec | undefined) => podOf(template).containers[0] as Required<Container>;
const cluster = (props: Partial<TrainingJobProps> = {}) => rayJobOf(props).rayClusterSpec;
const head = (props: Partial<TrainingJobProps> = {}) => cluster(props).headGroupSpec.template;
const worker = (props: Partial<TrainingJobProps> = {}) => cluster(props).workerGroupSpecs[0]?.template;

test('a node is a worker, and their number never changes', () => {
  expect(cluster().workerGroupSpecs).toHaveLength(1);
  expect(cluster().workerGroupSpecs[0]).toMatchObject({
    groupName: 'node',
    numOfHosts: 1,
    replicas: 4,
    minReplicas: 4,
    maxReplicas: 4,
  });
});

test('the head holds no GPU and no worker of the program', () => {
  expect(cluster().headGroupSpec.rayStartParams['num-cpus']).toBe('0');
  expect(containerOf(head()).resources).toEqual({
    requests: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '12Gi' },
    limits: { memory: '4Gi', 'ephemeral-storage': '12Gi' },
  });
  expect(podOf(head())).not.toHaveProperty('tolerations');
  expect(podOf(worker()).tolerations).toHaveLength(1);
  expect(containerOf(worker()).resources.limits).toMatchObject({ 'nvidia.com/gpu': '8' });
});

test('the command is submitted once, with its hyperparameters; what starts Ray is up to KubeRay', () => {
  const props = { hyperparameters: { learning_rate: 1e-3, layers: [512, 256], amp: true } };
  expect(rayJobOf(props).entrypoint).toBe('python train.py --learning_rate=0.001 --layers 512 256 --amp');
  for (const template of [head(props), worker(props), rayJobOf(props).submitterPodTemplate]) {
    expect(containerOf(template)).not.toHaveProperty('command');
    expect(containerOf(template)).not.toHaveProperty('args');
  }
});

test('program and workers find hyperparameters and checkpoints as with any engine, and nothing of torchrun', () => {
  const props = { hyperparameters: { amp: true }, checkpoints: { claim: 'checkpoints', every: '10m' } } as const;
  const nccl = { NCCL_SOCKET_IFNAME: '=eth0', NCCL_NET: 'Socket', NCCL_IB_DISABLE: '1' };
  const progress = { PROGRESS_FILE: '/run/recstack/progress.json' };
  for (const [template, ofWorkers, volumes] of [
    [head(props), {}, []],
    [worker(props), { ...nccl, ...progress }, ['progress']],
  ] as const) {
    expect(envOf(containerOf(template))).toEqual({
      RAY_USAGE_STATS_ENABLED: '0',
      GLOO_SOCKET_IFNAME: 'eth0',
      ...ofWorkers,
      HOME: '/tmp',
      CHECKPOINT_FOLDER: '/checkpoints/retraining',
      CHECKPOINT_EVERY_SECONDS: '600',
      HYPERPARAMETERS_FILE: '/etc/hyperparameters/hyperparameters.json',
    });
    expect(template?.metadata?.annotations).toEqual({ 'recstack/hyperparameters': '{"amp":true}' });
    expect(podOf(template).volumes.map(({ name }) => name)).toEqual([
      'tmp',
      'shared-memory',
      'checkpoints',
      'hyperparameters',
      ...volumes,
    ]);
  }
  const { metadata, ...submitter } = rayJobOf(props).submitterPodTemplate;
  expect(podOf(submitter).volumes.map(({ name }) => name)).toEqual(['tmp', 'shared-memory']);
  expect(metadata).not.toHaveProperty('annotations');
});

test('the submitter waits for no volume of the program: not for its data, nor for the result of a sweep', () => {
  const scope = enginePlatform();
  const hyperparametersFrom = sweep({}, scope);
  const job = training({ ...RAY_JOB, data: { clicks: { claim: 'clicks' } }, hyperparametersFrom }, scope);
  const spec = specOf<{ submitterPodTemplate: PodTemplateSpec }>(objectsOf(job), 'RayJob', 'retraining');
  const { volumes, containers } = podOf(spec.submitterPodTemplate);
  expect(volumes.map(({ name }) => name)).toEqual(['tmp', 'shared-memory']);
  expect(containers[0]?.volumeMounts?.map(({ name }) => name)).toEqual(['tmp', 'shared-memory']);
});

test('only workers get the cards of the network', () => {
  const network = { by: 'rdma', resource: 'rdma/hca', count: 2, lockedMemory: 'unlimited' } as const;
  const cards = (template: PodTemplateSpec | undefined) => containerOf(template).resources.limits?.['rdma/hca'];
  expect([worker, head].map((of) => cards(of({ network, gpusPerNode: 8 })))).toEqual(['2', undefined]);
});

test('a variable of your own is there once', () => {
  const { env } = containerOf(worker({ env: { RAY_USAGE_STATS_ENABLED: '1' } }));
  expect(env.filter(({ name }) => name === 'RAY_USAGE_STATS_ENABLED')).toEqual([
    { name: 'RAY_USAGE_STATS_ENABLED', value: '1' },
  ]);
});

test("Ray's store of objects is half of /dev/shm: left to itself it would take 30 % of the memory", () => {
  const { headGroupSpec, workerGroupSpecs } = cluster({ sharedMemory: '8Gi' });
  expect(headGroupSpec.rayStartParams['object-store-memory']).toBe(String(2 ** 29));
  expect(workerGroupSpecs[0]?.rayStartParams).toEqual({ 'object-store-memory': String(2 ** 32), 'num-cpus': '32' });
  expect(containerOf(worker()).volumeMounts).toContainEqual({ name: 'shared-memory', mountPath: '/dev/shm' });
});

test("all pods are restricted, in the group that may enter the home folder of Ray's images", () => {
  for (const template of [head(), worker(), rayJobOf().submitterPodTemplate]) {
    expect(podOf(template).securityContext).toMatchObject({ runAsNonRoot: true, runAsGroup: 100, fsGroup: 100 });
    expect(containerOf(template).securityContext).toMatchObject({ allowPrivilegeEscalation: false });
    expect(podOf(template).automountServiceAccountToken).toBe(false);
  }
});

test('probes are our own: those of KubeRay need wget, and give up after one failure', () => {
  expect(containerOf(head()).readinessProbe.httpGet).toEqual({ path: '/api/gcs_healthz', port: 8265 });
  expect(containerOf(worker()).readinessProbe).toMatchObject({
    httpGet: { path: '/api/local_raylet_healthz', port: 52365 },
    failureThreshold: 3,
  });
});

test('a finished run keeps no node: its cluster is gone at once, and the submitter keeps the log', () => {
  expect(rayJobOf()).toMatchObject({
    submissionMode: 'K8sJobMode',
    shutdownAfterJobFinishes: true,
    ttlSecondsAfterFinished: 0,
  });
});

test('a failure is tried again on a new cluster, and a try ends after a day', () => {
  expect(rayJobOf()).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 86_400 });
  expect(rayJobOf({ retries: 0, deadline: '6h' })).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 21_600 });
});

test('the operator may ask the head how the program does; with other engines only the nodes come in', () => {
  const job = training(RAY_JOB, enginePlatform());
  const ofOperator = {
    from: [
      { namespaceSelector: {}, podSelector: { matchLabels: { 'app.kubernetes.io/component': 'kuberay-operator' } } },
    ],
    ports: [{ protocol: 'TCP', port: 8265 }],
  };
  expect(specOf<NetworkPolicySpec>(objectsOf(job), 'NetworkPolicy', 'retraining').ingress).toContainEqual(ofOperator);
  const other = training(FOUR_NODES, enginePlatform());
  expect(specOf<NetworkPolicySpec>(objectsOf(other), 'NetworkPolicy', 'retraining').ingress).not.toContainEqual(
    ofOperator,
  );
});

test.each<[string, Partial<TrainingJobProps>, string]>([
  [
    'torchrun, which would run at the head alone',
    { command: ['torchrun', 'train.py'] },
    "command must be a program of Ray with the engine 'rayjob', got 'torchrun', which would run at the head alone: start the workers by Ray Train or set engine to 'jobset'",
  ],
  [
    'a word that a shell would touch',
    { command: ['python', 'train.py', '$DATA'] },
    "command must have words without blanks and characters of the shell with the engine 'rayjob', got '$DATA': put it into the program or a variable of env",
  ],
  [
    'a hyperparameter that a shell would take apart',
    { hyperparameters: { note: 'two words' } },
    "hyperparameters.note must be without blanks and characters of the shell with the engine 'rayjob', got 'two words': put it into a variable of env",
  ],
  [
    'less shared memory than Ray takes',
    { sharedMemory: '128Mi' },
    "sharedMemory must be 150Mi or more with the engine 'rayjob', got '128Mi': half of it is Ray's store of objects",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/retraining] ${problem}`]);
});

test.each(['150Mi', '1Gi'] as const)('%s of shared memory are enough', (sharedMemory) => {
  expect(refused({ sharedMemory })).toEqual([]);
});

test('a queue counts the head and the submitter as well, without which the run would wait for ever', () => {
  const inQueue = (cpu: `${number}`, memory: `${number}Mi`, nodes = 4) => {
    const scope = enginePlatform();
    const queue = new TrainingQueue(scope, 'gpus', { gpus: { count: 32, type: 'nvidia-a100-80gb' }, cpu, memory });
    const job = training({ ...RAY_JOB, nodes, gpuType: 'nvidia-a100-80gb', queue }, scope);
    return problemsOf(() => objectsOf(job));
  };
  expect(inQueue('130.54', '1053952Mi')).toEqual([]);
  expect(inQueue('130.53', '1053952Mi')).toEqual([
    expect.stringContaining(
      "got 4 × 32 CPU and 2540m for Ray's head and submitter and the sidecars of progress, and it",
    ),
  ]);
  expect(inQueue('130.54', '1053951Mi')).toEqual([expect.stringContaining('5376Mi for')]);
  // What is no multiple of the nodes is not rounded: 3 × 32 and 2.5 and 30m.
  expect(inQueue('98.53', '791744Mi', 3)).toEqual([]);
});

test('the name leaves room for what KubeRay makes of it, and cuts at 50 characters', () => {
  const problemsWith = (length: number) => {
    const scope = new Construct(enginePlatform(), 'r'.repeat(length - '-retraining'.length));
    return problemsOf(() => training(RAY_JOB, scope));
  };
  expect(problemsWith(35)).toEqual([]);
  expect(problemsWith(36)[0]).toContain('id must be a name of at most 35 lower-case letters');
  expect(`${'r'.repeat(35)}-abcde-head-svc`).toHaveLength(50);
});
