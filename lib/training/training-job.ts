import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import { explain } from '../core/derivation';
import { tellGpuHours } from '../core/gpu-hours';
import { kubernetesObject } from '../core/kubernetes-object';
import { MAX_CRON_JOB_NAME, MAX_LABEL } from '../core/names';
import { observeTraining } from '../core/observed';
import { parse } from '../core/schema';
import { transform } from '../core/transform';
import { jobSet } from '../crds/jobset';
import { rayJob } from '../crds/ray';
import { trainingRuntime, trainJob } from '../crds/trainer';
import { openings } from '../platform/callers';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { claimProblems } from './checkpoint-claim';
import { costOf, costWarnings } from './cost';
import type { Engine } from './engines/capabilities';
import { engineOf } from './engines/engine';
import { jobSpec } from './engines/job';
import { jobSetSpec, POD_SUFFIX } from './engines/jobset';
import { MAX_RAY_JOB_NAME, OPERATOR_INGRESS, rayDemand, rayJobSpec } from './engines/rayjob';
import { trainingRuntimeSpec, trainJobSpec } from './engines/trainjob';
import { entryOf } from './entry';
import { networkOf, networkWarnings } from './network';
import { nodesPolicy, nodesService } from './node-network';
import { observedTraining } from './observed';
import { problemsOf } from './problems';
import { PROGRESS } from './progress';
import { admitDevices } from './queue-devices';
import { partialProblems } from './queue-problems';
import { cronJobSpec, isRepeated } from './schedule';
import { stallWarnings } from './stall';
import { graceOf, survivalWarnings } from './survival';
import { type TrainingJobProps, type TrainingJobSettings, trainingJobSchema } from './training-job-props';
import { TrainingTrigger } from './training-trigger';

/** The constructs that a training job is made of: the way to every object that it emits. */
export interface TrainingJobNodes {
  /** The Job, the CronJob of one on a schedule or with `trainOn`, or the JobSet, TrainJob or RayJob. */
  readonly job: ApiObject;
  /** How a TrainJob is run; undefined with any other engine. */
  readonly trainingRuntime: ApiObject | undefined;
  /** Starts a run when an alert fires; undefined without `trainOn`. */
  readonly trigger: TrainingTrigger | undefined;
  /** Gives several nodes their host names; undefined with a single node, and for other engines than `job`, which make their own. */
  readonly service: ApiObject | undefined;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly networkPolicy: ApiObject;
}

/**
 * Trains a model with torchrun on one node or several, once or on a schedule. Evictions and lost nodes are made good,
 * exit codes that are declared fatal end the run at once, a run has a deadline and cleans up after itself.
 *
 * The program saves to `CHECKPOINT_FOLDER` every `CHECKPOINT_EVERY_SECONDS` and continues from what it finds there.
 *
 * @example
 * ```ts
 * new TrainingJob(shop, 'dlrm-nightly', {
 *   image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
 *   command: ['torchrun', 'train.py'],
 *   nodes: 4,
 *   gpusPerNode: 8,
 *   resources: { cpu: '32', memory: '256Gi' },
 *   schedule: '0 2 * * *',
 *   timeZone: 'Asia/Shanghai',
 *   checkpoints: { claim: 'checkpoints', every: '10m' },
 * });
 * ```
 */
