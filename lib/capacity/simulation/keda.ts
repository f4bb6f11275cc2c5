import { HpaController } from '../hpa/controller';
import { type Hpa, type Metric as HpaMetric, policyOf } from '../hpa/policy';
import type { Reading, Target } from '../hpa/proposal';
import type { Autoscaler, Seen } from './autoscaler';
import { type Formula, formulaOf } from './formula';
import type { AutoscalerOptions } from './manifests';
import { readingOf } from './readings';
import { type ExternalTrigger, type Trigger, understood } from './triggers';

/** A ScaledObject of `keda.sh/v1alpha1`, as far as it decides about replicas. */
export interface ScaledObject {
  readonly spec: {
    readonly pollingInterval?: number;
    readonly cooldownPeriod?: number;
    readonly initialCooldownPeriod?: number;
    readonly idleReplicaCount?: number;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly fallback?: Fallback;
    readonly advanced?: {
      readonly horizontalPodAutoscalerConfig?: { readonly behavior?: Hpa['spec']['behavior'] };
      readonly scalingModifiers?: {
        readonly formula?: string;
        readonly target?: string;
        readonly activationTarget?: string;
        readonly metricType?: string;
      };
    };
    readonly triggers: readonly Trigger[];
  };
}

interface Fallback {
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior?: string;
}

/** What became of asking a trigger. */
interface Observation {
  /** Undefined where it failed, null where a formula is to do without. */
  readonly value: number | null | undefined;
  /** Whether the value stands in for one that can't be read. */
  readonly isFallback: boolean;
  readonly isActive: boolean;
}

const FAILED: Observation = { value: undefined, isFallback: false, isActive: false };

/**
 * KEDA 2.21 and the autoscaler that it makes. KEDA itself only goes from none to some and back, at its own intervals;
 * everything between is up to a HorizontalPodAutoscaler by the metrics that KEDA serves.
 *
 * @see https://github.com/kedacore/keda/blob/v2.21.0/pkg/scaling/executor/scale_scaledobjects.go
 * @throws Error for triggers and formulas that a replay does not know
 */
export function scaledObjectAutoscaler({ spec }: ScaledObject, options: AutoscalerOptions): Autoscaler {
  const external: ExternalTrigger[] = [];
  const resources: HpaMetric[] = [];
  const leftOut: string[] = [];
  for (const trigger of spec.triggers) {
    const as = understood(trigger, options);
    if ('external' in as) external.push(as.external);
    else if ('resource' in as) resources.push(as.resource);
    else leftOut.push(as.leftOut);
  }
  if (external.length + resources.length === 0) {
    throw new Error(`a replay has nothing to go by, without ${leftOut.join(' and ')}`);
  }
  return new ScaledObjectController(spec, external, resources, options, leftOut);
}

type Spec = ScaledObject['spec'];

class ScaledObjectController implements Autoscaler {
  private readonly hpa: HpaController;
  /** What the autoscaler gets from KEDA: of each trigger, or of all of them by a formula. */
  private readonly served: readonly Target[];
  private readonly formula: Formula | undefined;
  private readonly failures: number[];
  private readonly polls: { readonly every: number; next: number };
  private lastActive: number | undefined;

  constructor(
    private readonly spec: Spec,
    private readonly external: readonly ExternalTrigger[],
    resources: readonly HpaMetric[],
    { controller }: AutoscalerOptions,
    readonly leftOut: readonly string[],
  ) {
    const modifiers = spec.advanced?.scalingModifiers;
    this.formula = modifiers?.formula === undefined ? undefined : formulaOf(modifiers.formula);
    const metrics = this.formula
      ? [externalMetric(Number(modifiers?.target), modifiers?.metricType !== 'Value')]
      : external.map(({ target, isPerReplica }) => externalMetric(target, isPerReplica));
    const policy = policyOf({
      spec: {
        minReplicas: Math.max(1, this.fewest),
        maxReplicas: spec.maxReplicaCount ?? 100,
        metrics: [...metrics, ...resources],
        ...(spec.advanced?.horizontalPodAutoscalerConfig ?? {}),
      },
    });
    this.hpa = new HpaController(policy, controller);
    this.served = policy.metrics.slice(0, metrics.length);
    this.failures = external.map(() => 0);
    this.polls = { every: spec.pollingInterval ?? 30, next: 0 };
  }

  /** KEDA's own decision comes first; where it takes one, the autoscaler sees it at its next sync. */
  sync(now: number, seen: Seen): number {
    for (; this.polls.next <= now; this.polls.next += this.polls.every) {
      const replicas = this.poll(this.polls.next, now, seen);
      if (replicas === seen.specReplicas) continue;
      this.polls.next += this.polls.every;
      return replicas;
    }
    return this.hpa.sync(now, seen, this.readings(now, seen));
  }

  /** By default there may be none. */
  private get fewest(): number {
    return this.spec.minReplicaCount ?? 0;
  }

