import type { PodGroup } from '../hpa/pods';

/** What an autoscaler gets to see at one sync. */
export interface Seen {
  /** Replicas that the server is told to have. */
  readonly specReplicas: number;
  /** Replicas that it has, ready or not. */
  readonly statusReplicas: number;
  readonly pods: readonly PodGroup[];
  /** Requests per second to all replicas, over the metric's window; undefined where the metric can't be read. */
  readonly rate: number | undefined;
}

/** What decides on replicas, sync by sync: an autoscaler of Kubernetes, or something to hold it against. */
export interface Autoscaler {
  /** @param now in seconds from the trace's start, never going back */
  sync(now: number, seen: Seen): number;
}
