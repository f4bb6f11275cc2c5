import type { ApiObject } from 'cdk8s';
import type { ScalingTarget } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Addon } from '../../platform/addons';
import type { DeploymentInput } from '../deployment';
import type { ModelServerSettings } from '../model-server-props';
import type { Runtime } from '../runtime';

/** Who runs a server's pods, as data: what is emitted, and what others must know of the pods. */
export interface Engine {
  /** What the cluster must have for it. */
  readonly addon?: Addon;
  /** The longest name of a server: what is made of it must not be cut. */
  readonly maxName: number;
  /** The key of `transform` for what it emits. */
  readonly transform: 'deployment' | 'inferenceService' | 'rayService';
  /** Whether it makes the Service of the server's name itself. */
  readonly bringsService: boolean;
  /** The container of the server. */
  readonly container: string;
  /** The names of the pods of a server, as a regular expression. */
  pods(name: string): string;
  /** What an autoscaler scales, or undefined where none may. */
  scalingTarget(name: string): ScalingTarget | undefined;
  /** Called when an autoscaler takes over the replicas of what was emitted. */
  scaled?(workload: ApiObject): void;
  /** What it can't do with these props, each as the rest of a message. */
  problems(settings: ModelServerSettings): string[];
  /** What works and yet should be known. */
  warnings(input: DeploymentInput): string[];
  /** How the runtime is different here. */
  runtime(runtime: Runtime): Runtime;
  /** How many pods must stay when nodes are drained, or undefined where one may go at a time. */
  minAvailable(settings: ModelServerSettings): number | undefined;
  /** Emits what runs the pods, with the id `deployment` whatever it is: ids are a contract. */
  emit(scope: Construct, input: DeploymentInput): ApiObject;
}
