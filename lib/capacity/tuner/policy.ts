/** A policy of a plain HorizontalPodAutoscaler on the requests per replica, in the numbers that are tuned. */
export interface DemandPolicy {
  /** Requests per second that each replica is given on average. */
  readonly requests: number;
  /** The fewest and the most replicas. */
  readonly replicas: readonly [number, number];
  /** By how much demand may be off before anything is done, as shares. */
  readonly tolerance: { readonly up: number; readonly down: number };
  /** At most this many percent more in 15 seconds, or four pods, of what was wanted for all of a window in seconds. */
  readonly up: { readonly window: number; readonly percent: number };
  /** At most so many percent fewer in a number of seconds, of what was enough for all of a window in seconds. */
  readonly down: { readonly window: number; readonly percent: number; readonly every: number };
}

/** Tolerance where an autoscaler can't be given one of its own. */
export const DEFAULT_TOLERANCE = 0.1;

/**
 * The manifest of a tuned policy: what goes into the `spec` of a HorizontalPodAutoscaler beside its `scaleTargetRef`.
 *
 * @param metric name of the External metric that counts requests per second to all replicas
 * @example
 * ```ts
 * const spec = hpaSpecOf(proposal.policy, 'ranker_requests_per_second');
 * ```
 */
export function hpaSpecOf(policy: DemandPolicy, metric: string) {
  const { requests, replicas, tolerance, up, down } = policy;
  const [minReplicas, maxReplicas] = replicas;
  return {
    minReplicas,
    maxReplicas,
    metrics: [
      {
        type: 'External',
        external: { metric: { name: metric }, target: { type: 'AverageValue', averageValue: quantity(requests) } },
      },
    ],
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: up.window,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: up.percent, periodSeconds: 15 },
          { type: 'Pods', value: 4, periodSeconds: 15 },
        ],
        ...toleranceOf(tolerance.up),
      },
      scaleDown: {
        stabilizationWindowSeconds: down.window,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: down.percent, periodSeconds: down.every }],
        ...toleranceOf(tolerance.down),
      },
    },
  } as const;
}

/** Left out where it is the default, so that clusters before Kubernetes 1.35 take the object too. */
function toleranceOf(share: number): { tolerance?: string } {
  return share === DEFAULT_TOLERANCE ? {} : { tolerance: quantity(share) };
}

/** In whole numbers, or in thousandths: the canonical form of a quantity. */
function quantity(value: number): string {
  return Number.isInteger(value) ? `${value}` : `${Math.round(value * 1000)}m`;
}

/** The `spec` of a HorizontalPodAutoscaler without its `scaleTargetRef`. */
export type HpaSpec = ReturnType<typeof hpaSpecOf>;
