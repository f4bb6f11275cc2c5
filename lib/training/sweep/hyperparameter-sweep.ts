import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Job } from 'kubernetes-types/batch/v1';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { explain } from '../../core/derivation';
import { tellGpuHours } from '../../core/gpu-hours';
import { HELPER_IMAGES } from '../../core/helper-images';
import { kubernetesObject } from '../../core/kubernetes-object';
import { deepMerge } from '../../core/merge';
import { MAX_LABEL } from '../../core/names';
import { InvalidInput } from '../../core/problem';
import { parse } from '../../core/schema';
import { transform } from '../../core/transform';
import { type Identity, selectorLabels, workloadMetadata } from '../../platform/labels';
import { Platform } from '../../platform/platform';
import { warn } from '../../platform/warnings';
import { findsHyperparameters } from '../best-hyperparameters';
import { claimProblems } from '../claims';
import { demandOf } from '../demand';
import { networkOf, networkWarnings } from '../network';
import { nodesPolicy, nodesService } from '../node-network';
import { problemsOf } from '../problems';
import { PROGRESS } from '../progress';
import { admitDevices } from '../queue-devices';
import { graceOf, survivalWarnings } from '../survival';
import { type TrainingJobSettings, trainingJobSchema } from '../training-job-props';
import {
  type Coordinator,
  coordinatorBinding,
  coordinatorFiles,
  coordinatorJob,
  coordinatorNetwork,
  coordinatorRole,
} from './coordinator';
import { type Sizing, sizingOf, sweepProblems } from './sizing';
import {
  type HyperparameterSweepProps,
  type HyperparameterSweepSettings,
  hyperparameterSweepSchema,
} from './sweep-props';
import { trialTemplate } from './trial-template';

/** Trials that the adaptive strategy chooses at random before it has something to learn from. */
const FIRST_RANDOM = 10;

/** The constructs that a sweep is made of. The trials are made from what the coordinator mounts. */
export interface HyperparameterSweepNodes {
  /** The Job that runs the trials. */
  readonly coordinator: ApiObject;
  readonly coordinatorServiceAccount: kplus.ServiceAccount;
  readonly coordinatorNetworkPolicy: ApiObject;
  readonly role: ApiObject;
  readonly roleBinding: ApiObject;
  /** The scripts of the coordinator, what they are to do, and the template of a trial. */
  readonly files: ApiObject;
  /** Where the result stands. */
  readonly best: ApiObject;
  /** Gives the nodes of trials with several their host names. */
  readonly service: ApiObject | undefined;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly networkPolicy: ApiObject;
}

/**
 * Looks for the hyperparameters with which a training gives the best model: many trials, a few at the same time, within
 * a budget of GPUs. A trial's program writes its progress to `PROGRESS_FILE`; what stands there at its end counts.
 *
 * The result is the ConfigMap {@link best}: `hyperparameters.json`, `best.json` with the trial and its value, and
 * `trials.csv`, which is there from the beginning. A TrainingJob that takes it by `hyperparametersFrom` waits for the
 * first; a later sweep takes its place at its end.
 *
 * It succeeds with at least one trial that has a result. One that was interrupted goes on; other settings make another
 * sweep.
 *
 * @example
 * ```ts
 * const sweep = new HyperparameterSweep(shop, 'dlrm-sweep', {
 *   trial: {
 *     image: 'registry.example.com/shop/dlrm-trainer:1.4.2',
 *     command: ['torchrun', 'train.py'],
 *     gpusPerNode: 2,
 *     resources: { cpu: '16', memory: '128Gi' },
 *     hyperparameters: { epochs: 3 },
 *     deadline: '2h',
 *   },
 *   search: {
 *     learning_rate: { type: 'logUniform', min: 1e-5, max: 1e-2 },
 *     layers: { type: 'choice', values: [[256], [512, 256]] },
 *   },
 *   objective: { metric: 'ndcg', goal: 'maximize' },
 *   trials: 20,
 *   gpuBudget: 8,
 * });
 * new TrainingJob(shop, 'dlrm', { hyperparametersFrom: sweep, … });
 * ```
 */
