import type { IConstruct } from 'constructs';
import type { Series, ServerMetrics } from './server-metrics';
import type { Slo } from './slo';

/** What monitoring needs to know beyond, of what keeps data for servers. */
export interface ObservedStore {
  /** Gauge that is 1 while the store itself answers, where another program tells of it. */
  readonly answers?: Series;
  /** Gauges of the bytes that data takes in memory, and may take before writes are refused. */
  readonly memory?: { readonly used: Series; readonly limit: Series };
  /** Whether its pods are numbered, as a StatefulSet's are: `<name>-0`. */
  readonly numbered: boolean;
  /** Whether each pod has a volume, by the claim `data-<name>-<number>`. */
  readonly hasVolume: boolean;
}

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
  /** Given where it keeps data for servers instead of serving a model. */
  readonly store?: ObservedStore;
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
