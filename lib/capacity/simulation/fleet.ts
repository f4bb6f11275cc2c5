import { DEFAULT_OPTIONS } from '../hpa/controller';
import type { PodGroup } from '../hpa/pods';
import { type Cluster, delays, type Loss } from './cluster';
import { Places } from './places';
import type { Service } from './service';

/** Seconds from the loss of a node until its pods are replaced: node-monitor-grace-period and tolerationSeconds. */
const NOTICED_AFTER = 50 + 300;

/** Replicas that came at one time and are alike. */
interface Cohort {
  count: number;
  /** When they are paid for: with the decision, or once there is a node. */
  readonly paidFrom: number;
  /** When a kubelet takes them. */
  readonly startedAt: number;
  /** When their containers run. */
  readonly runningAt: number;
  readonly readyAt: number;
  /** When nothing about them changes any more, as the controller sees it. */
  readonly settledAt: number;
}

/** Replicas whose node is gone. */
interface Lost {
  count: number;
  readonly since: number;
  readonly replacedAt: number;
}

/** The replicas of a server on a cluster: how many are wanted, there, paid for and ready. */
export class Fleet {
  /** Replicas that the server is told to have, and that are there in some state. */
  wanted: number;
  /** Replicas that answer requests. */
  ready: number;
  /** Ready for so long that they are all alike. */
  private settled: number;
  /** Those that came of late, in the order in which they become ready; the first `readyCohorts` of them are. */
  private readonly cohorts: Cohort[] = [];
  private readyCohorts = 0;
  private readonly lost: Lost[] = [];
  /** Without any place. */
  private unplaced = 0;
  private readonly places: Places;
  private readonly losses: readonly Loss[];
  private nextLoss = 0;
  private readonly schedulingDelay: () => number;
  /** Whether each replica has a delay of its own. */
  private readonly isScattered: boolean;

  constructor(
    private readonly service: Service,
    cluster: Cluster,
    initial: number,
  ) {
    this.places = new Places(cluster);
    this.losses = [...(cluster.losses ?? [])].sort((a, b) => a.from - b.from);
    this.schedulingDelay = delays(cluster.scheduling ?? 0, cluster.seed ?? 1);
    this.isScattered = typeof cluster.scheduling === 'object';
    this.wanted = initial;
    // There are enough nodes for those at the start; what is beyond the room is on nodes that have come.
    this.settled = this.places.take(0, initial).reduce((sum, { count }) => sum + count, 0);
    this.unplaced = initial - this.settled;
    this.ready = this.settled;
  }

  /** Replicas that are paid for. */
  paid(now: number): number {
    let count = this.wanted - this.unplaced;
    for (const lost of this.lost) count -= lost.count;
    for (const cohort of this.cohorts) if (cohort.paidFrom > now) count -= cohort.count;
    return count;
  }

  /** Lets happen what happens by itself until a time. */
  advance(now: number): void {
    for (let loss = this.losses[this.nextLoss]; loss !== undefined && loss.from <= now; ) {
      this.lose(loss, now);
      loss = this.losses[++this.nextLoss];
    }
    while (this.lost[0] !== undefined && this.lost[0].replacedAt <= now) this.start(now, this.lost.shift()?.count ?? 0);
    if (this.unplaced > 0) this.start(now, this.takeUnplaced());
    this.countReady(now);
    while (this.readyCohorts > 0 && (this.cohorts[0]?.settledAt ?? now) <= now) {
      this.settled += this.cohorts.shift()?.count ?? 0;
      this.readyCohorts--;
    }
  }

  /** Starts or ends as many replicas as it takes. */
  scale(now: number, wanted: number): void {
    if (wanted > this.wanted) this.start(now, wanted - this.wanted);
    else if (wanted < this.wanted) this.end(now, this.wanted - wanted);
    this.wanted = wanted;
    // What takes no time is there at once.
    this.countReady(now);
  }

