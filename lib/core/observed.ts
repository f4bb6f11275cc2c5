import type { IConstruct } from 'constructs';
import type { ServerMetrics } from './server-metrics';
import type { Slo } from './slo';

/** What monitoring needs to know of a server; every construct that serves models tells it. */
export interface ObservedServer {
  /** Name of the server and of its objects; the label `job` of its time series. */
  readonly name: string;
  readonly namespace: string;
  /** What it exposes, or undefined when it exposes nothing. */
  readonly metrics: ServerMetrics | undefined;
  /** Whether its replicas hold GPUs. */
  readonly usesGpu: boolean;
  readonly slos: readonly Slo[];
  /** The names of its pods, as a regular expression. */
  readonly pods: string;
  /** The container that serves. */
  readonly container: string;
}

const OBSERVED = Symbol.for('recstack.observed');

/** Makes a construct known to monitoring. */
export function observe(construct: IConstruct, server: ObservedServer): void {
  Object.defineProperty(construct, OBSERVED, { value: server });
}

/** The servers below a construct, in the order of the tree. */
export function observedServers(root: IConstruct): ObservedServer[] {
  return root.node.findAll().flatMap((construct) => Reflect.get(construct, OBSERVED) ?? []);
}
