import fc from 'fast-check';
import type { TrainingJobProps } from '../../lib';
import { bytes } from '../../lib/core/quantities';
import { envOf, platform } from '../serving/fixtures';
import { cronJobOf, FOUR_NODES, jobOf, podOf, trainerOf } from './fixtures';

fc.configureGlobal({ seed: 42 });

const CHECKPOINTS = { claim: 'checkpoints', every: '10m' } as const;

test('the Job starts failed pods anew, and not the kubelet: the failure policy asks for it', () => {
  expect(podOf().restartPolicy).toBe('Never');
});

test('pods carry the labels by which services, policies and budgets find them', () => {
  expect(jobOf().template.metadata?.labels).toEqual({
    'app.kubernetes.io/name': 'retraining',
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/component': 'training',
    'app.kubernetes.io/managed-by': 'recstack',
  });
});

test('several nodes have host names below the service of the job; one alone needs none', () => {
  expect(podOf(FOUR_NODES).subdomain).toBe('retraining');
  expect(podOf()).not.toHaveProperty('subdomain');
});

test('no token of the Kubernetes API is mounted, and no variable tells of other services', () => {
  expect(podOf()).toMatchObject({
    serviceAccountName: 'retraining',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  });
});

test('pods are such as Pod Security `restricted` admits, and own the files of their claim', () => {
  expect(podOf().securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 10001,
    runAsGroup: 10001,
    fsGroup: 10001,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(trainerOf().securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
});

test('the program runs as it is given, from the image that is given', () => {
  expect(trainerOf({ command: ['torchrun', 'train.py', '--epochs=3'] })).toMatchObject({
    name: 'trainer',
    image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
    imagePullPolicy: 'IfNotPresent',
    command: ['torchrun', 'train.py', '--epochs=3'],
  });
});

test('an image has the digest of images.lock', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const shop = platform({ images: { 'registry.example.com/shop/dlrm-trainer:1.4.2': digest } });
  expect(podOf({}, shop).containers[0]?.image).toBe(`registry.example.com/shop/dlrm-trainer:1.4.2@${digest}`);
});

test('a priority class is named when there is one', () => {
  expect(podOf({ priorityClass: 'batch' }).priorityClassName).toBe('batch');
  expect(podOf()).not.toHaveProperty('priorityClassName');
});

test('there is no CPU limit; memory and disk are limited to what is set aside', () => {
  expect(trainerOf().resources).toEqual({
    requests: { cpu: '32', memory: '256Gi', 'ephemeral-storage': '12Gi' },
    limits: { memory: '256Gi', 'ephemeral-storage': '12Gi' },
  });
});

test('CPU and memory are in the form of the API server, so that applying twice changes nothing', () => {
  const { requests } = trainerOf({ resources: { cpu: '4000m', memory: '2048Mi' } }).resources;
  expect(requests).toMatchObject({ cpu: '4', memory: '2Gi' });
});

test('cdk8s#2163: GPUs are requested and limited alike, by a string', () => {
  const { requests, limits } = trainerOf({ gpusPerNode: 8 }).resources;
  expect([requests?.['nvidia.com/gpu'], limits?.['nvidia.com/gpu']]).toEqual(['8', '8']);
  expect(JSON.stringify(trainerOf().resources)).not.toContain('nvidia');
});

test('pods with GPUs go to nodes of their type and tolerate what keeps others off', () => {
  const { affinity, tolerations } = podOf({ gpusPerNode: 8, gpuType: 'nvidia-a100-80gb' });
  expect(affinity).toEqual({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              {
                key: 'nvidia.com/gpu.product',
                operator: 'In',
                values: ['NVIDIA-A100-SXM4-80GB', 'NVIDIA-A100-80GB-PCIe'],
              },
            ],
          },
        ],
      },
    },
  });
  expect(tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('GPUs of any type are tolerated without an affinity; pods without one stay off those nodes', () => {
  const any = podOf({ gpusPerNode: 1 });
  expect(any.tolerations).toHaveLength(1);
  expect(any).not.toHaveProperty('affinity');
  expect(podOf()).not.toHaveProperty('tolerations');
});

test('GPUs are found by the labels of the distribution', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', distribution: 'gke' } });
  expect(JSON.stringify(podOf({ gpusPerNode: 1, gpuType: 'nvidia-l4' }, shop).affinity)).toContain(
    '{"key":"cloud.google.com/gke-accelerator","operator":"In","values":["nvidia-l4"]}',
  );
});

test('/dev/shm is a memory volume: the 64 MB of a container kill data loaders', () => {
  const sharedMemory = (props: Partial<TrainingJobProps>) =>
    podOf(props).volumes.find(({ name }) => name === 'shared-memory');
  expect(sharedMemory({})).toEqual({ name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } });
  expect(sharedMemory({ sharedMemory: '64Gi' })?.emptyDir).toEqual({ medium: 'Memory', sizeLimit: '64Gi' });
  expect(trainerOf().volumeMounts).toContainEqual({ name: 'shared-memory', mountPath: '/dev/shm' });
});

