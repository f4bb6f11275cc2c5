import { type ControllerOptions, HpaController, type Policy } from '../hpa/controller';
import type { Reading } from '../hpa/proposal';
import type { Autoscaler, Seen } from './autoscaler';
import { type Floors, FloorsOverTime } from './floors';
import { type Measure, readingOf } from './readings';

/** The autoscaler of Kubernetes, with the readings of a replay and a minimum that a calendar raises. */
export class HpaAutoscaler implements Autoscaler {
  readonly leftOut: readonly string[];
  private readonly controller: HpaController;
  private readonly floors: FloorsOverTime;
  private floor = 0;

  /** @param measures what each metric of the policy tells of, in their order */
  constructor(
    private readonly policy: Policy,
    private readonly measures: readonly Measure[],
    {
      floors = [],
      controller,
      leftOut = [],
    }: {
      readonly floors?: Floors | undefined;
      readonly controller?: ControllerOptions | undefined;
      readonly leftOut?: readonly string[];
    } = {},
  ) {
    this.controller = new HpaController(policy, controller);
    this.floors = new FloorsOverTime(floors);
    this.leftOut = leftOut;
  }

  sync(now: number, seen: Seen): number {
    const floor = this.floors.at(now);
    if (floor !== this.floor) {
      this.floor = floor;
      const { minReplicas, maxReplicas } = this.policy;
      this.controller.policy = { ...this.policy, minReplicas: Math.min(maxReplicas, Math.max(minReplicas, floor)) };
    }
    return this.controller.sync(now, seen, this.readings(seen));
  }

  private readings(seen: Seen): (Reading | undefined)[] {
    return this.policy.metrics.map((target, i) => readingOf(target, this.measures[i] ?? 'requests', seen));
  }
}
