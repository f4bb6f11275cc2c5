import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { PodTemplateSpec, ServiceSpec } from 'kubernetes-types/core/v1';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import { type KubernetesObject, kubernetesObject } from '../core/kubernetes-object';

/**
 * KubeRay's RayService, with the fields in use: a cluster of Ray, and the applications that Ray Serve runs on it.
 *
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/apis/ray/v1/rayservice_types.go
 */
export interface RayService extends KubernetesObject {
  readonly apiVersion?: 'ray.io/v1';
  readonly kind?: 'RayService';
  readonly metadata?: ObjectMeta;
  readonly spec: {
    /** Whether a change of the cluster is made by a second one, which takes over when it is ready. */
    readonly upgradeStrategy: { readonly type: 'NewCluster' | 'None' };
    /** Applications, as YAML. */
    readonly serveConfigV2: string;
    /** The Service over the nodes that answer; its selector is KubeRay's. */
    readonly serveService: { readonly metadata: ObjectMeta; readonly spec: ServiceSpec };
    readonly excludeHeadPodFromServeSvc: boolean;
    readonly rayClusterConfig: RayCluster;
  };
}

/**
 * KubeRay's RayJob, with the fields in use: a cluster of Ray for one program, which is gone when that has ended.
 *
 * @see https://github.com/ray-project/kuberay/blob/v1.6.0/ray-operator/apis/ray/v1/rayjob_types.go
 */
export interface RayJob extends KubernetesObject {
  readonly apiVersion?: 'ray.io/v1';
  readonly kind?: 'RayJob';
  readonly metadata?: ObjectMeta;
  readonly spec: {
    /** The program and its arguments, as a shell reads them. */
    readonly entrypoint: string;
    /** Who submits it: with `K8sJobMode`, a Job, whose log is the program's. */
    readonly submissionMode: 'K8sJobMode';
    readonly submitterPodTemplate: PodTemplateSpec;
    /** Failures after which it is tried again, each time on a new cluster. */
    readonly backoffLimit: number;
    /** Counted anew for each try. */
    readonly activeDeadlineSeconds: number;
    readonly shutdownAfterJobFinishes: boolean;
    readonly ttlSecondsAfterFinished: number;
    readonly rayClusterSpec: RayCluster;
  };
}

export interface RayCluster {
  readonly rayVersion?: string;
  readonly headGroupSpec: RayGroup;
  readonly workerGroupSpecs: readonly RayWorkerGroup[];
}

/** Nodes of Ray. The parameters are those of `ray start`, which KubeRay makes the command of the first container. */
export interface RayGroup {
  readonly rayStartParams: Readonly<Record<string, string>>;
  readonly template: PodTemplateSpec;
}

export interface RayWorkerGroup extends RayGroup {
  readonly groupName: string;
  /** Pods of one replica: a group of TPU hosts has several. */
  readonly numOfHosts: number;
  readonly replicas: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/** Emits a RayService. */
export function rayService(
  scope: Construct,
  id: string,
  object: { readonly metadata: ObjectMeta & { readonly name: string }; readonly spec: RayService['spec'] },
): ApiObject {
  return kubernetesObject<RayService>(scope, id, { apiVersion: 'ray.io/v1', kind: 'RayService', ...object });
}

/** Emits a RayJob. */
export function rayJob(
  scope: Construct,
  id: string,
  object: { readonly metadata: ObjectMeta & { readonly name: string }; readonly spec: RayJob['spec'] },
): ApiObject {
  return kubernetesObject<RayJob>(scope, id, { apiVersion: 'ray.io/v1', kind: 'RayJob', ...object });
}
