import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';

/** Labels by which Kueue takes a workload into a queue. */
export const KUEUE_LABELS = {
  queue: 'kueue.x-k8s.io/queue-name',
  priority: 'kueue.x-k8s.io/priority-class',
} as const;

/** Annotations of a pod template by which all pods of a run come into one part of the network, or into few. */
export const KUEUE_TOPOLOGY = {
  required: 'kueue.x-k8s.io/podset-required-topology',
  preferred: 'kueue.x-k8s.io/podset-preferred-topology',
} as const;

const API_VERSION = 'kueue.x-k8s.io/v1beta1';

/** Name and labels of an object. */
type Metadata = ApiObjectMetadata & { readonly name: string };

/** A resource of which a queue hands out so much. The limits are for queues in a cohort. */
export interface ResourceQuota {
  readonly name: string;
  readonly nominalQuota: string;
  readonly borrowingLimit?: string;
  readonly lendingLimit?: string;
}

/** Quotas of resources that go together. */
export interface ResourceGroup {
  readonly coveredResources: readonly string[];
  /** Each has the covered resources, in their order. */
  readonly flavors: readonly { readonly name: string; readonly resources: readonly ResourceQuota[] }[];
}

/** The fields of a ClusterQueue that are in use. */
export interface ClusterQueueSpec {
  /** The name of the Cohort with whose other queues it shares. */
  readonly cohort?: string;
  readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly queueingStrategy: 'StrictFIFO' | 'BestEffortFIFO';
  readonly preemption: {
    readonly withinClusterQueue: 'Never' | 'LowerPriority';
    readonly reclaimWithinCohort?: 'Never' | 'LowerPriority' | 'Any';
  };
  readonly resourceGroups: readonly ResourceGroup[];
}

/** The fields of a ResourceFlavor that are in use. */
export interface ResourceFlavorSpec {
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly topologyName: string;
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
export function resourceFlavor(
  scope: Construct,
  id: string,
  { metadata, spec }: { readonly metadata: Metadata; readonly spec?: ResourceFlavorSpec | undefined },
): ApiObject {
  const plain = { apiVersion: API_VERSION, kind: 'ResourceFlavor', metadata };
  return ofCluster(kubernetesObject(scope, id, spec === undefined ? plain : { ...plain, spec }));
}

/**
 * A Topology: the labels of nodes by which they lie near to each other, from the widest level on.
 *
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/apis/kueue/v1beta1/topology_types.go
 */
export function topology(
  scope: Construct,
  id: string,
  { metadata, spec }: { readonly metadata: Metadata; readonly spec: { readonly levels: readonly TopologyLevel[] } },
): ApiObject {
  return ofCluster(kubernetesObject(scope, id, { apiVersion: API_VERSION, kind: 'Topology', metadata, spec }));
}

interface TopologyLevel {
  readonly nodeLabel: string;
}

/**
 * A Cohort: queues that lend each other what they don't use, and a pool of its own on top.
 *
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/apis/kueue/v1beta1/cohort_types.go
 */
export function cohort(
  scope: Construct,
  id: string,
  { metadata, resourceGroups }: { readonly metadata: Metadata; readonly resourceGroups: readonly ResourceGroup[] },
): ApiObject {
  const plain = { apiVersion: API_VERSION, kind: 'Cohort', metadata };
  return ofCluster(
    kubernetesObject(scope, id, resourceGroups.length === 0 ? plain : { ...plain, spec: { resourceGroups } }),
  );
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
