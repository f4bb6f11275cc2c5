import type { PodGroup, Sample } from '../hpa/pods';

/** What an autoscaler gets to see at one sync. It is only valid until the sync is over. */
export interface Seen {
  /** Replicas that the server is told to have. */
  readonly specReplicas: number;
  /** Replicas that it has, ready or not. */
  readonly statusReplicas: number;
  readonly pods: readonly PodGroup[];
  /** Requests per second to all replicas, over the metric's window; undefined where the metric can't be read. */
  readonly rate: number | undefined;
  /** Requests that the replicas are working on, all in all; undefined as above. */
  readonly inFlight?: number | undefined;
  /** Requests that wait for a replica, all in all; undefined as above. */
  readonly queue?: number | undefined;
  /** How busy a ready replica is, from 0 to 1; undefined as above. */
  readonly busy?: number | undefined;
  /** The CPU of each group of pods, in thousandths of a core; undefined where nothing of it can be read. */
  readonly cpu?: readonly (Sample | undefined)[] | undefined;
  /** The CPU that each pod requests, in thousandths of a core. */
  readonly cpuRequest?: number;
}

/** What decides on replicas, sync by sync: an autoscaler of Kubernetes, or something to hold it against. */
export interface Autoscaler {
  /** @param now in seconds from the trace's start, never going back */
  sync(now: number, seen: Seen): number;
  /** What of the manifests it does not go by, each with the reason. */
  readonly leftOut?: readonly string[];
}