export class TrainingJob extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: TrainingJobNodes;
  /** The name of its objects. */
  readonly name: string;
  private readonly platform: Platform;
  private readonly settings: TrainingJobSettings;
  private readonly engine: Engine;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.settings = parse(trainingJobSchema, props, this.node.path);
    this.engine = engineOf(this.settings, this.platform.cluster);
    this.name = this.platform.nameOf(this, longestName(this.settings, this.engine));
    this.nodes = this.emit();
    const { queue, calendar } = this.settings;
    if (queue) this.nodes.job.node.addDependency(queue);
    if (queue) admitDevices(queue, Object.keys(networkOf(this.settings).devices));
    // Its gate, and its way into the queue.
    if (calendar) this.nodes.job.node.addDependency(calendar);
    this.applyTransforms();
    this.check();
    this.tellCost();
    this.observe();
  }

  private emit(): TrainingJobNodes {
    const { name, platform, settings } = this;
    const metadata = workloadMetadata(name, 'training');
    const run = { platform: platform.node.id, name };
    return {
      serviceAccount: new kplus.ServiceAccount(this, 'service-account', { metadata }),
      networkPolicy: kubernetesObject(
        this,
        'network-policy',
        nodesPolicy(run, [
          ...(this.engine === 'rayjob' ? [OPERATOR_INGRESS] : []),
          ...openings({
            serving: [],
            scraped: settings.progress ? PROGRESS.port : undefined,
            isOpenToNamespace: false,
          }),
        ]),
      ),
      service:
        settings.nodes > 1 && this.engine === 'job' ? kubernetesObject(this, 'service', nodesService(run)) : undefined,
      ...this.job(),
      trigger: settings.trainOn && new TrainingTrigger(this, 'trigger', { ...settings.trainOn, cronJob: name }),
    };
  }

  private job(): Pick<TrainingJobNodes, 'job' | 'trainingRuntime'> {
    const { name, platform, settings } = this;
    const entry = entryOf(this, settings);
    const plain = workloadMetadata(name, 'training');
    const metadata = { ...plain, labels: { ...plain.labels, ...entry.labels } };
    const input = { platform, name, settings, image: platform.pin(settings.image), serviceAccount: name };
    const only = (job: ApiObject) => ({ job, trainingRuntime: undefined });
    if (this.engine === 'jobset') return only(jobSet(this, 'job-set', { metadata, spec: jobSetSpec(input) }));
    if (this.engine === 'rayjob') return only(rayJob(this, 'ray-job', { metadata, spec: rayJobSpec(input) }));
    if (this.engine === 'trainjob') {
      const runtime = trainingRuntime(this, 'training-runtime', { metadata: plain, spec: trainingRuntimeSpec(input) });
      const job = trainJob(this, 'train-job', { metadata, spec: trainJobSpec(input) });
      // The controller admits no run without its runtime.
      job.node.addDependency(runtime);
      return { job, trainingRuntime: runtime };
    }
    const spec = jobSpec(input);
    if (!isRepeated(settings)) {
      return only(kubernetesObject<Job>(this, 'job', { apiVersion: 'batch/v1', kind: 'Job', metadata, spec }));
    }
    const cronJob = kubernetesObject<CronJob>(this, 'cron-job', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: plain,
      spec: cronJobSpec(settings, entry, spec),
    });
    return only(cronJob);
  }

  private observe(): void {
    const { name, engine, settings, platform } = this;
    const isRepeated = this.nodes.job.kind === 'CronJob';
    observeTraining(this, observedTraining({ name, namespace: platform.namespace, engine, isRepeated, settings }));
  }

  private applyTransforms(): void {
    const { job, cronJob, jobSet, trainJob, trainingRuntime, rayJob, service, serviceAccount, networkPolicy } =
      this.settings.transform;
    const { kind } = this.nodes.job;
    if (job && kind === 'Job') transform(this.nodes.job, job);
    if (cronJob && kind === 'CronJob') transform(this.nodes.job, cronJob);
    if (jobSet && kind === 'JobSet') transform(this.nodes.job, jobSet);
    if (trainJob && kind === 'TrainJob') transform(this.nodes.job, trainJob);
    if (trainingRuntime && this.nodes.trainingRuntime) transform(this.nodes.trainingRuntime, trainingRuntime);
    if (rayJob && kind === 'RayJob') transform(this.nodes.job, rayJob);
    if (service && this.nodes.service) transform(this.nodes.service, service);
    if (serviceAccount) transform(this.nodes.serviceAccount, serviceAccount);
    if (networkPolicy) transform(this.nodes.networkPolicy, networkPolicy);
  }

  private check(): void {
    const { queue, calendar } = this.settings;
    const problems = problemsOf(this.settings, this.platform.cluster, this.engine);
    const demand = this.engine === 'rayjob' ? rayDemand(this.settings) : this.settings;
    // What there is to borrow, who is served and what claims there are is known when the tree is complete.
    this.node.addValidation({
      validate: () => [
        ...problems,
        ...claimProblems(this, this.settings),
        ...(queue === undefined ? [] : [...queue.problemsWith(this, demand), ...partialProblems(this.nodes.job)]),
        ...(calendar?.problemsWith(this, this.settings) ?? []),
      ],
    });
    const warnings = [
      ...survivalWarnings(this.settings),
      ...networkWarnings(this.settings),
      ...costWarnings(this.settings),
      ...stallWarnings(this.settings, this.engine),
      ...(queue?.warningsWith(this.settings) ?? []),
    ];
    if (this.platform.production) for (const text of warnings) warn(this, text);
    explain(this, graceOf(this.settings).derivations);
  }

  private tellCost(): void {
    const { gpuHours, derivations } = costOf(this.settings, this.engine);
    explain(this, derivations);
    if (gpuHours !== undefined) tellGpuHours(this, gpuHours);
  }
}

/**
 * A run's pods are called `<job>-<index>`, which must be a label; the Jobs of a CronJob add 11 characters before, a
 * JobSet adds the name of its Job and demands room for the random end of its pods' names, KubeRay cuts what is longer.
 */
function longestName(settings: TrainingJobSettings, engine: Engine): number {
  const index = `${settings.nodes - 1}`.length;
  if (engine === 'jobset' || engine === 'trainjob') return MAX_LABEL - POD_SUFFIX - index;
  if (engine === 'rayjob') return MAX_RAY_JOB_NAME;
  const rest = MAX_LABEL - 1 - index;
  return isRepeated(settings) ? Math.min(MAX_CRON_JOB_NAME, rest - 11) : rest;
}
