import type { Container, EnvVar } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { bytes, cores, formatBytes, formatCpu } from '../core/quantities';
import { RESTRICTED_CONTAINER } from '../platform/pod-security';
import { HYPERPARAMETERS, hyperparameterArgs } from './hyperparameters';
import { networkOf } from './network';
import type { RunInput } from './pod';
import type { ProgressParts } from './progress';
import { isRepeated } from './schedule';
import { stallProbe } from './stall';
import { graceOf } from './survival';
import { JOB_NAME } from './torchrun';
import type { TrainingJobSettings } from './training-job-props';
import { dataVolumes, diskOf, hyperparameterVolumes } from './volumes';

/** The container of the program; `meeting` is how it finds those of the other nodes. */
export function trainer(input: RunInput, meeting: readonly EnvVar[], progress: ProgressParts | undefined): Container {
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
