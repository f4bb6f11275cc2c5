import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';

/** Labels by which Kueue takes a workload into a queue. */
export const KUEUE_LABELS = {
  queue: 'kueue.x-k8s.io/queue-name',
  priority: 'kueue.x-k8s.io/priority-class',
} as const;

const API_VERSION = 'kueue.x-k8s.io/v1beta1';

/** Name and labels of an object. */
type Metadata = ApiObjectMetadata & { readonly name: string };

/** A resource of which a queue hands out so much. */
export interface ResourceQuota {
  readonly name: string;
  readonly nominalQuota: string;
}

/** The fields of a ClusterQueue that are in use. */
export interface ClusterQueueSpec {
  readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly queueingStrategy: 'StrictFIFO' | 'BestEffortFIFO';
  readonly preemption: { readonly withinClusterQueue: 'Never' | 'LowerPriority' };
  readonly resourceGroups: readonly {
    readonly coveredResources: readonly string[];
    /** Each has the covered resources, in their order. */
    readonly flavors: readonly { readonly name: string; readonly resources: readonly ResourceQuota[] }[];
  }[];
}

/**
 * A ClusterQueue: the quota that workloads share. It belongs to no namespace, like all of Kueue but the LocalQueue.
 *
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/apis/kueue/v1beta1/clusterqueue_types.go
 */
export function clusterQueue(
  scope: Construct,
  id: string,
  { metadata, spec }: { readonly metadata: Metadata; readonly spec: ClusterQueueSpec },
): ApiObject {
  return ofCluster(kubernetesObject(scope, id, { apiVersion: API_VERSION, kind: 'ClusterQueue', metadata, spec }));
}

/** A LocalQueue: the way into a ClusterQueue from a namespace. */
export function localQueue(
  scope: Construct,
  id: string,
  { metadata, spec }: { readonly metadata: Metadata; readonly spec: { readonly clusterQueue: string } },
): ApiObject {
  return kubernetesObject(scope, id, { apiVersion: API_VERSION, kind: 'LocalQueue', metadata, spec });
}

/** A ResourceFlavor: what a quota is of. */
export function resourceFlavor(scope: Construct, id: string, { metadata }: { readonly metadata: Metadata }): ApiObject {
  return ofCluster(kubernetesObject(scope, id, { apiVersion: API_VERSION, kind: 'ResourceFlavor', metadata }));
}

/** A WorkloadPriorityClass: who goes first, and whom others make room for. The pods' own priority is another. */
export function workloadPriorityClass(
  scope: Construct,
  id: string,
  { metadata, value }: { readonly metadata: Metadata; readonly value: number },
): ApiObject {
  return ofCluster(
    kubernetesObject<PriorityClass>(scope, id, {
      apiVersion: API_VERSION,
      kind: 'WorkloadPriorityClass',
      metadata,
      value,
    }),
  );
}

interface PriorityClass {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'WorkloadPriorityClass';
  readonly metadata: Metadata;
  readonly value: number;
}

function ofCluster(object: ApiObject): ApiObject {
  clusterWide(object);
  return object;
}
