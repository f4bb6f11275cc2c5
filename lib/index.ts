/**
 * Typed Kubernetes platforms for recommendation and search models, on cdk8s and Pulumi.
 *
 * @packageDocumentation
 */

// Autoscaling
export { autoscaleForSlo } from './autoscaling/autoscale-for-slo';
export { type AutoscaleForSloProps, autoscaleForSloSchema } from './autoscaling/autoscale-for-slo-props';
export { autoscaleOnDemand } from './autoscaling/autoscale-on-demand';
export { type AutoscaleOnDemandProps, autoscaleOnDemandSchema } from './autoscaling/autoscale-on-demand-props';
export {
  type AutoscaleOnResourcesProps,
  autoscaleOnResources,
  autoscaleOnResourcesSchema,
} from './autoscaling/autoscale-on-resources';
export { BEHAVIORS, type BehaviorName } from './autoscaling/behavior';
export { type Peak, type PeaksProps, peakSchema, peaksSchema } from './autoscaling/peaks';
export { type PerReplicaProps, perReplicaSchema } from './autoscaling/per-replica';
export type { ScalingRules } from './autoscaling/rules';
export {
  type CalendarEvent,
  calendarEventSchema,
  type LocalDateTime,
  type TimeOfDay,
  type Weekday,
  type YearlyTime,
} from './core/calendar';
export type { Callee } from './core/callee';
export type { Deferred } from './core/deferred';
export { type Duration, durationSchema } from './core/durations';
export type { Exposable } from './core/exposable';
export { FUNNEL_METRICS, FUNNEL_OUTCOMES } from './core/funnel-metrics';
export type { Image, ImageLock } from './core/images';
export { kubernetesObject } from './core/kubernetes-object';
// Escape hatches
export { type DeepPartial, deepMerge } from './core/merge';
export { nameSchema } from './core/names';
export { type Percentage, percentageSchema } from './core/percentages';
export { InvalidInput, type Problem } from './core/problem';
// Values and their units
export { type Bytes, bytesSchema, type Cpu, cpuSchema } from './core/quantities';
export type { ScalingPolicy, ScalingTarget } from './core/scaling';
export { type SecretRef, secretRefSchema } from './core/secrets';
export {
  type LatencyMetric,
  METRIC_NAMES,
  type MetricName,
  type Metrics,
  type Series,
  type ServerMetrics,
  type TimeHistogram,
  type TimeMean,
  type TimeUnit,
} from './core/server-metrics';
export type { QueryOptions } from './core/server-query';
export { type AvailabilityObjective, type LatencyObjective, Slo, sloSchema } from './core/slo';
export { setTrafficBudget, type TrafficBudget, trafficBudgetSchema } from './core/traffic-budget';
export { type Transform, transform } from './core/transform';
// Monitoring
export { Monitoring } from './monitoring/monitoring';
export { type MonitoringProps, monitoringSchema } from './monitoring/monitoring-props';
export type { Addon } from './platform/addons';
export { Cluster, type ClusterProps, clusterSchema } from './platform/cluster';
export type { Distribution } from './platform/distributions';
export type { Feature } from './platform/features';
export { type GpuRequest, gpuSchema } from './platform/gpu-request';
export type { GpuType } from './platform/gpus';
export type { MigProfile } from './platform/mig';
// The platform: where things run, and what they can rely on.
export { Platform, type PlatformProps } from './platform/platform';
export { type EmbeddingTable, type EmbeddingTableProps, embeddingTablesSchema } from './serving/embedding-tables';
export type { EngineName } from './serving/engines/names';
// Serving
export { PublicEndpoint } from './serving/exposure/public-endpoint';
export { type PublicEndpointProps, publicEndpointSchema } from './serving/exposure/public-endpoint-props';
export * from './serving/funnel';
export {
  gcsUri,
  ModelArtifact,
  type ModelArtifactProps,
  type ModelUri,
  modelSchema,
  ossUri,
  s3Uri,
} from './serving/model-artifact';
export { ModelCache, type ModelCacheNodes } from './serving/model-cache';
export { type ModelCacheProps, modelCacheSchema } from './serving/model-cache-props';
export { ModelServer, type ModelServerNodes } from './serving/model-server';
export { type ModelServerProps, resourcesSchema, startupSchema } from './serving/model-server-props';
export type { MountedModel, ProbeTarget, RayApplication, Runtime, ServedModel, Start } from './serving/runtime';
export { CONFIG_FOLDER } from './serving/runtime';
export * from './serving/runtimes';
export type { AnyEngine, ExternalEngine, StoreEngine, StoreKind } from './serving/stores/engine';
export * from './serving/stores/engines';
export { FeatureStore, type FeatureStoreProps, featureStoreSchema } from './serving/stores/feature-store';
export type { StoreNodes } from './serving/stores/store-props';
export { VectorIndex, type VectorIndexProps, vectorIndexSchema } from './serving/stores/vector-index';
// From the tree to manifests
export { Stack, type StackContext, type StackProps } from './stack/stack';
export { type SynthResult, synth } from './synth/synth';
export type { BestHyperparameters } from './training/best-hyperparameters';
// Training
export type { Engine } from './training/engines/capabilities';
export { type Hyperparameters, hyperparametersSchema } from './training/hyperparameters';
export type { InClusterScriptNodes } from './training/in-cluster-script';
export {
  type KueueConfigurationProps,
  kueueConfiguration,
  kueueConfigurationSchema,
} from './training/kueue-configuration';
export { networkSchema, type TrainingNetwork } from './training/network-props';
export { QueueCohort, type QueueCohortNodes, type QueueCohortProps, queueCohortSchema } from './training/queue-cohort';
export { HyperparameterSweep, type HyperparameterSweepNodes } from './training/sweep/hyperparameter-sweep';
export { type SearchSpace, type Strategy, searchSpaceSchema } from './training/sweep/search-space';
export { type HyperparameterSweepProps, hyperparameterSweepSchema } from './training/sweep/sweep-props';
export { type Admission, type Run, TrainingCalendar } from './training/training-calendar';
export { type TrainingCalendarProps, trainingCalendarSchema } from './training/training-calendar-props';
export { TrainingJob, type TrainingJobNodes } from './training/training-job';
export { type TrainingJobProps, trainingJobSchema } from './training/training-job-props';
export { TrainingQueue, type TrainingQueueNodes } from './training/training-queue';
export { type Priority, type TrainingQueueProps, trainingQueueSchema } from './training/training-queue-props';
export { TrainingTrigger, type TrainingTriggerNodes } from './training/training-trigger';
export { type TrainOn, trainOnSchema } from './training/training-trigger-props';
