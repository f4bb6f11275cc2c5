import type { PodGroup, Sample } from '../hpa/pods';
import type { Arrivals } from '../traces/trace';
import type { Seen } from './autoscaler';
import type { Cluster, Outage } from './cluster';
import type { Fleet } from './fleet';
import { Load } from './load';
import type { Service } from './service';
import { SYNC_PERIOD } from './ticks';

/** The CPU of a replica at its capacity, as a share of its request. */
const AT_CAPACITY = 0.7;

/**
 * What can be seen of a server at a moment, worked out when it is asked for: an autoscaler by the rate of requests
 * needn't know of pods, and there are a quarter of a million moments in 45 days.
 */
export class Sight implements Seen {
  now = 0;
  readonly cpuRequest: number;
  private readonly load: Load;
  /** What came to each replica in the ticks of the last window, as a share of its capacity. */
  private readonly recent: Float64Array;
  private ticks = 0;
  private groups: { readonly at: number; readonly pods: PodGroup[] } | undefined;
  private readonly outages: Record<'monitoring' | 'resources', readonly Outage[]>;

  constructor(
    private readonly arrivals: Arrivals,
    private readonly service: Service,
    { outages = [] }: Cluster,
    private readonly fleet: Fleet,
  ) {
    this.load = new Load(service);
    this.recent = new Float64Array(Math.max(1, Math.round(service.metricWindow / SYNC_PERIOD)));
    this.recent.fill(this.load.each(arrivals.rate(-1, 0), fleet.ready));
    this.cpuRequest = 1000 * (service.cpu?.request ?? 1);
    this.outages = {
      monitoring: outages.filter(({ of = 'monitoring' }) => of === 'monitoring'),
      resources: outages.filter(({ of }) => of === 'resources'),
    };
  }

  get specReplicas(): number {
    return this.fleet.wanted;
  }

  get statusReplicas(): number {
    return this.fleet.wanted;
  }

  get pods(): readonly PodGroup[] {
    if (this.groups?.at !== this.now) this.groups = { at: this.now, pods: this.fleet.pods(this.now) };
    return this.groups.pods;
  }

  get rate(): number | undefined {
    return this.isOut('monitoring') ? undefined : this.recentRate();
  }

  get inFlight(): number | undefined {
    return this.isOut('monitoring') ? undefined : this.load.inFlight(this.recentRate(), this.fleet.ready);
  }

  get queue(): number | undefined {
    return this.isOut('monitoring') ? undefined : this.load.queue(this.recentRate(), this.fleet.ready);
  }

  get busy(): number | undefined {
    return this.isOut('monitoring') ? undefined : this.recentMean(1, 1);
  }

  get cpu(): readonly (Sample | undefined)[] | undefined {
    if (this.isOut('resources')) return undefined;
    const { atCapacity = AT_CAPACITY, most = 1, starting = 0 } = this.service.cpu ?? {};
    const busy = this.recentMean(atCapacity, most);
    return this.pods.map(({ phase, ready, startedAt = 0 }) => {
      // A pod that is pending has no sample, and one whose node is gone neither.
      if (phase === 'Pending' || ready === undefined) return undefined;
      if (!ready.is) return ready.since > startedAt ? undefined : this.sample(starting);
      const { metricWindow } = this.service;
      const share = Math.min(1, (this.now - ready.since) / metricWindow);
      return this.sample(share * busy + (1 - share) * starting);
    });
  }

  /** Lets the requests of a tick come. */
  pass(rate: number, seconds: number): void {
    this.load.pass(rate, this.fleet.ready, seconds);
    this.recent[this.ticks++ % this.recent.length] = this.load.each(rate, this.fleet.ready);
  }

  private sample(share: number): Sample {
    return { value: Math.round(share * this.cpuRequest), at: this.now, window: this.service.metricWindow };
  }

  private recentRate(): number {
    return this.arrivals.rate(this.now - this.service.metricWindow, this.now);
  }

  /** The mean of what each replica used, when it uses so much at its capacity and can't use more than the most. */
  private recentMean(atCapacity: number, most: number): number {
    let sum = 0;
    for (const load of this.recent) sum += Math.min(most, load * atCapacity);
    return sum / this.recent.length;
  }

  private isOut(what: 'monitoring' | 'resources'): boolean {
    const outages = this.outages[what];
    return outages.length > 0 && outages.some(({ from, until }) => from <= this.now && this.now < until);
  }
}
