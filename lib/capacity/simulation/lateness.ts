/**
 * The share of requests that take longer than they may, at a rate of requests per second in all, among some ready
 * replicas. It is asked for rates up to the capacity of all of them.
 */
export type ShareLate = (rate: number, ready: number) => number;

/** Steps of the load for which the share is asked: fine enough for the steep part near the capacity. */
const STEPS = 200;

/** Adds up the requests that are late, asking for each load of each number of replicas only once. */
export class Lateness {
  sum = 0;
  private readonly shares: (number[] | undefined)[] = [];

  constructor(
    private readonly late: ShareLate,
    private readonly capacity: number,
  ) {}

  /** What is over the capacity is late; what is left is answered by replicas that are full. */
  add(rate: number, ready: number, seconds: number): void {
    if (rate <= 0) return;
    const most = ready * this.capacity;
    const served = Math.min(rate, most);
    this.sum += (rate - served + (served > 0 ? served * this.share(served / most, ready) : 0)) * seconds;
  }

  /** The load is rounded up, so that the share is rather too high. */
  private share(load: number, ready: number): number {
    const step = Math.ceil(load * STEPS - 1e-9);
    this.shares[ready] ??= [];
    const known = this.shares[ready];
    const share = known?.[step] ?? Math.min(1, Math.max(0, this.late((step / STEPS) * ready * this.capacity, ready)));
    if (known !== undefined) known[step] = share;
    return share;
  }
}
