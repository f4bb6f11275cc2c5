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
export type { Surge } from './tuner/course';
export { type FrontPoint, type FrontProps, front } from './tuner/front';
export { type DemandPolicy, type HpaSpec, hpaSpecOf } from './tuner/policy';
export { type Proposal, type ProposeProps, propose } from './tuner/propose';
export type { Rehearsal } from './tuner/stage';