  /** The pods in groups that are alike. */
  pods(now: number): PodGroup[] {
    const groups: PodGroup[] = [];
    if (this.settled > 0) {
      const since = Number.NEGATIVE_INFINITY;
      groups.push({ count: this.settled, phase: 'Running', ready: { is: true, since }, startedAt: since });
    }
    for (const { count, startedAt, runningAt, readyAt } of this.cohorts) {
      if (count === 0) continue;
      if (startedAt > now) groups.push({ count, phase: 'Pending' });
      else {
        const ready = readyAt <= now ? { is: true, since: readyAt } : { is: false, since: startedAt };
        groups.push({ count, phase: runningAt <= now ? 'Running' : 'Pending', ready, startedAt });
      }
    }
    for (const { count, since } of this.lost) {
      groups.push({ count, phase: 'Running', ready: { is: false, since }, startedAt: Number.NEGATIVE_INFINITY });
    }
    if (this.unplaced > 0) groups.push({ count: this.unplaced, phase: 'Pending' });
    return groups;
  }

  private countReady(now: number): void {
    let next = this.cohorts[this.readyCohorts];
    while (next !== undefined && next.readyAt <= now) {
      this.ready += next.count;
      next = this.cohorts[++this.readyCohorts];
    }
  }

  private start(now: number, count: number): void {
    let left = count;
    for (const placing of this.places.take(now, count)) {
      left -= placing.count;
      const size = this.isScattered ? 1 : placing.count;
      for (let i = 0; i < placing.count; i += size) this.add(now, size, placing.after, placing.pull);
    }
    this.unplaced += left;
  }

  private add(now: number, count: number, after: number, pull: number): void {
    const { readySeconds, metricWindow, pendingSeconds = 0 } = this.service;
    const startedAt = now + after + this.schedulingDelay();
    const readyAt = startedAt + pull + readySeconds;
    const cohort = {
      count,
      paidFrom: now + after,
      startedAt,
      runningAt: startedAt + pull + pendingSeconds,
      readyAt,
      settledAt: Math.max(readyAt + metricWindow, startedAt + DEFAULT_OPTIONS.cpuInitializationPeriod),
    };
    let at = this.cohorts.length;
    while (at > 0 && (this.cohorts[at - 1]?.readyAt ?? 0) > readyAt) at--;
    this.cohorts.splice(at, 0, cohort);
  }

  /**
   * A ReplicaSet takes away what has no node, then what isn't ready, then what is ready for the shortest time.
   *
   * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/controller_utils.go
   */
  private end(now: number, count: number): void {
    const withoutPlace = Math.min(count, this.unplaced);
    this.unplaced -= withoutPlace;
    let left = count - withoutPlace;
    while (left > 0 && this.lost.length > 0) {
      const last = this.lost[this.lost.length - 1] as Lost;
      const gone = Math.min(left, last.count);
      last.count -= gone;
      left -= gone;
      if (last.count === 0) this.lost.pop();
    }
    this.places.free(now, left);
    while (left > 0 && this.cohorts.length > 0) {
      const last = this.cohorts[this.cohorts.length - 1] as Cohort;
      const gone = Math.min(left, last.count);
      last.count -= gone;
      left -= gone;
      if (this.readyCohorts === this.cohorts.length) this.ready -= gone;
      if (last.count === 0) this.cohorts.pop();
      this.readyCohorts = Math.min(this.readyCohorts, this.cohorts.length);
    }
    this.settled -= left;
    this.ready -= left;
  }

  private lose({ share, from, noticedAfter = NOTICED_AFTER }: Loss, now: number): void {
    // What is rounded off in one cohort is made good in the next, so that the share is right all in all.
    let owed = 0;
    const gone = (count: number) => {
      owed += count * share;
      const whole = Math.min(count, Math.round(owed));
      owed -= whole;
      return whole;
    };
    const ofSettled = gone(this.settled);
    this.settled -= ofSettled;
    let count = ofSettled;
    this.ready -= ofSettled;
    for (const [i, cohort] of this.cohorts.entries()) {
      const ofCohort = gone(cohort.count);
      cohort.count -= ofCohort;
      count += ofCohort;
      if (i < this.readyCohorts) this.ready -= ofCohort;
    }
    if (count === 0) return;
    this.places.lose(count);
    this.lost.push({ count, since: from, replacedAt: now + noticedAfter });
    this.lost.sort((a, b) => a.replacedAt - b.replacedAt);
  }

  private takeUnplaced(): number {
    const count = this.unplaced;
    this.unplaced = 0;
    return count;
  }
}
