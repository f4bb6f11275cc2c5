import type { Container, EnvVar, PodSpec, PodTemplateSpec, Volume } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { bytes, cores, formatBytes, formatCpu } from '../core/quantities';
import { wholeGpus } from '../platform/gpu-needs';
import { podLabels } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';
import { HYPERPARAMETERS, hyperparameterArgs } from './hyperparameters';
import { graceOf } from './survival';
import { JOB_NAME } from './torchrun';
import type { TrainingJobSettings } from './training-job-props';

/** What a run is made of, whatever runs it. */
export interface RunInput {
  readonly platform: Platform;
  readonly name: string;
  readonly settings: TrainingJobSettings;
  /** The program's image, with its digest. */
  readonly image: string;
  readonly serviceAccount: string;
}

/** What differs with the engine that starts the pods. */
export interface Meeting {
  /** How the nodes find each other. */
  readonly env: readonly EnvVar[];
  /** The headless Service below which the pods have their host names, unless the engine sets it. */
  readonly subdomain?: string;
}

/** The pods of a run, one for each node. */
export function podTemplate(input: RunInput, meeting: Meeting): PodTemplateSpec {
  const { platform, name } = input;
  const { hyperparameters } = input.settings;
  return {
    metadata: {
      labels: podLabels({ platform: platform.node.id, name, component: 'training' }),
      // In the pod itself, so that a pod that starts again reads what the others have read.
      ...(hyperparameters === undefined
        ? {}
        : { annotations: { [HYPERPARAMETERS.annotation]: JSON.stringify(hyperparameters) } }),
    },
    spec: podSpec(input, meeting),
  };
}

function podSpec(input: RunInput, { env, subdomain }: Meeting): PodSpec {
  const { platform, settings, serviceAccount } = input;
  const { gpusPerNode, gpuType, checkpoints, hyperparameters, sharedMemory, priorityClass } = settings;
  return {
    restartPolicy: 'Never',
    ...graceOf(settings).pod,
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    ...(subdomain === undefined ? {} : { subdomain }),
    securityContext: restrictedPod(),
    ...(gpusPerNode > 0 ? wholeGpus(gpuType, gpusPerNode, platform.cluster).pod : {}),
    containers: [trainer(input, env)],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '10Gi' } },
      { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } },
      ...(checkpoints === undefined
        ? []
        : [{ name: 'checkpoints', persistentVolumeClaim: { claimName: checkpoints.claim } }]),
      ...(hyperparameters === undefined ? [] : [hyperparameterVolume()]),
    ],
  };
}

function trainer(input: RunInput, meeting: readonly EnvVar[]): Container {
  const { settings, image } = input;
  const { gpusPerNode, checkpoints, hyperparameters, resources } = settings;
  const devices = gpusPerNode === 0 ? undefined : { 'nvidia.com/gpu': String(gpusPerNode) };
  const memory = formatBytes(bytes(resources.memory));
  const disk = { 'ephemeral-storage': '12Gi' };
  return {
    name: 'trainer',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...settings.command],
    ...argsOf(settings),
    ...graceOf(settings).container,
    env: [...meeting, ...ownEnv(input, meeting)],
    resources: {
      requests: { cpu: formatCpu(cores(resources.cpu)), memory, ...disk, ...devices },
      limits: { memory, ...disk, ...devices },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' },
      ...(checkpoints === undefined ? [] : [{ name: 'checkpoints', mountPath: '/checkpoints' }]),
      ...(hyperparameters === undefined ? [] : [{ name: 'hyperparameters', mountPath: HYPERPARAMETERS.folder }]),
    ],
  };
}

/**
 * The user's variables, and the defaults that they take the place of: server-side apply refuses a name that is there
 * twice.
 */
function ownEnv({ name, settings }: RunInput, meeting: readonly EnvVar[]): EnvVar[] {
  const { env, checkpoints, hyperparameters, schedule } = settings;
  // A folder for each run: tonight's would find the end of last night's in a common one, and have nothing left to do.
  const run = schedule === undefined ? name : '$(JOB_NAME)';
  const named = checkpoints && schedule !== undefined && !meeting.includes(JOB_NAME) ? [JOB_NAME] : [];
  const saving = checkpoints && {
    CHECKPOINT_FOLDER: `/checkpoints/${run}`,
    CHECKPOINT_EVERY_SECONDS: String(seconds(checkpoints.every)),
  };
  const file = hyperparameters && { HYPERPARAMETERS_FILE: `${HYPERPARAMETERS.folder}/${HYPERPARAMETERS.file}` };
  const variables = Object.entries({ HOME: '/tmp', ...saving, ...file, ...env });
  return [...named, ...variables.map(([name, value]) => ({ name, value }))];
}

/** None rather than an empty list, which the API server would drop. */
function argsOf({ hyperparameters = {} }: TrainingJobSettings): Pick<Container, 'args'> {
  const args = hyperparameterArgs(hyperparameters);
  return args.length === 0 ? {} : { args };
}

function hyperparameterVolume(): Volume {
  const fieldPath = `metadata.annotations['${HYPERPARAMETERS.annotation}']`;
  return {
    name: 'hyperparameters',
    downwardAPI: { items: [{ path: HYPERPARAMETERS.file, fieldRef: { fieldPath } }] },
  };
}
