import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { DeploymentStrategy } from 'kubernetes-types/apps/v1';
import type { PodSpec } from 'kubernetes-types/core/v1';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import { type KubernetesObject, kubernetesObject } from '../core/kubernetes-object';

/**
 * KServe's InferenceService, with the fields in use: the whole pod is given, and nothing is left to a ServingRuntime.
 * `canaryTrafficPercent` is missing on purpose: Standard mode ignores it without a word (kserve#5335).
 *
 * @see https://github.com/kserve/kserve/blob/v0.20.0/pkg/apis/serving/v1beta1/inference_service.go
 */
export interface InferenceService extends KubernetesObject {
  readonly apiVersion?: 'serving.kserve.io/v1beta1';
  readonly kind?: 'InferenceService';
  readonly metadata?: ObjectMeta;
  readonly spec: { readonly predictor: Predictor };
}

/** A pod, and how a Deployment is made of it. */
export interface Predictor extends PodSpec {
  /** Labels of the pods, beside those of the InferenceService. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Without it, KServe takes what its own configuration says. */
  readonly deploymentStrategy?: DeploymentStrategy;
  /** The replicas, where nothing scales. */
  readonly minReplicas?: number;
}

/** The container that KServe takes for the server; it renames the only container of a pod to this. */
export const KSERVE_CONTAINER = 'kserve-container';

/** The Deployment, and the Service, that KServe makes for an InferenceService in Standard mode. */
export function predictorName(name: string): string {
  return `${name}-predictor`;
}

/** Emits an InferenceService. */
export function inferenceService(
  scope: Construct,
  id: string,
  object: { readonly metadata: ObjectMeta & { readonly name: string }; readonly spec: InferenceService['spec'] },
): ApiObject {
  return kubernetesObject<InferenceService>(scope, id, {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    ...object,
  });
}
