import type { JobSpec, PodFailurePolicyRule } from 'kubernetes-types/batch/v1';
import type { Container, EnvVar, PodSpec } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { bytes, cores, formatBytes, formatCpu } from '../core/quantities';
import { wholeGpus } from '../platform/gpu-needs';
import { podLabels } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';
import { torchrunEnv } from './torchrun';
import type { TrainingJobSettings } from './training-job-props';

/** What a run's Job is made of. */
export interface JobInput {
  readonly platform: Platform;
  readonly name: string;
  readonly settings: TrainingJobSettings;
  /** The program's image, with its digest. */
  readonly image: string;
  readonly serviceAccount: string;
}

/**
 * One run: an Indexed Job with a pod for each node, all there at once or not at all successful.
 *
 * A pod that is evicted or loses its node is replaced and doesn't count as a failure; a replacement starts only when
 * the old pod is gone, so that there are never two of one rank.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function jobSpec(input: JobInput): JobSpec {
  const { name, platform, settings } = input;
  return {
    completionMode: 'Indexed',
    completions: settings.nodes,
    parallelism: settings.nodes,
    backoffLimit: settings.retries,
    activeDeadlineSeconds: Math.ceil(seconds(settings.deadline)),
    ttlSecondsAfterFinished: Math.ceil(seconds(settings.keepFinished)),
    podReplacementPolicy: 'Failed',
    podFailurePolicy: { rules: failureRules(settings.fatalExitCodes) },
    template: {
      metadata: { labels: podLabels({ platform: platform.node.id, name, component: 'training' }) },
      spec: podSpec(input),
    },
  };
}

function failureRules(fatalExitCodes: readonly number[]): PodFailurePolicyRule[] {
  const disrupted: PodFailurePolicyRule = {
    action: 'Ignore',
    onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
  };
  if (fatalExitCodes.length === 0) return [disrupted];
  // The API server wants the codes in order and each once.
  const values = [...new Set(fatalExitCodes)].sort((a, b) => a - b);
  // The first rule that matches counts. torchrun ends with 1 when it is evicted, which must not pass for a fatal 1.
  return [disrupted, { action: 'FailJob', onExitCodes: { containerName: 'trainer', operator: 'In', values } }];
}

function podSpec({ name, platform, settings, image, serviceAccount }: JobInput): PodSpec {
  const { gpusPerNode, gpuType, nodes, checkpoints, sharedMemory, priorityClass } = settings;
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    // The host name `<job>-<index>.<service>`, by which the nodes find the first of them.
    ...(nodes > 1 ? { subdomain: name } : {}),
    securityContext: restrictedPod(),
    ...(gpusPerNode > 0 ? wholeGpus(gpuType, gpusPerNode, platform.cluster).pod : {}),
    containers: [trainer(settings, image, name)],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '10Gi' } },
      { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: sharedMemory } },
      ...(checkpoints === undefined
        ? []
        : [{ name: 'checkpoints', persistentVolumeClaim: { claimName: checkpoints.claim } }]),
    ],
  };
}

function trainer(settings: TrainingJobSettings, image: string, name: string): Container {
  const { nodes, gpusPerNode, retries, checkpoints, resources } = settings;
  const devices = gpusPerNode === 0 ? undefined : { 'nvidia.com/gpu': String(gpusPerNode) };
  const memory = formatBytes(bytes(resources.memory));
  const disk = { 'ephemeral-storage': '12Gi' };
  return {
    name: 'trainer',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [...settings.command],
    env: [...torchrunEnv({ nodes, gpusPerNode, service: name, restarts: retries }), ...ownEnv(settings)],
    resources: {
      requests: { cpu: formatCpu(cores(resources.cpu)), memory, ...disk, ...devices },
      limits: { memory, ...disk, ...devices },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shared-memory', mountPath: '/dev/shm' },
      ...(checkpoints === undefined ? [] : [{ name: 'checkpoints', mountPath: '/checkpoints' }]),
    ],
  };
}

/**
 * The user's variables, and the defaults that they take the place of: server-side apply refuses a name that is there
 * twice.
 */
function ownEnv({ env, checkpoints }: TrainingJobSettings): EnvVar[] {
  const saving = checkpoints && {
    CHECKPOINT_FOLDER: '/checkpoints',
    CHECKPOINT_EVERY_SECONDS: String(seconds(checkpoints.every)),
  };
  return Object.entries({ HOME: '/tmp', ...saving, ...env }).map(([name, value]) => ({ name, value }));
}
