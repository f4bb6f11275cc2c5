import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { explain } from '../core/derivation';
import { tellGpuHours } from '../core/gpu-hours';
import { kubernetesObject } from '../core/kubernetes-object';
import { observeTraining } from '../core/observed';
import { parse } from '../core/schema';
import { transform } from '../core/transform';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { bestProblems } from './best-hyperparameters';
import { claimProblems } from './claims';
import { costOf, costWarnings } from './cost';
import { demandOf } from './demand';
import type { Engine } from './engines/capabilities';
import { engineOf } from './engines/engine';
import { longestName } from './engines/names';
import { emitRun } from './engines/run';
import { entryOf } from './entry';
import { networkOf, networkWarnings } from './network';
import { callersOf, nodesPolicy, nodesService } from './node-network';
import { observedTraining } from './observed';
import { problemsOf } from './problems';
import { admitDevices } from './queue-devices';
import { partialProblems } from './queue-problems';
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
    const input = { platform, name, settings, image: platform.pin(settings.image), serviceAccount: name };
    return {
      serviceAccount: new kplus.ServiceAccount(this, 'service-account', { metadata }),
      networkPolicy: kubernetesObject(this, 'network-policy', nodesPolicy(run, callersOf(settings, this.engine))),
      service:
        settings.nodes > 1 && this.engine === 'job' ? kubernetesObject(this, 'service', nodesService(run)) : undefined,
      ...emitRun(this, this.engine, input, entryOf(this, settings)),
      trigger: settings.trainOn && new TrainingTrigger(this, 'trigger', { ...settings.trainOn, cronJob: name }),
    };
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
    const demand = demandOf(this.settings, this.engine);
    // What there is to borrow, who is served and what claims there are is known when the tree is complete.
    this.node.addValidation({
      validate: () => [
        ...problems,
        ...bestProblems(this, this.settings.hyperparametersFrom),
        ...claimProblems(this, this.settings, podsOf(this.settings, this.engine)),
        ...(queue === undefined ? [] : [...queue.problemsWith(this, demand), ...partialProblems(this.nodes.job)]),
        ...(calendar?.problemsWith(this, this.settings) ?? []),
      ],
    });
    const warnings = [
      ...survivalWarnings(this.settings, this.engine),
      ...networkWarnings(this.settings),
      ...costWarnings(this.settings),
      ...stallWarnings(this.settings, this.engine),
      ...(queue?.warningsWith(demand) ?? []),
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

/** Pods of a run that have its volumes: a Ray has a head beside its nodes. */
function podsOf({ nodes }: TrainingJobSettings, engine: Engine): number {
  return engine === 'rayjob' ? nodes + 1 : nodes;
}