test('without checkpoints there are just a place to write to, shared memory and the folder of the progress', () => {
  expect(podOf().volumes.map(({ name }) => name)).toEqual(['tmp', 'shared-memory', 'progress']);
  expect(trainerOf().volumeMounts).toEqual([
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'shared-memory', mountPath: '/dev/shm' },
    { name: 'progress', mountPath: '/run/recstack' },
  ]);
  expect(envOf(trainerOf())).toEqual({
    HOME: '/tmp',
    PET_NNODES: '1',
    PET_NPROC_PER_NODE: '1',
    PET_STANDALONE: '1',
    PROGRESS_FILE: '/run/recstack/progress.json',
  });
});

test('checkpoints outlive the pods on a claim, and the program is told where and how often', () => {
  expect(podOf({ checkpoints: CHECKPOINTS }).volumes).toContainEqual({
    name: 'checkpoints',
    persistentVolumeClaim: { claimName: 'checkpoints' },
  });
  const trainer = trainerOf({ checkpoints: CHECKPOINTS });
  expect(trainer.volumeMounts).toContainEqual({ name: 'checkpoints', mountPath: '/checkpoints' });
  expect(envOf(trainer)).toMatchObject({
    CHECKPOINT_FOLDER: '/checkpoints/retraining',
    CHECKPOINT_EVERY_SECONDS: '600',
  });
});

test('a run on a schedule has a folder of its own, or it would find the end of the last one and have nothing left to do', () => {
  for (const nodes of [1, 4]) {
    const spec = cronJobOf({ checkpoints: CHECKPOINTS, nodes }).jobTemplate.spec?.template.spec;
    const { env = [] } = spec?.containers[0] ?? {};
    expect(envOf({ env }).CHECKPOINT_FOLDER).toBe('/checkpoints/$(JOB_NAME)');
    const names = env.map(({ name }) => name);
    expect(names.filter((name) => name === 'JOB_NAME')).toHaveLength(1);
    expect(names.indexOf('JOB_NAME')).toBeLessThan(names.indexOf('CHECKPOINT_FOLDER'));
  }
});

test('every volume is mounted and every mount has its volume', () => {
  const pod = podOf({ checkpoints: CHECKPOINTS });
  const mounted = pod.containers.flatMap(({ volumeMounts }) => volumeMounts ?? []).map(({ name }) => name);
  expect(mounted).toEqual(pod.volumes.map(({ name }) => name));
});

test('a full /tmp does not evict the pod: the disk that is set aside is larger', () => {
  const tmp = podOf().volumes.find(({ name }) => name === 'tmp')?.emptyDir?.sizeLimit;
  expect(tmp).toBe('10Gi');
  expect(trainerOf().resources.limits?.['ephemeral-storage']).toBe('12Gi');
});

test("the user's variables come last, and one that has a default takes its place", () => {
  const { env } = trainerOf({ env: { NCCL_DEBUG: 'INFO', HOME: '/checkpoints/home' } });
  expect(env.map(({ name }) => name)).toEqual([
    ...['PET_NNODES', 'PET_NPROC_PER_NODE', 'PET_STANDALONE', 'HOME', 'PROGRESS_FILE', 'NCCL_DEBUG'],
  ]);
  expect(envOf({ env })).toMatchObject({ NCCL_DEBUG: 'INFO', HOME: '/checkpoints/home' });
});

test('no variable is there twice, which server-side apply would refuse', () => {
  const { env } = trainerOf({
    ...FOUR_NODES,
    checkpoints: CHECKPOINTS,
    env: { HOME: '/x', CHECKPOINT_FOLDER: '/checkpoints/a', CHECKPOINT_EVERY_SECONDS: '1' },
  });
  expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
  expect(envOf({ env }).CHECKPOINT_FOLDER).toBe('/checkpoints/a');
});

test('whatever the numbers, a pod asks for as many processes as GPUs, and a Job for as many pods as nodes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 16 }), (nodes, gpusPerNode) => {
      const { completions, parallelism, template } = jobOf({ nodes, gpusPerNode });
      const [trainer] = template.spec?.containers ?? [];
      const { PET_NNODES, PET_NPROC_PER_NODE } = envOf(trainer ?? {});
      expect([completions, parallelism, Number(PET_NNODES)]).toEqual([nodes, nodes, nodes]);
      expect(Number(PET_NPROC_PER_NODE)).toBe(Math.max(1, gpusPerNode));
      expect(Number(trainer?.resources?.limits?.['nvidia.com/gpu'] ?? 0)).toBe(gpusPerNode);
    }),
    { numRuns: 20 },
  );
});

test('memory is never rounded down', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (kilobytes) => {
      const { requests } = trainerOf({ resources: { cpu: '1', memory: `${kilobytes}k` } }).resources;
      return bytes(requests?.memory as '1Gi') >= kilobytes * 1000;
    }),
    { numRuns: 20 },
  );
});
