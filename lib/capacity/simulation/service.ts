/** What a replay takes a server for: a number of replicas that are alike. */
export interface Service {
  /** Requests per second that a replica answers within the service level objective. */
  readonly capacity: number;
  /** Seconds from the decision for a replica until it is ready. */
  readonly readySeconds: number;
  /** Seconds over which the rate that the autoscaler sees is an average. */
  readonly metricWindow: number;
}
