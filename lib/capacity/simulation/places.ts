import type { Cluster, Nodes } from './cluster';

/** Seconds for which the cluster autoscaler leaves an empty node. */
const KEPT_FOR = 600;

/** Where a replica comes to: at once, on a node that is still to come, or nowhere. */
export interface Placing {
  readonly count: number;
  /** Seconds until its node is there. */
  readonly after: number;
  /** Seconds for which it is pulled there first. */
  readonly pull: number;
}

/** The room on the nodes of a cluster: what is always there, and nodes that come when they are needed. */
export class Places {
  private taken = 0;
  /** Places on further nodes that are empty, and until when they stay; the last to go is the last. */
  private spare: { count: number; until: number }[] = [];

  constructor(private readonly cluster: Cluster) {}

  /** Takes as many places as there are, up to a number. */
  take(now: number, wanted: number): Placing[] {
    const { nodes } = this.cluster;
    if (nodes === undefined) return [{ count: wanted, after: 0, pull: 0 }];
    const placings: Placing[] = [];
    const place = (count: number, after: number, pull: number) => {
      if (count <= 0) return;
      placings.push({ count, after, pull });
      this.taken += count;
    };
    const count = Math.min(wanted, (nodes.most ?? Number.POSITIVE_INFINITY) - this.taken);
    const atOnce = Math.min(count, Math.max(0, this.room(nodes, now) - this.taken));
    place(atOnce, 0, 0);
    const kept = Math.min(count - atOnce, this.reuse(now, count - atOnce));
    place(kept, 0, 0);
    if (nodes.comeAfter !== Number.POSITIVE_INFINITY) {
      place(count - atOnce - kept, nodes.comeAfter, nodes.imagePull ?? 0);
    }
    return placings;
  }

  /** Gives places back: those on further nodes first, since what came last goes first. */
  free(now: number, count: number): void {
    const { nodes } = this.cluster;
    if (nodes === undefined) return;
    const further = Math.min(count, Math.max(0, this.taken - this.room(nodes, now)));
    this.taken -= count;
    if (further > 0) this.spare.push({ count: further, until: now + (nodes.keptFor ?? KEPT_FOR) });
  }

  /** Gives back places that are no longer there. */
  lose(count: number): void {
    if (this.cluster.nodes !== undefined) this.taken -= count;
  }

  private reuse(now: number, wanted: number): number {
    this.spare = this.spare.filter(({ until }) => until > now);
    let missing = wanted;
    while (missing > 0) {
      const last = this.spare[this.spare.length - 1];
      if (last === undefined) break;
      const count = Math.min(missing, last.count);
      last.count -= count;
      missing -= count;
      if (last.count === 0) this.spare.pop();
    }
    return wanted - missing;
  }

  private room({ room }: Nodes, now: number): number {
    const lost = (this.cluster.losses ?? []).filter(({ from, until }) => from <= now && now < until);
    return Math.floor(lost.reduce((left, { share }) => left * (1 - share), room));
  }
}
