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
export type { Autoscaler, Seen } from './simulation/autoscaler';
export { BASELINES, type Bounds, type Candidate, constantly } from './simulation/baselines';
export {
  type Cluster,
  DLRM_SCHEDULING,
  type Loss,
  type Nodes,
  type Outage as MetricsOutage,
  type Quantiles,
} from './simulation/cluster';
export { type Comparison, type ComparisonOptions, compare } from './simulation/compare';
export type { Floors } from './simulation/floors';
export type { ShareLate } from './simulation/lateness';
export { type AppliedObject, type AutoscalerOptions, autoscalerOf } from './simulation/manifests';
export { oracle, oracleHours } from './simulation/oracle';
export { type Measure, type Metric, measureOf } from './simulation/readings';
export { type Replay, type ReplayOptions, replay } from './simulation/replay';
export type { Cpu, Service } from './simulation/service';
export { type FlashSale, flashSale } from './traces/flash-sale';
export {
  type Daily,
  daily,
  type Outage,
  outage,
  type Sale,
  sale,
  type Weekly,
  weekly,
} from './traces/generate';
export type { TraceOptions } from './traces/options';
export { type ReadTrace, readTrace } from './traces/read-trace';
export { resample } from './traces/resample';
export { scale } from './traces/scale';
export { slice } from './traces/slice';
export { summaryOf, type TraceSummary } from './traces/summary';
export { duration, type Trace } from './traces/trace';
export { writeTrace } from './traces/write-trace';
export type { Surge } from './tuner/course';
export { type FrontPoint, type FrontProps, front } from './tuner/front';
export { type DemandPolicy, type HpaSpec, hpaSpecOf } from './tuner/policy';
export { type Proposal, type ProposeProps, propose } from './tuner/propose';
export type { Rehearsal } from './tuner/stage';
export { readUsage, type Usage } from './usage';
export { type MemoryUsage, type ObservedUsage, type VerticalFit, verticalFit } from './vertical-fit';
