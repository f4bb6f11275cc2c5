import type { IServiceAccount } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ConfigMap, Service, ServiceAccount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { z } from 'zod';
import type { Deferred } from '../core/deferred';
import { durationSchema } from '../core/durations';
import { nameSchema } from '../core/names';
import { bytesSchema, cpuSchema } from '../core/quantities';
import { deferrableText, instance, must, oneOf, wholeNumber } from '../core/schema';
import type { MetricName } from '../core/server-metrics';
import type { Slo } from '../core/slo';
import type { Transform } from '../core/transform';
import { gpuSchema } from '../platform/gpu-request';
import { modelSchema } from './model-artifact';
import { isModelCache, type ModelCache } from './model-cache';
import { isRuntime, type Runtime } from './runtime';

/** Checks what a replica asks for. */
export const resourcesSchema = z.strictObject({
  /**
   * CPU that is set aside. There is no limit: it would throttle answers while the node has time to spare.
   * @default - 4 for each GPU, 2 without one
   */
  cpu: cpuSchema.optional(),
  /**
   * Memory, set aside and not to be exceeded.
   * @default - 1.25 × the model's size + 2 GiB + /dev/shm
   */
  memory: bytesSchema.optional(),
});

/** Checks what is known of a server's start. */
export const startupSchema = z.strictObject({
  /**
   * How much of the model is copied from its store in a second.
   * @default '50Mi'
   */
  pullPerSecond: bytesSchema.optional(),
  /**
   * How much of the model the server reads from the node's disk in a second.
   * @default '200Mi'
   */
  loadPerSecond: bytesSchema.optional(),
  /**
   * Time from a loaded model to the first good answer.
   * @default - what the runtime says
   */
  warmUp: durationSchema.optional(),
});

const sloRule = must('be an objective, such as Slo.latency({ under, objective }), or a list of them');
const sloValue = instance<Slo>(
  (value) => typeof value === 'object' && value !== null && 'objective' in value,
  'be an objective',
);

/** Checks {@link ModelServerProps}. */
export const modelServerSchema = z.strictObject({
  /** The model that is served. */
  model: modelSchema,
  /**
   * The program that serves it: `triton(…)`, `tensorflowServing(…)`, `vllm(…)`, `rayServe(…)`, `openvino(…)`, or
   * `container(…)` for any other.
   */
  runtime: instance<Runtime>(isRuntime, 'be a runtime, such as triton({ version })'),
  /**
   * Number of replicas, until `autoscale` takes over.
   * @default 2
   */
  replicas: wholeNumber({ min: 1, of: 'replicas', hint: 'remove the server instead of running none' }).default(2),
  /**
   * GPUs of each replica.
   * @default - none: the model runs on CPU
   */
  gpu: gpuSchema.optional(),
  /**
   * Whether nodes have room for one more replica while a new version replaces the old one. Where GPUs are `scarce`,
   * old replicas go before new ones come; where room is `spare`, new ones come first.
   * @default - `scarce` with GPUs, `spare` without
   */
  supply: oneOf(['scarce', 'spare']).optional(),
  /**
   * CPU and memory of each replica.
   * @default - computed, see there
   */
  resources: resourcesSchema.default({}),
  /**
   * What users of the server may expect, one objective or several. Alerts and dashboards are drawn from it.
   * @default [] - alerts by thresholds that hold for any server
   */
  slo: z.union([sloValue.transform((slo) => [slo]), z.array(sloValue).readonly()], { error: sloRule }).default([]),
  /**
   * What was measured of its start, instead of careful assumptions.
   * @default {}
   */
  startup: startupSchema.default({}),
  /**
   * Whose identity the pods have: a service account of your own, or annotations for the one that is made, such as
   * the cloud role that may read the bucket.
   * @default - a service account of its own, without annotations
   */
  identity: z
    .union(
      [
        z.strictObject({ annotations: z.record(z.string(), deferrableText('the value of an annotation')) }),
        z.custom<IServiceAccount>((value) => Construct.isConstruct(value) && 'name' in value),
      ],
      { error: must('be a service account, or { annotations } for one') },
    )
    .optional(),
  /**
   * Name of the priority class of the pods, so that serving outlives training when nodes run short.
   * @default - the cluster's default
   */
  priorityClass: nameSchema.optional(),
  /**
   * A cache on the nodes, out of which a second replica on a node and a restart start without a download.
   * @default - none: each pod copies the model for itself
   */
  cache: instance<ModelCache>(isModelCache, 'be a ModelCache').optional(),
  /** The last word on each emitted object. */
  transform: z
    .strictObject({
      deployment: z.custom<Transform<Deployment>>().optional(),
      service: z.custom<Transform<Service>>().optional(),
      serviceAccount: z.custom<Transform<ServiceAccount>>().optional(),
      disruptionBudget: z.custom<Transform<PodDisruptionBudget>>().optional(),
      networkPolicy: z.custom<Transform<NetworkPolicy>>().optional(),
      configMap: z.custom<Transform<ConfigMap>>().optional(),
    })
    .default({}),
});

/** Annotations for a service account; values may be known only at apply. */
export interface IdentityProps {
  readonly annotations: Readonly<Record<string, string | Deferred<string>>>;
}

/** Properties of a ModelServer, whose runtime has the metrics `Has`. @interface */
export type ModelServerProps<Has extends MetricName = MetricName> = z.input<typeof modelServerSchema> & {
  readonly runtime: Runtime<Has>;
};

/** The same, checked and with defaults. */
export type ModelServerSettings = z.output<typeof modelServerSchema>;
