import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import { kubernetesObject } from '../core/kubernetes-object';

/** What a JobSet does when one of its Jobs has failed in a certain way. The first rule that matches counts. */
export interface JobSetFailureRule {
  readonly name: string;
  readonly action: 'FailJobSet' | 'RestartJobSet' | 'RestartJobSetAndIgnoreMaxRestarts';
  /** Reasons of the Job's condition Failed, one of which must be given. */
  readonly onJobFailureReasons: readonly ('PodFailurePolicy' | 'DeadlineExceeded' | 'BackoffLimitExceeded')[];
  /** Regular expressions of RE2, one of which must be found in that condition's message. */
  readonly onJobFailureMessagePatterns?: readonly string[];
}

/** The fields of a JobSet that are in use. */
export interface JobSetSpec {
  readonly replicatedJobs: readonly {
    readonly name: string;
    readonly replicas: number;
    readonly template: { readonly metadata?: Pick<ObjectMeta, 'labels'>; readonly spec: JobSpec };
  }[];
  readonly network: {
    /** Pods are called `<jobset>-<replicated job>-<job>-<index>.<jobset>`. */
    readonly enableDNSHostnames: boolean;
    readonly publishNotReadyAddresses: boolean;
  };
  readonly successPolicy: { readonly operator: 'All' | 'Any' };
  readonly failurePolicy: {
    readonly maxRestarts: number;
    readonly restartStrategy: 'Recreate' | 'BlockingRecreate';
    readonly rules: readonly JobSetFailureRule[];
  };
  readonly ttlSecondsAfterFinished?: number;
}

/** A JobSet as it is written. */
export interface JobSet {
  readonly apiVersion: 'jobset.x-k8s.io/v1alpha2';
  readonly kind: 'JobSet';
  readonly metadata: ApiObjectMetadata & { readonly name: string };
  readonly spec: JobSetSpec;
}

/**
 * A JobSet: Jobs that start, fail and start again as one.
 *
 * @see https://github.com/kubernetes-sigs/jobset/blob/v0.10.1/api/jobset/v1alpha2/jobset_types.go
 */
export function jobSet(scope: Construct, id: string, { metadata, spec }: Pick<JobSet, 'metadata' | 'spec'>): ApiObject {
  return kubernetesObject<JobSet>(scope, id, {
    apiVersion: 'jobset.x-k8s.io/v1alpha2',
    kind: 'JobSet',
    metadata,
    spec,
  });
}
