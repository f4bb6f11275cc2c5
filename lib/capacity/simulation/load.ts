import type { Service } from './service';

/**
 * What a replica is doing under its share of the requests, in formulas that are as simple as they can be: requests are
 * shared evenly, and beyond its capacity a replica does what it does at its capacity.
 */
export class Load {
  private readonly serviceSeconds: number;
  private readonly concurrency: number;
  private readonly patience: number;
  private backlog = 0;

  constructor(private readonly service: Service) {
    this.concurrency = service.concurrency ?? 1;
    this.serviceSeconds = service.serviceSeconds ?? this.concurrency / service.capacity;
    this.patience = service.patience ?? 10;
  }

  /** The share of a ready replica's capacity that comes to it: above 1 where it is too much. */
  each(rate: number, ready: number): number {
    if (rate <= 0) return 0;
    return rate / (Math.max(1, ready) * this.service.capacity);
  }

  /**
   * Requests that are being worked on, by Little's law: as many as come in the time of one, and no more than there are
   * places.
   */
  inFlight(rate: number, ready: number): number {
    const served = Math.min(rate, ready * this.service.capacity);
    return Math.min(served * this.serviceSeconds, ready * this.concurrency);
  }

  /** Lets requests pile up, or be worked off, for some seconds; those whose clients have given up are gone. */
  pass(rate: number, ready: number, seconds: number): void {
    const served = ready * this.service.capacity;
    const most = this.patience * (ready > 0 ? served : rate);
    this.backlog = Math.max(0, Math.min(this.backlog + (rate - served) * seconds, most));
  }

  /**
   * Requests that wait: what has piled up, and what waits at each replica though there is room, since requests don't
   * come evenly; by Sakasegawa's formula, for arrivals and service times of an exponential kind.
   *
   * @see https://doi.org/10.1007/BF02480297
   */
  queue(rate: number, ready: number): number {
    const busy = Math.min(0.99, this.each(rate, ready));
    const each = busy ** Math.sqrt(2 * (this.concurrency + 1)) / (1 - busy);
    return this.backlog + ready * each;
  }
}
