import type { Container, EnvVar, PodSpec, PodTemplateSpec, Volume } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { bytes, cores, formatBytes, formatCpu } from '../core/quantities';
import { wholeGpus } from '../platform/gpu-needs';
import { podLabels } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';
import { HYPERPARAMETERS, hyperparameterArgs } from './hyperparameters';
import { graceOf } from './survival';
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

function podSpec({ platform, settings, image, serviceAccount }: RunInput, { env, subdomain }: Meeting): PodSpec {
  const { gpusPerNode, gpuType, checkpoints, sharedMemory, priorityClass } = settings;
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
    containers: [trainer(settings, image, env)],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '10Gi' } },
      { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } },
      ...(checkpoints === undefined
        ? []
        : [{ name: 'checkpoints', persistentVolumeClaim: { claimName: checkpoints.claim } }]),
      ...hyperparameterVolumes(settings),
    ],
  };
}

function trainer(settings: TrainingJobSettings, image: string, meeting: readonly EnvVar[]): Container {
  const { gpusPerNode, checkpoints, resources } = settings;
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
    env: [...meeting, ...ownEnv(settings)],
    resources: {
      requests: { cpu: formatCpu(cores(resources.cpu)), memory, ...disk, ...devices },
      limits: { memory, ...disk, ...devices },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' },
      ...(checkpoints === undefined ? [] : [{ name: 'checkpoints', mountPath: '/checkpoints' }]),
      ...hyperparameterVolumes(settings).map(({ name }) => ({ name, mountPath: HYPERPARAMETERS.folder })),
    ],
  };
}

/**
 * The user's variables, and the defaults that they take the place of: server-side apply refuses a name that is there
 * twice.
 */
function ownEnv(settings: TrainingJobSettings): EnvVar[] {
  const { env, checkpoints } = settings;
  const saving = checkpoints && {
    CHECKPOINT_FOLDER: '/checkpoints',
    CHECKPOINT_EVERY_SECONDS: String(seconds(checkpoints.every)),
  };
  const hasFile = hyperparameterVolumes(settings).length > 0;
  const file = hasFile ? { HYPERPARAMETERS_FILE: `${HYPERPARAMETERS.folder}/${HYPERPARAMETERS.file}` } : undefined;
  return Object.entries({ HOME: '/tmp', ...saving, ...file, ...env }).map(([name, value]) => ({ name, value }));
}

/** None rather than an empty list, which the API server would drop. */
function argsOf({ hyperparameters = {} }: TrainingJobSettings): Pick<Container, 'args'> {
  const args = hyperparameterArgs(hyperparameters);
  return args.length === 0 ? {} : { args };
}

/** The file, from the pod itself or from where a sweep writes it: there until then is none, for which the pod waits. */
function hyperparameterVolumes({ hyperparameters, hyperparametersFrom }: TrainingJobSettings): Volume[] {
  const path = HYPERPARAMETERS.file;
  if (hyperparametersFrom !== undefined) {
    return [{ name: 'hyperparameters', configMap: { name: hyperparametersFrom.best, items: [{ key: path, path }] } }];
  }
  if (hyperparameters === undefined) return [];
  const fieldPath = `metadata.annotations['${HYPERPARAMETERS.annotation}']`;
  return [{ name: 'hyperparameters', downwardAPI: { items: [{ path, fieldRef: { fieldPath } }] } }];
}
