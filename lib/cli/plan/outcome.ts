/** The policies that a server's traffic is replayed against, in the order in which they are shown. */
export const POLICIES = {
  emitted: 'as emitted',
  proposed: 'as proposed',
  'cpu-80': 'HPA, CPU 80%',
  'cpu-50': 'HPA, CPU 50%',
  'requests-70': 'HPA, requests 70%',
  'static-peak': 'static, for the peak',
  oracle: 'oracle',
} as const;

export type PolicyName = keyof typeof POLICIES;

/** What a trace would have met with one policy. */
export interface Outcome {
  readonly policy: PolicyName;
  readonly replicaHours: number;
  /** All requests. */
  readonly requests: number;
  /** Requests that came while the ready replicas had no room for them. */
  readonly overCapacity: number;
  /** Requests over the latency objective, by the queue model; undefined where too little is known for it. */
  readonly overSlo: number | undefined;
  readonly peakReplicas: number;
  /** Seconds of each tick. */
  readonly tick: number;
  /** Replicas that are paid for in each tick. */
  readonly replicas: Int32Array;
  /** Replicas that answer in each tick. */
  readonly ready: Int32Array;
}

/** The share of requests that `count` is. */
export function shareOf(count: number, { requests }: Outcome): number {
  return requests === 0 ? 0 : count / requests;
}
