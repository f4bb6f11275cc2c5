import type { Workload } from './footprint';

/** As far as the pods of an InferenceService matter. */
interface InferenceServiceSpec {
  readonly predictor: { readonly minReplicas?: number; readonly deploymentStrategy?: object };
}

/** As far as the pods of a RayCluster matter. */
interface RayClusterSpec {
  readonly headGroupSpec: { readonly template: object };
  readonly workerGroupSpecs?: readonly {
    readonly groupName: string;
    readonly replicas?: number;
    readonly template: object;
  }[];
}

/** As far as the pods of a RayService matter. */
interface RayServiceSpec {
  readonly upgradeStrategy?: { readonly type?: string };
  readonly rayClusterConfig: RayClusterSpec;
}

/** As far as the pods of a RayJob matter. */
interface RayJobSpec {
  readonly rayClusterSpec?: RayClusterSpec;
  readonly submitterPodTemplate?: object;
}

/** As far as the pods of a TrainJob on it matter. */
interface TrainingRuntimeSpec {
  readonly template: { readonly spec: object };
}

/**
 * What an engine makes of its objects: the Deployments, Jobs and JobSets that ask for the same pods. Others stay as they
 * are. A TrainJob has a TrainingRuntime of its own, which says all of its pods.
 */
export function plainWorkloads(manifest: Workload): readonly Workload[] {
  const { apiVersion = '', kind } = manifest;
  if (kind === 'InferenceService' && apiVersion.startsWith('serving.kserve.io/')) return [predictorOf(manifest)];
  if (kind === 'RayService' && apiVersion.startsWith('ray.io/')) return nodesOf(manifest);
  if (kind === 'RayJob' && apiVersion.startsWith('ray.io/')) return podsOfRayJob(manifest);
  if (kind === 'TrainingRuntime' && apiVersion.startsWith('trainer.kubeflow.org/')) return [jobSetOf(manifest)];
  return [manifest];
}

function jobSetOf({ metadata, spec }: Workload): Workload {
  const { template } = spec as TrainingRuntimeSpec;
  return { apiVersion: 'jobset.x-k8s.io/v1alpha2', kind: 'JobSet', metadata, spec: template.spec };
}

function podsOfRayJob({ metadata, spec }: Workload): Workload[] {
  const { rayClusterSpec, submitterPodTemplate } = spec as RayJobSpec;
  const asJob = (template: object, parallelism = 1) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { parallelism, template },
  });
  return [
    ...(submitterPodTemplate === undefined ? [] : [asJob(submitterPodTemplate)]),
    ...(rayClusterSpec === undefined ? [] : [asJob(rayClusterSpec.headGroupSpec.template)]),
    ...(rayClusterSpec?.workerGroupSpecs ?? []).map(({ replicas, template }) => asJob(template, replicas)),
  ];
}

function predictorOf({ metadata, spec }: Workload): Workload {
  const { predictor } = spec as InferenceServiceSpec;
  const { minReplicas = 1, deploymentStrategy: strategy } = predictor;
  return asDeployment(metadata, 'predictor', { replicas: minReplicas, strategy, template: { spec: predictor } });
}

/** A new version is a second cluster beside the first one, unless it is told not to. */
function nodesOf({ metadata, spec }: Workload): Workload[] {
  const { upgradeStrategy, rayClusterConfig } = spec as RayServiceSpec;
  const { headGroupSpec: head, workerGroupSpecs: groups = [] } = rayClusterConfig;
  const strategy = { rollingUpdate: { maxSurge: upgradeStrategy?.type === 'None' ? 0 : '100%' } };
  return [
    asDeployment(metadata, 'head', { replicas: 1, strategy, template: head.template }),
    ...groups.map(({ groupName, replicas = 1, template }) =>
      asDeployment(metadata, groupName, { replicas, strategy, template }),
    ),
  ];
}

function asDeployment(metadata: Workload['metadata'], part: string, spec: object): Workload {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, name: `${metadata.name}-${part}` },
    spec,
  };
}
