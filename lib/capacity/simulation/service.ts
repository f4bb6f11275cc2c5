/** What a replay takes a server for: a number of replicas that are alike. */
export interface Service {
  /** Requests per second that a replica answers within the service level objective. */
  readonly capacity: number;
  /** Seconds from the decision for a replica until it is ready. */
  readonly readySeconds: number;
  /** Seconds over which the rate that the autoscaler sees is an average. */
  readonly metricWindow: number;
  /**
   * Of the seconds until it is ready, those in which a replica is pending: its image and its model are pulled. The
   * controller takes such a pod for one that is not ready, whatever the metric.
   * @default 0
   */
  readonly pendingSeconds?: number;
  /**
   * Requests that a replica works on at the same time.
   * @default 1
   */
  readonly concurrency?: number;
  /**
   * Mean time of work on a request, in seconds.
   * @default - that of a replica which is full at its capacity: concurrency / capacity
   */
  readonly serviceSeconds?: number;
  /**
   * Seconds that a request waits before its client gives up.
   * @default 10
   */
  readonly patience?: number;
  /** What is known of a replica's use of the CPU. */
  readonly cpu?: Cpu;
}

/** How much CPU a replica takes. */
export interface Cpu {
  /**
   * What a replica requests, in cores.
   * @default 1
   */
  readonly request?: number;
  /**
   * What it uses at its capacity, as a share of its request; it uses as much less or more as it has less or more to do.
   * @default 0.7: what a replica answers in time ends before its CPU does
   */
  readonly atCapacity?: number;
  /**
   * The most that it can use, as a share of its request: its limit, or its share of the node.
   * @default 1
   */
  readonly most?: number;
  /**
   * What it uses until it is ready, as a share of its request.
   * @default 0
   */
  readonly starting?: number;
}

/** @throws Error for a service that can't be */
export function checkService({ capacity, readySeconds, metricWindow }: Service): void {
  const must = (is: boolean, name: string, rule: string, value: number) => {
    if (!is) throw new Error(`${name} must be ${rule}, got ${value}`);
  };
  must(
    capacity > 0 && Number.isFinite(capacity),
    'capacity',
    'the requests per second of a replica, above 0',
    capacity,
  );
  must(readySeconds >= 0, 'readySeconds', 'a number of seconds, 0 or more', readySeconds);
  must(metricWindow > 0 && Number.isFinite(metricWindow), 'metricWindow', 'a number of seconds above 0', metricWindow);
}
