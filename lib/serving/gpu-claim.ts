import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { PodResourceClaim } from 'kubernetes-types/core/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import type { Cluster } from '../platform/cluster';
import { gpuNeeds } from '../platform/gpu-needs';
import type { GpuRequest } from '../platform/gpu-request';
import type { workloadMetadata } from '../platform/labels';

/** The part of `resource.k8s.io/v1` that is in use: the types of Kubernetes 1.30 don't have it yet. */
interface ResourceClaimTemplate {
  readonly apiVersion: 'resource.k8s.io/v1';
  readonly kind: 'ResourceClaimTemplate';
  readonly metadata: object;
  readonly spec: {
    readonly spec: {
      readonly devices: {
        readonly requests: readonly {
          readonly name: string;
          readonly exactly: {
            readonly deviceClassName: string;
            readonly allocationMode: 'ExactCount';
            readonly count: number;
            readonly selectors: readonly { readonly cel: { readonly expression: string } }[];
          };
        }[];
      };
    };
  };
}

/** A pod's part in it, under the name by which its container uses it. */
export function podClaims(template: string): PodResourceClaim[] {
  // In the types of Kubernetes 1.30, where it was an alpha, the name lies a level deeper.
  const claim = { name: 'gpu', resourceClaimTemplateName: template };
  return [claim];
}

/**
 * The template of the claims that a server's pods make, if they claim their GPUs.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export function gpuClaim(
  scope: Construct,
  metadata: ReturnType<typeof workloadMetadata>,
  gpu: GpuRequest | undefined,
  cluster: Cluster,
): ApiObject | undefined {
  const claim = gpu && gpuNeeds(gpu, cluster).claim;
  if (claim === undefined) return undefined;
  const { count, expression } = claim;
  return kubernetesObject<ResourceClaimTemplate>(scope, 'gpu-claim', {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaimTemplate',
    metadata,
    spec: {
      spec: {
        devices: {
          requests: [
            {
              name: 'gpu',
              exactly: {
                deviceClassName: 'gpu.nvidia.com',
                allocationMode: 'ExactCount',
                count,
                selectors: [{ cel: { expression } }],
              },
            },
          ],
        },
      },
    },
  });
}
