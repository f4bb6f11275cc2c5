/** How fast replicas may come or go: of `behavior.scaleUp` or `behavior.scaleDown`, with the API's defaults. */
export interface Rules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

/** The rules of an object that has a `behavior`. */
export interface Behavior {
  readonly up: Rules;
  readonly down: Rules;
}

/** What is remembered of a moment. */
interface Entry {
  readonly at: number;
  readonly replicas: number;
}

/** The longest window and period that an autoscaler may have, in seconds. */
const LONGEST = 3600;

/** Recommendations in the order of their time, of which those that can't matter any more are dropped. */
export class History {
  private entries: Entry[] = [];
  /** Where the entries begin that still matter. */
  private start = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  add(at: number, replicas: number): void {
    while ((this.entries[this.start]?.at ?? at) < at - LONGEST) this.start++;
    // Moving them one by one would take as long as there are entries, each time.
    if (this.start > 1000) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
    this.entries.push({ at, replicas });
  }

  /** Those of late, the latest first, folded into one number. */
  fold(isLate: (at: number) => boolean, first: number, step: (sum: number, replicas: number) => number): number {
    let result = first;
    for (let i = this.entries.length - 1; i >= this.start; i--) {
      const entry = this.entries[i];
      if (entry === undefined || !isLate(entry.at)) break;
      result = step(result, entry.replicas);
    }
    return result;
  }
}

/**
 * How many replicas came at once, or went, and when. As in the controller, one that is older than all periods of the
 * rules by which it came makes room for the next: the rules of the other direction, whose periods may be longer,
 * don't see it any more.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/horizontal.go
 */
export class ChangeLog {
  private readonly entries: (Entry & { readonly isOld: boolean })[] = [];

  /** @param longest the longest period of the rules by which they came or went, in seconds */
  add(at: number, replicas: number, longest: number): void {
    let place = this.entries.length;
    for (const [i, entry] of this.entries.entries()) {
      const isOld = entry.isOld || entry.at < at - longest;
      if (isOld) place = i;
      this.entries[i] = { ...entry, isOld };
    }
    this.entries[place] = { at, replicas, isOld: false };
  }

  /** How many in all, in the last so many seconds. */
  within(seconds: number, now: number): number {
    let sum = 0;
    for (const { at, replicas } of this.entries) if (at > now - seconds) sum += replicas;
    return sum;
  }
}

/** The replicas that came and went lately. */
export interface Changes {
  readonly added: ChangeLog;
  readonly removed: ChangeLog;
}

/** The longest period of some rules, in seconds. */
export function longestPeriod({ policies }: Rules): number {
  return Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));
}

/** The bounds of an autoscaler. */
export interface Bounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

/**
 * What is wanted, held back by what was wanted of late: it only rises to what has been wanted all through the window
 * of `up`, and only falls to what has been enough all through that of `down`.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/horizontal.go
 */
export function stabilized(
  current: number,
  wanted: number,
  recommendations: History,
  { up, down }: Behavior,
  now: number,
): number {
  const lowest = recommendations.fold((at) => at > now - up.stabilizationWindowSeconds, wanted, Math.min);
  const highest = recommendations.fold((at) => at > now - down.stabilizationWindowSeconds, wanted, Math.max);
  return Math.min(Math.max(current, lowest), highest);
}

/** The same of an object without `behavior`: only on the way down, for as long as the controller is told by its flags. */
export function stabilizedWithoutRules(wanted: number, recommendations: History, seconds: number, now: number): number {
  return recommendations.fold((at) => at >= now - seconds, wanted, Math.max);
}

/** As many as the rules let come or go at once, within the bounds. */
export function limited(
  current: number,
  wanted: number,
  changes: Changes,
  { up, down }: Behavior,
  { minReplicas, maxReplicas }: Bounds,
  now: number,
): number {
  if (wanted > current) return Math.min(wanted, maxReplicas, Math.max(current, upLimit(current, changes, up, now)));
  if (wanted < current) return Math.max(wanted, minReplicas, Math.min(current, downLimit(current, changes, down, now)));
  return wanted;
}

/** The same of an object without `behavior`: at most twice as many in one sync, or four. */
export function limitedWithoutRules(current: number, wanted: number, { minReplicas, maxReplicas }: Bounds): number {
  return wanted < minReplicas ? minReplicas : Math.min(wanted, maxReplicas, Math.max(2 * current, 4));
}

/** The most replicas that the rules allow now: fewer than there are after a fast rise. */
function upLimit(current: number, changes: Changes, rules: Rules, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = atStartOf(periodSeconds, current, changes, now);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** The fewest replicas that the rules allow now. */
function downLimit(current: number, changes: Changes, rules: Rules, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = atStartOf(periodSeconds, current, changes, now);
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

function atStartOf(periodSeconds: number, current: number, { added, removed }: Changes, now: number): number {
  return current - added.within(periodSeconds, now) + removed.within(periodSeconds, now);
}
