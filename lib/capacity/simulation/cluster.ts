import { Random } from '../traces/random';

/** Where replicas come to, beside what the service itself takes to be ready. */
export interface Cluster {
  /**
   * Seconds until the scheduler has placed a replica for which there is room: always the same, or by quantiles.
   * @default 0
   */
  readonly scheduling?: number | Quantiles;
  /**
   * The nodes that there is room on.
   * @default - there is always room
   */
  readonly nodes?: Nodes;
  /** Zones that are lost for a while. */
  readonly losses?: readonly Loss[];
  /** Times at which metrics can't be read. */
  readonly outages?: readonly Outage[];
  /**
   * What chance goes by: the same seed gives the same replay.
   * @default 1
   */
  readonly seed?: number;
}

/** Seconds that a share of all does not exceed, the shares rising: `[[0.5, 0], [0.9, 59]]`. Between them it is linear. */
export type Quantiles = readonly (readonly [share: number, seconds: number])[];

/**
 * How long pods of a production recommender waited to be scheduled, on Alibaba's GPU clusters.
 *
 * @see https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2025
 */
export const DLRM_SCHEDULING: Quantiles = [
  [0.5, 0],
  [0.9, 59],
  [0.99, 1665],
];

/** Nodes, counted in the replicas that they hold. */
export interface Nodes {
  /** Replicas for which there is room at the start, and always. */
  readonly room: number;
  /** Seconds until a further node is there: `Infinity` where none ever comes. */
  readonly comeAfter: number;
  /**
   * Replicas for which there is ever room, by a quota or by what the cloud has.
   * @default - no limit
   */
  readonly most?: number;
  /**
   * Seconds for which a further node stays empty before it goes.
   * @default 600, as in the cluster autoscaler (`--scale-down-unneeded-time`)
   */
  readonly keptFor?: number;
  /**
   * Seconds to pull the image on a node that is new and hasn't got it.
   * @default 0
   */
  readonly imagePull?: number;
}

/** The loss of a zone. */
export interface Loss {
  /** When it is lost, in seconds of the trace. */
  readonly from: number;
  /** When there is room in it again. */
  readonly until: number;
  /** The share of replicas, and of room, that is in it. */
  readonly share: number;
  /**
   * Seconds until its replicas are started elsewhere. They answer nothing from the first moment on.
   * @default 350: a node is given 50 seconds to answer, and its pods 300 more
   */
  readonly noticedAfter?: number;
}

/** A time at which metrics can't be read. */
export interface Outage {
  /** In seconds of the trace. */
  readonly from: number;
  readonly until: number;
  /**
   * Which: those of the monitoring (requests, concurrency, queue), or the CPU that the metrics server tells of.
   * @default 'monitoring'
   */
  readonly of?: 'monitoring' | 'resources';
}

/** Seconds by chance, in a row that a seed decides. */
export function delays(delay: number | Quantiles, seed: number): () => number {
  if (typeof delay === 'number') return () => delay;
  const chance = new Random(seed);
  return () => secondsAt(delay, chance.uniform());
}

function secondsAt(quantiles: Quantiles, share: number): number {
  let [below, least] = [0, quantiles[0]?.[1] ?? 0];
  for (const [at, seconds] of quantiles) {
    if (share <= at) return at === below ? seconds : least + ((seconds - least) * (share - below)) / (at - below);
    [below, least] = [at, seconds];
  }
  return least;
}
