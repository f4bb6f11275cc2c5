/**
 * The arithmetic of capacity, without Kubernetes or Pulumi: it also runs in a browser.
 *
 * @packageDocumentation
 */
export { type Footprint, footprint } from './footprint';
export { type ControllerOptions, DEFAULT_OPTIONS, HpaController, type Policy } from './hpa/controller';
export type { Behavior, Rules } from './hpa/limits';
export type { PodGroup, Sample } from './hpa/pods';
export { type Hpa, policyOf } from './hpa/policy';
export type { Reading, Target, Tolerance, Workload } from './hpa/proposal';
export { growth } from './queueing/growth';
export { HIGHEST_LOAD, highestLoad, type LoadLimit } from './queueing/highest-load';
export { type LoadTestRun, readK6Summary } from './queueing/k6-summary';
export { type LateProps, lateShare } from './queueing/late-share';
export { type LoadedQueue, latencyQuantile, latencyTail } from './queueing/latency';
export { type MeasuredRate, measuredRate } from './queueing/measured-rate';
export type { Balancing, Queue } from './queueing/queue';
export type { Distribution } from './queueing/service-times';
export { type Delays, leadSeconds, type SloTarget, type SloTargetProps, sloTarget } from './queueing/slo-target';
