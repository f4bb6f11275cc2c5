import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { kubernetesObject } from '../core/kubernetes-object';
import type { JobSetSpec } from './jobset';

const API_VERSION = 'trainer.kubeflow.org/v1alpha1';

/** Name and labels of an object. */
type Metadata = ApiObjectMetadata & { readonly name: string };

/** How a TrainJob is run: the JobSet that its controller makes, and what it puts into its pods. */
export interface TrainingRuntime {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'TrainingRuntime';
  readonly metadata: Metadata;
  readonly spec: {
    /** With `torch`, the controller sets torchrun's variables in the container `node`. */
    readonly mlPolicy: { readonly numNodes: number; readonly torch: { readonly numProcPerNode: number } };
    readonly template: { readonly spec: JobSetSpec };
  };
}

/** A run on a TrainingRuntime. */
export interface TrainJob {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'TrainJob';
  readonly metadata: Metadata;
  readonly spec: {
    readonly runtimeRef: {
      readonly apiGroup: 'trainer.kubeflow.org';
      readonly kind: 'TrainingRuntime' | 'ClusterTrainingRuntime';
      readonly name: string;
    };
    readonly trainer: { readonly numNodes: number; readonly numProcPerNode: number };
  };
}

/**
 * A TrainingRuntime of Kubeflow Trainer v2, of one namespace.
 *
 * @see https://github.com/kubeflow/trainer/blob/v2.1.0/pkg/apis/trainer/v1alpha1/trainingruntime_types.go
 */
export function trainingRuntime(
  scope: Construct,
  id: string,
  { metadata, spec }: Pick<TrainingRuntime, 'metadata' | 'spec'>,
): ApiObject {
  return kubernetesObject<TrainingRuntime>(scope, id, {
    apiVersion: API_VERSION,
    kind: 'TrainingRuntime',
    metadata,
    spec,
  });
}

/**
 * A TrainJob of Kubeflow Trainer v2.
 *
 * @see https://github.com/kubeflow/trainer/blob/v2.1.0/pkg/apis/trainer/v1alpha1/trainjob_types.go
 */
export function trainJob(
  scope: Construct,
  id: string,
  { metadata, spec }: Pick<TrainJob, 'metadata' | 'spec'>,
): ApiObject {
  return kubernetesObject<TrainJob>(scope, id, { apiVersion: API_VERSION, kind: 'TrainJob', metadata, spec });
}
