import type { IConstruct } from 'constructs';
import type { Slo } from './slo';

/** What one replica of a server can do, as far as it was measured or is known. */
export interface PerReplica {
  /** Requests per second that it answers within its objective. */
  readonly rps: number;
  /** Requests that it works on at the same time. */
  readonly concurrency?: number;
  /** Mean time of work on a request, in seconds, without any waiting. */
  readonly serviceSeconds?: number;
  /** Coefficient of variation of that time: its standard deviation by its mean. */
  readonly variation?: number;
}

/** A server with an autoscaler, for whoever replays traffic against it. */
export interface ScaledServer {
  readonly name: string;
  readonly namespace: string;
  /** @default - not measured: it can't be replayed */
  readonly perReplica?: PerReplica;
  /** Seconds from the decision for a replica until it is ready. */
  readonly readySeconds: number;
  /** Seconds over which the metric that it is scaled on is taken. */
  readonly metricSeconds: number;
  /** GPUs of each replica. */
  readonly gpus: number;
  readonly slos: readonly Slo[];
  /**
   * The times at which more replicas are planned than the fewest of an ordinary day, in seconds from `startsAt`, which is
   * in seconds since 1970.
   */
  readonly floors?: (range: {
    readonly startsAt: number;
    readonly from: number;
    readonly until: number;
  }) => readonly { readonly from: number; readonly until: number; readonly replicas: number }[];
  /**
   * Whether its autoscaler may be given a tolerance of its own.
   * @default false
   */
  readonly canSetTolerance?: boolean;
  /** What its policy says beside aims and speed, in the words of an environment file: a proposal keeps it. */
  readonly kept?: Readonly<Record<string, unknown>>;
  /**
   * What KEDA would go by with another policy, on requests for each replica. How many replicas a peak asks for, and when,
   * depends on it too.
   */
  readonly triggersFor?: (policy: {
    readonly requests: number;
    readonly replicas: readonly [number, number];
    readonly behavior: { readonly scaleUp: object; readonly scaleDown: object };
  }) => readonly object[];
  /** The objects that scale it: a HorizontalPodAutoscaler or ScaledObject, and what goes with them. */
  readonly objects: readonly IConstruct[];
}

const SCALED = Symbol.for('recstack.scaled');

/** Tells of an autoscaler; `server` is the construct that is scaled. */
export function scaled(server: IConstruct, about: ScaledServer): void {
  Object.defineProperty(server, SCALED, { value: about, configurable: true });
}

/** The servers with an autoscaler below a construct, with their paths, in the order of the tree. */
export function scaledBelow(root: IConstruct): readonly { readonly path: string; readonly server: ScaledServer }[] {
  return root.node.findAll().flatMap((construct) => {
    const server: ScaledServer | undefined = Reflect.get(construct, SCALED);
    return server === undefined ? [] : [{ path: construct.node.path, server }];
  });
}
