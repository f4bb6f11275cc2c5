import type { EnvVar, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1';
import { bytes, formatBytes } from '../core/quantities';
import { wholeGpus } from '../platform/gpu-needs';
import { podLabels } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { restrictedPod } from '../platform/pod-security';
import { HYPERPARAMETERS } from './hyperparameters';
import { networkOf } from './network';
import { progressParts } from './progress';
import { graceOf } from './survival';
import { placementAnnotations } from './topology';
import { trainer } from './trainer';
import type { TrainingJobSettings } from './training-job-props';
import { dataVolumes, hyperparameterVolumes, sharedMemoryOf } from './volumes';

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