  private poll(at: number, now: number, seen: Seen): number {
    const { idleReplicaCount: idle, fallback } = this.spec;
    const current = seen.specReplicas;
    const observations = this.isAskingItself(current) ? this.observe(now, seen) : [];
    const isError = observations.some(({ value }) => value === undefined);
    if (this.isActive(observations, isError)) {
      if (current === 0 || (idle !== undefined && current < this.fewest)) {
        this.lastActive = at;
        return Math.max(1, this.fewest);
      }
      if (!isError) this.lastActive = at;
      return current;
    }
    // Without a fallback, and until it takes hold, nothing is done on an error.
    if (isError && (fallback === undefined || fallback.replicas !== 0)) return current;
    if (idle === undefined ? this.fewest === 0 && current > 0 : current > idle) {
      return this.hasCooledDown(at) ? (idle ?? 0) : current;
    }
    return idle === undefined ? Math.max(current, this.fewest) : current;
  }

  /** Where the replicas never leave the autoscaler's range, KEDA goes by what that has asked for. */
  private isAskingItself(current: number): boolean {
    return this.fewest === 0 || this.spec.idleReplicaCount !== undefined || current === 0;
  }

  /** CPU tells nothing of a server without replicas, but a server that has no other trigger is always on. */
  private isActive(observations: readonly Observation[], isError: boolean): boolean {
    if (this.external.length === 0) return true;
    if (this.formula === undefined) return observations.some(({ isActive }) => isActive);
    const activation = Number(this.spec.advanced?.scalingModifiers?.activationTarget ?? 0);
    return !isError && observations.length > 0 && (this.composed(observations) ?? 0) > activation;
  }

  /** What was active within the cooldown stays; what never was, for the first one after the object's making. */
  private hasCooledDown(at: number): boolean {
    const { cooldownPeriod = 300, initialCooldownPeriod = 0 } = this.spec;
    if (this.lastActive === undefined) return initialCooldownPeriod < at;
    // The time is kept in whole seconds, so that a poll after just as long counts.
    return this.lastActive + cooldownPeriod <= at;
  }

  private readings(now: number, seen: Seen): (Reading | undefined)[] {
    const { minReplicas, maxReplicas, metrics } = this.hpa.policy;
    // Beyond its bounds it doesn't ask.
    if (seen.specReplicas < minReplicas || seen.specReplicas > maxReplicas) return metrics.map(() => undefined);
    const observations = this.observe(now, seen);
    const values = this.formula ? [this.composed(observations)] : observations.map(({ value }) => value ?? undefined);
    return metrics.map((target, i) => {
      if (i >= this.served.length) return readingOf(target, 'cpu', seen);
      const value = values[i];
      return value === undefined ? undefined : { total: Math.max(0, Math.round(value * 1000)) };
    });
  }

  private composed(observations: readonly Observation[]): number | undefined {
    const standIn = observations.find(({ isFallback }) => isFallback);
    if (standIn !== undefined) return standIn.value ?? undefined;
    const values = new Map<string, number | null>();
    for (const [i, { value }] of observations.entries()) {
      if (value !== undefined) values.set(this.external[i]?.name ?? '', value);
    }
    const result = this.formula?.(values);
    if (result !== null) return result;
    const { fallback, advanced } = this.spec;
    return fallback && fallback.replicas * Number(advanced?.scalingModifiers?.target);
  }

  private observe(now: number, seen: Seen): Observation[] {
    return this.external.map((trigger, i) => {
      const value = trigger.read(now, seen);
      if (value !== undefined) {
        this.failures[i] = 0;
        return { value, isFallback: false, isActive: value > trigger.activation };
      }
      const { fallback } = this.spec;
      this.failures[i] = (this.failures[i] ?? 0) + 1;
      if (fallback === undefined || (this.failures[i] ?? 0) <= fallback.failureThreshold) return FAILED;
      return this.standIn(fallback, i, seen);
    });
  }

  /** Such a value that the autoscaler comes to the fallback's replicas by itself. */
  private standIn({ replicas, behavior }: Fallback, i: number, seen: Seen): Observation {
    if (behavior === 'scalingModifiers') return { value: null, isFallback: false, isActive: false };
    const current = seen.specReplicas;
    const count =
      behavior === 'currentReplicas'
        ? current
        : behavior === 'currentReplicasIfHigher'
          ? Math.max(current, replicas)
          : behavior === 'currentReplicasIfLower'
            ? Math.min(current, replicas)
            : replicas;
    const served = this.served[this.formula ? 0 : i];
    if (served === undefined) return FAILED;
    const value = (served.value / 1000) * count;
    if (served.kind === 'perReplica') return { value, isFallback: true, isActive: true };
    let ready = 0;
    for (const pod of seen.pods) if (pod.phase === 'Running' && pod.ready?.is === true) ready += pod.count;
    return ready === 0 ? FAILED : { value: value / ready, isFallback: true, isActive: true };
  }
}

function externalMetric(target: number, isPerReplica: boolean): HpaMetric {
  const quantity = target.toFixed(3);
  return { type: 'External', external: { target: isPerReplica ? { averageValue: quantity } : { value: quantity } } };
}
