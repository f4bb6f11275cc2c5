import {
  type Behavior,
  ChangeLog,
  type Changes,
  History,
  limited,
  limitedWithoutRules,
  longestPeriod,
  stabilized,
  stabilizedWithoutRules,
} from './limits';
import type { Readiness } from './pods';
import { proposal, type Reading, type Target, type Tolerance, type Workload } from './proposal';

/** A HorizontalPodAutoscaler as the controller sees it: with the API's defaults filled in. */
export interface Policy {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly Target[];
  /** Undefined where the object has no `behavior`: then another, older path is taken. */
  readonly behavior: Behavior | undefined;
  readonly tolerance: Tolerance;
}

/** Options of kube-controller-manager that matter to its autoscaler. */
export interface ControllerOptions extends Readiness {
  /** Seconds for which a higher recommendation holds, without `behavior` or a window in it. */
  readonly downscaleStabilization: number;
  /** Whether an autoscaler may take a workload to zero and back: the gate HPAScaleToZero, on from Kubernetes 1.37. */
  readonly scaleToZero: boolean;
}

/** The defaults of kube-controller-manager. */
export const DEFAULT_OPTIONS: ControllerOptions = {
  cpuInitializationPeriod: 300,
  initialReadinessDelay: 30,
  downscaleStabilization: 300,
  scaleToZero: false,
};

/**
 * The autoscaler of Kubernetes for one workload, sync by sync: the same number of replicas that the controller of
 * kube-controller-manager 1.37 sets, with its history and its rounding.
 *
 * @example
 * ```ts
 * const controller = new HpaController(policyOf(manifest));
 * let replicas = 3;
 * for (let now = 0; now < 3600; now += 15) {
 *   const pods = [{ count: replicas, phase: 'Running', ready: { is: true, since: 0 } }] as const;
 *   const workload = { specReplicas: replicas, statusReplicas: replicas, pods };
 *   replicas = controller.sync(now, workload, [{ total: requestsPerSecond(now) * 1000 }]);
 * }
 * ```
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/podautoscaler/horizontal.go
 */
export class HpaController {
  private readonly recommendations = new History();
  private readonly changes: Changes = { added: new ChangeLog(), removed: new ChangeLog() };
  /** Whether it was this controller that took the workload to zero. */
  private hasScaledToZero = false;

  /** @param policy may be changed between two syncs, as when a calendar raises the minimum: the history stays */
  constructor(
    public policy: Policy,
    private readonly options: ControllerOptions = DEFAULT_OPTIONS,
  ) {}

  /**
   * One sync.
   *
   * @param now in seconds, never going back
   * @param readings one for each metric of the policy, in its order
   * @param done when the new number has been written, in seconds, from which rates are reckoned; default: at once
   * @returns the replicas that the workload is told to have; the same as before where nothing is to be done or known
   */
  sync(now: number, workload: Workload, readings: readonly (Reading | undefined)[], done = now): number {
    const current = workload.specReplicas;
    if (this.recommendations.isEmpty) this.recommendations.add(now, current);
    const desired = this.desired(now, workload, readings);
    if (desired !== current) {
      this.remember(done, desired - current);
      this.hasScaledToZero = this.options.scaleToZero && desired === 0;
    }
    return desired;
  }

  private remember(at: number, change: number): void {
    const { behavior } = this.policy;
    if (behavior === undefined) return;
    if (change > 0) this.changes.added.add(at, change, longestPeriod(behavior.up));
    else this.changes.removed.add(at, -change, longestPeriod(behavior.down));
  }

  private desired(now: number, workload: Workload, readings: readonly (Reading | undefined)[]): number {
    const { minReplicas, maxReplicas } = this.policy;
    const current = workload.specReplicas;
    // At zero it is switched off, unless it went there by itself.
    if (current === 0 && !this.hasScaledToZero) return 0;
    if (current > maxReplicas) return maxReplicas;
    if (current > 0 && current < minReplicas) return minReplicas;
    const wanted = this.wanted(now, workload, readings);
    if (wanted === undefined) return current;
    const desired = this.restrained(now, current, wanted);
    return current === 0 ? Math.max(minReplicas, desired) : desired;
  }

  private restrained(now: number, current: number, wanted: number): number {
    const { recommendations, changes, policy } = this;
    const { behavior } = policy;
    const stable = behavior
      ? stabilized(current, wanted, recommendations, behavior, now)
      : stabilizedWithoutRules(wanted, recommendations, this.options.downscaleStabilization, now);
    recommendations.add(now, wanted);
    return behavior
      ? limited(current, stable, changes, behavior, policy, now)
      : limitedWithoutRules(current, stable, policy);
  }

  /** The most that a metric asks for. Where some can't be read, the others may only ask for more. */
  private wanted(now: number, workload: Workload, readings: readonly (Reading | undefined)[]): number | undefined {
    const { metrics, tolerance } = this.policy;
    let most: number | undefined;
    let unknown = 0;
    for (const [i, target] of metrics.entries()) {
      const asked = proposal(target, readings[i], workload, { now, tolerance, readiness: this.options });
      if (asked === undefined) unknown++;
      else if (most === undefined || asked > most) most = asked;
    }
    return unknown > 0 && (most ?? 0) < workload.specReplicas ? undefined : most;
  }
}
