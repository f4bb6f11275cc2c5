import type { Container, EnvVar, PodSpec, PodTemplateSpec, Volume } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { bytes, cores, formatBytes, formatCpu } from '../core/quantities';
import { wholeGpus } from '../platform/gpu-needs';
import { podLabels } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';
import { HYPERPARAMETERS, hyperparameterArgs } from './hyperparameters';
import { networkOf } from './network';
import { type ProgressParts, progressParts } from './progress';
import { isRepeated } from './schedule';
import { stallProbe } from './stall';
import { graceOf } from './survival';
import { placementAnnotations } from './topology';
import { JOB_NAME } from './torchrun';
import type { TrainingJobSettings } from './training-job-props';
import { dataVolumes, diskOf, sharedMemoryOf } from './volumes';

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
  /** What the engine wants the program's container to be called; `trainer` unless it does. */
  readonly container?: string;
}

/** The pods of a run, one for each node. */
export function podTemplate(input: RunInput, meeting: Meeting): PodTemplateSpec {
  const { platform, name } = input;
  const { hyperparameters, topology, queue } = input.settings;
  const annotations = {
    // In the pod itself, so that a pod that starts again reads what the others have read.
    ...(hyperparameters === undefined ? {} : { [HYPERPARAMETERS.annotation]: JSON.stringify(hyperparameters) }),
    ...networkOf(input.settings).annotations,
    ...placementAnnotations(topology, queue?.topology),
  };
  return {
    metadata: {
      labels: podLabels({ platform: platform.node.id, name, component: 'training' }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: podSpec(input, meeting),
  };
}

function podSpec(input: RunInput, { env, subdomain, container }: Meeting): PodSpec {
  const { platform, settings, serviceAccount } = input;
  const { gpusPerNode, gpuType, checkpoints, scratch, priorityClass } = settings;
  const progress = settings.progress ? progressParts(platform) : undefined;
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
    ...(progress === undefined ? {} : { initContainers: [progress.sidecar] }),
    containers: [{ ...trainer(input, env, progress), ...(container === undefined ? {} : { name: container }) }],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: formatBytes(bytes(scratch)) } },
      { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemoryOf(settings) } },
      ...(checkpoints === undefined
        ? []
        : [{ name: 'checkpoints', persistentVolumeClaim: { claimName: checkpoints.claim } }]),
      ...dataVolumes(settings).volumes,
      ...hyperparameterVolumes(settings),
      ...(progress === undefined ? [] : [progress.volume]),
    ],
  };
}

function trainer(input: RunInput, meeting: readonly EnvVar[], progress: ProgressParts | undefined): Container {
  const { settings, image } = input;
  const { gpusPerNode, checkpoints, resources } = settings;
  const network = networkOf(settings);
  const devices = { ...(gpusPerNode === 0 ? {} : { 'nvidia.com/gpu': String(gpusPerNode) }), ...network.devices };
  const memory = formatBytes(bytes(resources.memory));
  const disk = { 'ephemeral-storage': diskOf(settings) };
  return {
    name: 'trainer',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...settings.command],
    ...argsOf(settings),
    ...graceOf(settings).container,
    ...stallProbe(settings),
    env: [...meeting, ...envVars(network.env), ...ownEnv(input, meeting, progress)],
    resources: {
      requests: { cpu: formatCpu(cores(resources.cpu)), memory, ...disk, ...devices },
      limits: { memory, ...disk, ...devices },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' },
      ...(checkpoints === undefined ? [] : [{ name: 'checkpoints', mountPath: '/checkpoints' }]),
      ...dataVolumes(settings).mounts,
      ...hyperparameterVolumes(settings).map(({ name }) => ({ name, mountPath: HYPERPARAMETERS.folder })),
      ...(progress === undefined ? [] : [progress.mount]),
    ],
  };
}

/**
 * The user's variables, and the defaults that they take the place of: server-side apply refuses a name that is there
 * twice.
 */
function ownEnv(
  { name, settings }: RunInput,
  meeting: readonly EnvVar[],
  progress: ProgressParts | undefined,
): EnvVar[] {
  const { env, checkpoints } = settings;
  // A folder for each run: tonight's would find the end of last night's in a common one, and have nothing left to do.
  const run = isRepeated(settings) ? '$(JOB_NAME)' : name;
  const named = checkpoints && isRepeated(settings) && !meeting.includes(JOB_NAME) ? [JOB_NAME] : [];
  const saving = checkpoints && {
    CHECKPOINT_FOLDER: `/checkpoints/${run}`,
    CHECKPOINT_EVERY_SECONDS: String(seconds(checkpoints.every)),
  };
  const hasFile = hyperparameterVolumes(settings).length > 0;
  const file = hasFile ? { HYPERPARAMETERS_FILE: `${HYPERPARAMETERS.folder}/${HYPERPARAMETERS.file}` } : undefined;
  return [...named, ...envVars({ HOME: '/tmp', ...saving, ...file, ...progress?.env, ...env })];
}

function envVars(variables: Readonly<Record<string, string>>): EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
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
