import type { Container, PodTemplateSpec, Probe } from 'kubernetes-types/core/v1';
import type { NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import { seconds } from '../../core/durations';
import { type Bytes, bytes, cores } from '../../core/quantities';
import type { RayJob } from '../../crds/ray';
import { restrictedPod, UNPRIVILEGED } from '../../platform/pod-security';
import { hyperparameterArgs } from '../hyperparameters';
import { podTemplate, type RunInput } from '../pod';
import { DEFAULT_DEADLINE } from '../survival';
import type { TrainingJobSettings } from '../training-job-props';
import { sharedMemoryOf } from '../volumes';

/** Ports of the agent that each node of Ray has, and of the dashboard at the head, where programs are submitted. */
const AGENT = 52365;
const DASHBOARD = 8265;

/** What the head sets aside: it runs the program, whose workers do the work elsewhere. */
const HEAD = { cpu: '2', memory: '4Gi' } as const;
/** What the pod sets aside that submits the program and then shows its log. */
const SUBMITTER = { cpu: '500m', memory: '1Gi' } as const;
/** What a run asks for beside its nodes. */
export const RAY_COMPANIONS = [HEAD, SUBMITTER] as const;

/** Ray takes no store of objects that is smaller; half of `/dev/shm` is left to data loaders. */
const SMALLEST_STORE = 75 * 2 ** 20;

/** Name of the group of workers; it is in the names of their pods. */
const GROUP = 'node';

/** KubeRay cuts names that it makes of it, such as `<name>-<5 characters>-head-svc`, to 50 characters. */
export const MAX_RAY_JOB_NAME = 35;

/** Python lies in Ray's images in the home folder of a user of this group, which is closed to others. */
const RAY_GROUP = 100;

/**
 * One run as a RayJob: KubeRay makes a cluster of a head and as many workers as nodes, a Job submits the program to it,
 * and the cluster is gone as soon as that has ended, so that nobody keeps its GPUs. The Job's log is the program's.
 *
 * Nothing is said of torchrun: Ray Train tells its workers where they meet.
 *
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/controllers/ray/rayjob_controller.go
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/controllers/ray/common/job.go
 */
export function rayJobSpec(input: RunInput): RayJob['spec'] {
  const { settings } = input;
  const { nodes, deadline = DEFAULT_DEADLINE, retries } = settings;
  return {
    entrypoint: entrypointOf(settings).join(' '),
    submissionMode: 'K8sJobMode',
    submitterPodTemplate: submitter(input),
    backoffLimit: retries,
    activeDeadlineSeconds: Math.ceil(seconds(deadline)),
    // Kueue wants it as well.
    shutdownAfterJobFinishes: true,
    ttlSecondsAfterFinished: 0,
    rayClusterSpec: {
      headGroupSpec: {
        // No worker of the program is placed beside the books of the cluster.
        rayStartParams: { ...storeOf('1Gi'), 'num-cpus': '0' },
        template: rayNode(withoutGpus(input, HEAD), head),
      },
      workerGroupSpecs: [
        {
          groupName: GROUP,
          // What the API server would add.
          numOfHosts: 1,
          replicas: nodes,
          minReplicas: nodes,
          maxReplicas: nodes,
          rayStartParams: {
            ...storeOf(sharedMemoryOf(settings)),
            'num-cpus': String(Math.max(1, Math.floor(cores(settings.resources.cpu)))),
          },
          template: rayNode(input, worker),
        },
      ],
    },
  };
}

/** KubeRay's operator asks the head how the program does. */
export const OPERATOR_INGRESS: NetworkPolicyIngressRule = {
  from: [
    { namespaceSelector: {}, podSelector: { matchLabels: { 'app.kubernetes.io/component': 'kuberay-operator' } } },
  ],
  ports: [{ protocol: 'TCP', port: DASHBOARD }],
};

/**
 * What Ray can't run, each as the rest of a sentence after the job's path. The words of the program go through two shells
 * and a quoting for Windows between them, so that only those arrive that no shell touches.
 *
 * @see https://github.com/ray-project/ray/blob/ray-2.60.0/python/ray/dashboard/modules/job/cli.py
 */
export function rayProblems(settings: TrainingJobSettings): string[] {
  const { command, hyperparameters = {} } = settings;
  const sharedMemory = sharedMemoryOf(settings);
  const problems: string[] = [];
  if (command[0] === 'torchrun') {
    problems.push(
      "command must be a program of Ray with the engine 'rayjob', got 'torchrun', which would run at the head alone: start the workers by Ray Train or set engine to 'jobset'",
    );
  }
  for (const word of command.filter((word) => !isPlain(word))) {
    problems.push(
      `command must have words without blanks and characters of the shell with the engine 'rayjob', got '${word}': put it into the program or a variable of env`,
    );
  }
  for (const [name, value] of Object.entries(hyperparameters)) {
    if (hyperparameterArgs({ [name]: value }).every(isPlain)) continue;
    problems.push(
      `hyperparameters.${name} must be without blanks and characters of the shell with the engine 'rayjob', got '${value}': put it into a variable of env`,
    );
  }
  if (bytes(sharedMemory) / 2 < SMALLEST_STORE) {
    problems.push(
      `sharedMemory must be 150Mi or more with the engine 'rayjob', got '${sharedMemory}': half of it is Ray's store of objects`,
    );
  }
  return problems;
}

function entrypointOf({ command, hyperparameters = {} }: TrainingJobSettings): string[] {
  return [...command, ...hyperparameterArgs(hyperparameters)];
}

function isPlain(word: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(word);
}

/** Left to itself, Ray takes 30 % of the memory, which may be more than `/dev/shm` has. */
function storeOf(sharedMemory: Bytes): Record<string, string> {
  return { 'object-store-memory': String(Math.floor(bytes(sharedMemory) / 2)) };
}

function withoutGpus(input: RunInput, resources: TrainingJobSettings['resources']): RunInput {
  const bare = {
    gpusPerNode: 0,
    gpuType: undefined,
    network: undefined,
    progress: false,
    sharedMemory: '1Gi',
  } as const;
  const settings = { ...input.settings, ...bare, resources };
  return { ...input, settings };
}

/** A node of Ray, whose command is KubeRay's. */
function rayNode(input: RunInput, change: (container: Container) => Container): PodTemplateSpec {
  return ofRay(input, ({ command: _command, args: _args, ...container }) => change(container));
}

function ofRay(input: RunInput, change: (container: Container) => Container): PodTemplateSpec {
  const { env } = input.settings;
  const quiet = 'RAY_USAGE_STATS_ENABLED' in env ? [] : [{ name: 'RAY_USAGE_STATS_ENABLED', value: '0' }];
  const { metadata, spec } = podTemplate(input, { env: quiet });
  if (spec === undefined) throw new Error('a pod has a spec');
  const securityContext = restrictedPod({ ...UNPRIVILEGED, gid: RAY_GROUP });
  return { metadata, spec: { ...spec, securityContext, containers: spec.containers.map(change) } };
}

/** KubeRay gives it the command that submits the program. It has no use for what the program reads and writes. */
function submitter(input: RunInput): PodTemplateSpec {
  const {
    checkpoints: _checkpoints,
    hyperparameters: _hyperparameters,
    hyperparametersFrom: _hyperparametersFrom,
    ...settings
  } = input.settings;
  const bare = { ...input, settings: { ...settings, data: {} } };
  return rayNode(withoutGpus(bare, SUBMITTER), (container) => container);
}

function head(container: Container): Container {
  const books = { path: '/api/gcs_healthz', port: DASHBOARD };
  return {
    ...container,
    ports: [
      { name: 'gcs-server', containerPort: 6379, protocol: 'TCP' },
      { name: 'dashboard', containerPort: DASHBOARD, protocol: 'TCP' },
    ],
    ...probes({ httpGet: books }),
  };
}

function worker(container: Container): Container {
  return { ...container, ...probes({ httpGet: RAYLET }) };
}

const RAYLET = { path: '/api/local_raylet_healthz', port: AGENT };

/** KubeRay's own need wget in the image, and give up after one failure. */
function probes(ready: Probe): Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  return {
    startupProbe: { ...ready, periodSeconds: 5, failureThreshold: 60, timeoutSeconds: 5 },
    readinessProbe: { ...ready, periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 5 },
    livenessProbe: { httpGet: RAYLET, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
  };
}
