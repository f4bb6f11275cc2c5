import type { ApiObject } from 'cdk8s';
import type { ConfigMap, Service, ServiceAccount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { z } from 'zod';
import type { KubernetesObject } from '../../core/kubernetes-object';
import { nameSchema } from '../../core/names';
import { bytesSchema, cpuSchema } from '../../core/quantities';
import { wholeNumber } from '../../core/schema';
import type { Transform } from '../../core/transform';

/** What every store takes, beside its engine. */
export const storeShape = {
  /**
   * Size of the volume of each replica. It can't be changed in the StatefulSet later: to grow, resize the claims
   * `data-<name>-<number>` where the storage class allows it, delete the StatefulSet with `--cascade=orphan`, and apply
   * the new size.
   */
  storage: bytesSchema.optional(),
  /**
   * Name of the storage class of the volumes.
   * @default - the cluster's default
   */
  storageClass: nameSchema.optional(),
  /**
   * Number of replicas. Engines that hold data allow more than one only where they form a cluster.
   * @default 1, or 2 where the engine holds no data
   */
  replicas: wholeNumber({ min: 1, max: 100, of: 'replicas' }).optional(),
  /**
   * CPU and memory of each replica.
   * @default - 1 core, and memory as the engine computes it
   */
  resources: z
    .strictObject({
      /** CPU that is set aside, without a limit. */
      cpu: cpuSchema.optional(),
      /** Memory, set aside and not to be exceeded. */
      memory: bytesSchema.optional(),
    })
    .default({}),
  /**
   * Name of the priority class of the pods.
   * @default - the cluster's default
   */
  priorityClass: nameSchema.optional(),
  /** The last word on each emitted object. */
  transform: z
    .strictObject({
      /** The StatefulSet, or the Deployment of an engine that holds no data. */
      workload: z.custom<Transform<KubernetesObject>>().optional(),
      service: z.custom<Transform<Service>>().optional(),
      serviceAccount: z.custom<Transform<ServiceAccount>>().optional(),
      disruptionBudget: z.custom<Transform<PodDisruptionBudget>>().optional(),
      networkPolicy: z.custom<Transform<NetworkPolicy>>().optional(),
      configMap: z.custom<Transform<ConfigMap>>().optional(),
    })
    .default({}),
};

const settingsSchema = z.strictObject(storeShape);

/** What every store is told, checked and with defaults. */
export type StoreSettings = z.output<typeof settingsSchema>;

/** The objects that a store is made of. */
export interface StoreNodes {
  readonly workload: ApiObject;
  readonly service: ApiObject;
  /** How the replicas of a cluster find each other. */
  readonly peers: ApiObject | undefined;
  readonly serviceAccount: ApiObject;
  readonly disruptionBudget: ApiObject;
  readonly networkPolicy: ApiObject;
  readonly configMap: ApiObject | undefined;
}
