import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import type { Construct } from 'constructs';
import { kubernetesObject } from '../core/kubernetes-object';

/** Something that asks for replicas; its metadata are texts, numbers too. */
export interface ScaledObjectTrigger {
  readonly type: 'prometheus' | 'cpu' | 'memory' | 'cron';
  /** By which it is told from the others of the object. */
  readonly name: string;
  /** CPU and memory know no other. Of the others it is AverageValue, so that it is left out. */
  readonly metricType?: 'Utilization';
  readonly metadata: Readonly<Record<string, string>>;
}

interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: string;
  readonly policies: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[];
  readonly tolerance?: string;
}

/** The fields of a ScaledObject that are in use. */
export interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  /** KEDA's own default is 0. */
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  /** Seconds between two looks of KEDA itself, which decides between none and one; the HPA that it makes has its own. */
  readonly pollingInterval?: number;
  /** Seconds without any demand before the last replica goes; of no meaning on the way down to another minimum. */
  readonly cooldownPeriod?: number;
  /** What a metric counts as that can't be read. */
  readonly fallback?: {
    /** Failures in a row until it counts as this. */
    readonly failureThreshold: number;
    readonly replicas: number;
    readonly behavior: 'static' | 'currentReplicas' | 'currentReplicasIfHigher' | 'currentReplicasIfLower';
  };
  readonly advanced: {
    readonly horizontalPodAutoscalerConfig: {
      readonly behavior: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules };
    };
  };
  readonly triggers: readonly ScaledObjectTrigger[];
}

/**
 * A ScaledObject of KEDA, of which it makes a HorizontalPodAutoscaler called `keda-hpa-<name>`.
 *
 * @see https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_types.go
 */
export function scaledObject(
  scope: Construct,
  id: string,
  {
    metadata,
    spec,
  }: { readonly metadata: ApiObjectMetadata & { readonly name: string }; readonly spec: ScaledObjectSpec },
): ApiObject {
  return kubernetesObject(scope, id, { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata, spec });
}
