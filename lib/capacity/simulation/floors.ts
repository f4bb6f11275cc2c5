/** The fewest replicas at times, in seconds of the trace, as a calendar sets them. */
export type Floors = readonly {
  /** When it begins to hold. */
  readonly from: number;
  /** When it no longer does. */
  readonly until: number;
  readonly replicas: number;
}[];

/** The highest of the floors at a time, which must not go back from one question to the next. */
export class FloorsOverTime {
  private readonly coming: Floors;
  private next = 0;
  private on: Floors = [];
  private highest = 0;
  /** When the answer may change. */
  private changesAt = Number.NEGATIVE_INFINITY;

  constructor(floors: Floors) {
    this.coming = [...floors].sort((a, b) => a.from - b.from);
  }

  at(now: number): number {
    if (now < this.changesAt) return this.highest;
    let { next } = this;
    while ((this.coming[next]?.from ?? Number.POSITIVE_INFINITY) <= now) next++;
    this.on = [...this.on, ...this.coming.slice(this.next, next)].filter(({ until }) => until > now);
    this.next = next;
    this.highest = Math.max(0, ...this.on.map(({ replicas }) => replicas));
    this.changesAt = Math.min(
      this.coming[next]?.from ?? Number.POSITIVE_INFINITY,
      ...this.on.map(({ until }) => until),
    );
    return this.highest;
  }
}