export class HyperparameterSweep extends Construct {
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: HyperparameterSweepNodes;
  /** The name of its trials, which have their numbers after it. */
  readonly name: string;
  /** The name of the ConfigMap with the result. */
  readonly best: string;
  private readonly platform: Platform;
  private readonly settings: HyperparameterSweepSettings;
  private readonly trial: TrainingJobSettings;
  private readonly sizing: Sizing;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: HyperparameterSweepProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.settings = parse(hyperparameterSweepSchema, props, this.node.path);
    this.trial = parse(trainingJobSchema, this.settings.trial, this.node.path);
    const problems = sweepProblems(this.settings).map((text) => ({ where: this.node.path, text }));
    if (problems.length > 0) throw new InvalidInput(problems);
    this.sizing = sizingOf(this.settings);
    this.name = this.platform.nameOf(this, longestName(this.sizing.trials, this.trial.nodes));
    this.best = `${this.name}-best`;
    this.nodes = this.emit();
    findsHyperparameters(this);
    const { queue } = this.trial;
    if (queue) this.nodes.coordinator.node.addDependency(queue);
    if (queue) admitDevices(queue, Object.keys(networkOf(this.trial).devices));
    this.applyTransforms();
    this.check();
  }

  private emit(): HyperparameterSweepNodes {
    const { name, platform, trial } = this;
    const metadata = workloadMetadata(name, 'training');
    const trials = { platform: platform.node.id, name };
    const coordinator = this.coordinator();
    return {
      serviceAccount: new kplus.ServiceAccount(this, 'service-account', { metadata }),
      networkPolicy: kubernetesObject<NetworkPolicy>(this, 'network-policy', this.trialsNetwork(trials)),
      service: trial.nodes > 1 ? kubernetesObject(this, 'service', nodesService(trials)) : undefined,
      // Without data, which the coordinator writes: applying it again takes nothing away.
      best: kubernetesObject<ConfigMap>(this, 'best', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, name: this.best },
      }),
      coordinatorServiceAccount: new kplus.ServiceAccount(this, 'coordinator-service-account', {
        metadata: workloadMetadata(coordinator.name, 'training'),
      }),
      coordinatorNetworkPolicy: kubernetesObject<NetworkPolicy>(
        this,
        'coordinator-network-policy',
        coordinatorNetwork(coordinator),
      ),
      role: kubernetesObject<Role>(this, 'role', coordinatorRole(coordinator)),
      roleBinding: kubernetesObject<RoleBinding>(this, 'role-binding', coordinatorBinding(coordinator)),
      files: kubernetesObject<ConfigMap>(this, 'files', coordinatorFiles(coordinator)),
      coordinator: kubernetesObject<Job>(this, 'coordinator', coordinatorJob(coordinator, this.trial.keepFinished)),
    };
  }

  private coordinator(): Coordinator {
    const { name, platform, settings, sizing, trial, best } = this;
    const { search, strategy, objective, seed, earlyStopping } = settings;
    const coordinator = `${name}-coordinator`;
    const { trials, parallel, deadlineSeconds } = sizing;
    return {
      platform: platform.node.id,
      namespace: platform.namespace,
      name: coordinator,
      image: platform.pin(settings.image ?? HELPER_IMAGES.optuna),
      sweep: name,
      best,
      trials,
      deadlineSeconds,
      settings: {
        name,
        owner: coordinator,
        best,
        trials,
        parallel,
        strategy,
        seed,
        objective,
        search,
        fixed: trial.hyperparameters ?? {},
        ...(earlyStopping === undefined ? {} : { earlyStopping }),
      },
      trial: this.template(),
    };
  }

  private template(): Job {
    const { name, platform, trial, settings } = this;
    const input = { platform, name, settings: trial, image: platform.pin(trial.image), serviceAccount: name };
    const job = trialTemplate(input);
    const change = settings.transform.trial;
    if (change === undefined) return job;
    return typeof change === 'function' ? change(job) : deepMerge(job, change);
  }

  /** As those of a TrainingJob, and the coordinator may ask for the progress. */
  private trialsNetwork(trials: Identity) {
    const coordinator = selectorLabels({ ...trials, name: `${trials.name}-coordinator` });
    return nodesPolicy(trials, [
      { from: [{ podSelector: { matchLabels: coordinator } }], ports: [{ protocol: 'TCP', port: PROGRESS.port }] },
    ]);
  }

  private applyTransforms(): void {
    const { coordinator, networkPolicy } = this.settings.transform;
    if (coordinator) transform(this.nodes.coordinator, coordinator);
    if (networkPolicy) transform(this.nodes.networkPolicy, networkPolicy);
  }

  private check(): void {
    const { trial, platform, sizing, settings } = this;
    const problems = problemsOf(trial, platform.cluster, 'job');
    const demand = demandOf(trial, 'job');
    // What there is to borrow, who is served and what claims there are is known when the tree is complete.
    this.node.addValidation({
      validate: () =>
        [
          ...problems,
          // Those that run at the same time share the claims.
          ...claimProblems(this, trial, trial.nodes * sizing.parallel),
          ...(trial.queue?.problemsWith(this, demand) ?? []),
        ].map((text) => `trial.${text}`),
    });
    const warnings = [
      ...survivalWarnings(trial, 'job'),
      ...networkWarnings(trial),
      ...(trial.queue?.warningsWith(demand) ?? []),
    ];
    if (platform.production) for (const text of warnings) warn(this, `trial.${text}`);
    if (settings.strategy === 'adaptive' && sizing.trials <= FIRST_RANDOM) {
      warn(
        this,
        `trials must be more than ${FIRST_RANDOM} for the strategy 'adaptive' to learn from them, got ${sizing.trials}: the first ${FIRST_RANDOM} are random`,
      );
    }
    explain(this, [...graceOf(trial).derivations, ...sizing.derivations]);
    if (sizing.gpuHours !== undefined) tellGpuHours(this, sizing.gpuHours);
  }
}

/** A trial's pods are called `<sweep>-<number>-<index>`, and the coordinator's Job is a label of its pods. */
function longestName(trials: number, nodes: number): number {
  const pod = MAX_LABEL - `-${trials - 1}-${nodes - 1}`.length;
  return Math.min(pod, MAX_LABEL - '-coordinator'.length);
}
