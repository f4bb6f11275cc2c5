import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { Callee } from '../core/callee';
import { explain } from '../core/derivation';
import { kubernetesObject } from '../core/kubernetes-object';
import { observe } from '../core/observed';
import { InvalidInput, show } from '../core/problem';
import type { ScalingPolicy } from '../core/scaling';
import { parse } from '../core/schema';
import type { MetricName, ServerMetrics } from '../core/server-metrics';
import { problemWithQuery, type QueryOptions, selectorOf, serverQuery } from '../core/server-query';
import type { Slo } from '../core/slo';
import { transform } from '../core/transform';
import { letIn } from '../platform/callers';
import { disruptionBudget } from '../platform/disruption-budget';
import { devicesOf } from '../platform/gpu-request';
import { selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import type { DeploymentInput } from './deployment';
import { type Derived, derive } from './derived';
import { ENGINES } from './engines';
import type { Engine } from './engines/engine';
import { engineProblems } from './engines/problems';
import { explanations } from './explanations';
import { findings } from './findings';
import { gpuClaim } from './gpu-claim';
import type { ModelArtifact } from './model-artifact';
import { type ModelServerProps, type ModelServerSettings, modelServerSchema } from './model-server-props';
import { modelVolume, pullScripts } from './model-volume';
import { networkPolicy } from './network';
import { budgetProblem, replicasProblem, strategyProblem, supplyOf } from './rollout';

/** The constructs that a server is made of: the way to every object that it emits. */
export interface ModelServerNodes {
  /** The Deployment, or the InferenceService or RayService in its place. */
  readonly deployment: ApiObject;
  /** With a RayService there is none to change, and reading it throws: KubeRay makes it. */
  readonly service: kplus.Service;
  readonly serviceAccount: kplus.IServiceAccount;
  readonly disruptionBudget: ApiObject;
  readonly networkPolicy: ApiObject;
  /** How each pod claims its GPUs; undefined where they are no claim. */
  readonly resourceClaimTemplate: ApiObject | undefined;
  /** Scripts and configuration; undefined where the server needs none. */
  readonly configMap: kplus.ConfigMap | undefined;
}

/**
 * Serves one model: a Deployment, or what KServe or KubeRay make of it, with all that it takes to survive in
 * production. Replicas start when the model is loaded and not before, finish what they began when they stop, keep to the
 * nodes with their GPU, are spread over zones, are never all evicted at once, run unprivileged, and talk to nobody they
 * need not.
 *
 * It is what cdk8s-plus calls scalable, a pod selector and a peer of network policies, so that it mixes with
 * constructs from there.
 *
 * @example
 * ```ts
 * const ranker = new ModelServer(shop, 'ranker', {
 *   model: ModelArtifact.of({ name: 'dlrm', version: '42', uri: 's3://models/dlrm/42', size: '18Gi' }),
 *   runtime: triton({ version: '25.08' }),
 *   gpu: { count: 1, type: 'nvidia-l4' },
 *   slo: Slo.latency({ under: '50ms', objective: '99%' }),
 * });
 * ranker.autoscale(autoscaleOnResources({ replicas: [3, 40], cpu: '60%' }));
 * ```
 */
export class ModelServer<Has extends MetricName = MetricName>
  extends Construct
  implements Callee, kplus.IScalable, kplus.INetworkPolicyPeer, kplus.IPodSelector
{
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: ModelServerNodes;
  /** The server's name, and that of its objects. */
  readonly name: string;
  /** The model that it serves. */
  readonly model: ModelArtifact;
  hasAutoscaler = false;
  private isOpenToNamespace = true;
  private fewestByPolicy: number | undefined;
  private readonly platform: Platform;
  private readonly settings: ModelServerSettings;
  /** What its runtime exposes; undefined where it was told of nothing. */
  readonly metrics: ServerMetrics | undefined;
  /** Seconds from the decision for a replica until it is ready, as it should be. */
  readonly readySeconds: number;
  private readonly engine: Engine;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: ModelServerProps<Has>) {
    super(scope, id);
    this.platform = Platform.of(this);
    const settings = parse(modelServerSchema, props, this.node.path);
    this.engine = ENGINES[settings.engine];
    this.name = this.platform.nameOf(this, this.engine.maxName);
    const problems = engineProblems(settings, this.engine, this.platform.cluster);
    if (problems.length > 0) throw new InvalidInput(problems.map((text) => ({ where: this.node.path, text })));
    this.settings = { ...settings, runtime: this.engine.runtime(settings.runtime) };
    this.model = settings.model;
    const { runtime, model, gpu, slo } = this.settings;
    this.metrics = runtime.metrics?.({ artifact: model, gpus: gpu === undefined ? 0 : devicesOf(gpu), slos: slo });
    const derived = derive(this.settings);
    this.readySeconds = derived.readySeconds;
    explain(this, explanations(this.settings, derived));
    this.nodes = this.emit(derived);
    this.applyTransforms();
    this.check(derived);
    observe(this, {
      name: this.name,
      namespace: this.platform.namespace,
      metrics: this.metrics,
      usesGpu: gpu !== undefined,
      slos: slo,
      pods: this.engine.pods(this.name),
      container: this.engine.container,
    });
  }

  /**
   * Lets a policy decide on the number of replicas, instead of the fixed one.
   *
   * @throws InvalidInput when another one decides already: two would fight
   */
  autoscale(policy: ScalingPolicy): void {
    if (this.hasAutoscaler) {
      throw new InvalidInput([
        { where: this.node.path, text: 'autoscale must be called once: two autoscalers would fight over the replicas' },
      ]);
    }
    // From JavaScript, anything may come.
    const { attachTo }: { attachTo?: unknown } = Object(policy);
    if (typeof attachTo !== 'function') {
      const text = `autoscale must be given a policy, such as autoscaleOnResources({ replicas, cpu }), got ${show(policy)}`;
      throw new InvalidInput([{ where: this.node.path, text }]);
    }
    policy.attachTo(this);
    this.fewestByPolicy = policy.fewest;
  }

  /**
   * The PromQL that gives one of its metrics over all replicas: for a recording rule, a trigger of KEDA, a gate.
   * `requests` and `errors` are per second, times in seconds, shares from 0 to 1, memory in bytes.
   *
   * @throws InvalidInput when its runtime has no such metric, with the reason; TypeScript refuses it earlier
   * @example
   * ```ts
   * ranker.query('queued'); // sum(nv_inference_pending_request_count{namespace="shop",job="ranker"})
   * reranker.query('latency', { quantile: 0.99, window: '10m' });
   * ```
   */
  query(metric: Has, options: QueryOptions = {}): string {
    const { metrics } = this;
    const problem = problemWithQuery(this.settings.runtime.name, metrics, metric, options);
    const selector = selectorOf({ ...this, namespace: this.platform.namespace });
    const query = problem === undefined && metrics && serverQuery(metrics, metric, selector, options);
    if (!query) throw new InvalidInput([{ where: this.node.path, text: problem ?? '' }]);
    return query;
  }

  /**
   * Lets other pods call the server, beside those of its namespace, which may anyway.
   *
   * @throws InvalidInput when they are let in already, or are no peer
   */
  allowFrom(peer: kplus.INetworkPolicyPeer): void {
    const ports = Object.entries(this.settings.runtime.ports).flatMap(([name, port]) =>
      name === 'metrics' ? [] : [port],
    );
    letIn(this, workloadMetadata(this.name, 'model-server'), ports, peer);
  }

  /**
   * Closes the server to all but the callers that are named so: the other pods of its namespace may call it no more.
   *
   * @throws InvalidInput when the caller is named already
   */
  allowOnlyFrom(caller: kplus.INetworkPolicyPeer): void {
    this.allowFrom(caller);
    this.isOpenToNamespace = false;
  }

  /** Where its ports are inside the cluster, by their names: `{ http: 'ranker.shop.svc:8000' }`. */
  get addresses(): Readonly<Record<string, string>> {
    const host = `${this.name}.${this.platform.namespace}.svc`;
    // KubeRay's Service leads to what answers requests, and to nothing else.
    const isReached = (port: string) => port !== 'metrics' || !this.engine.bringsService;
    const ports = Object.entries(this.settings.runtime.ports).filter(([port]) => isReached(port));
    return Object.fromEntries(ports.map(([port, number]) => [port, `${host}:${number}`]));
  }

  /** The name of what serves. */
  get runtimeName(): string {
    return this.settings.runtime.name;
  }

  /** What its users may expect. */
  get slos(): readonly Slo[] {
    return this.settings.slo;
  }

  /** GPUs of each replica, or shares of them. */
  get gpus(): number {
    return this.settings.gpu === undefined ? 0 : devicesOf(this.settings.gpu);
  }

  /** Part of cdk8s-plus' `IScalable`: an autoscaler tells that it took over. */
  markHasAutoscaler(): void {
    this.hasAutoscaler = true;
    this.engine.scaled?.(this.nodes.deployment);
  }

  /**
   * Part of cdk8s-plus' `IScalable`.
   *
   * @throws InvalidInput where the engine decides on the replicas itself
   */
  toScalingTarget(): kplus.ScalingTarget {
    const target = this.engine.scalingTarget(this.name);
    if (target !== undefined) return target;
    const text = `autoscale must not be called with engine '${this.settings.engine}', whose pods nothing in Kubernetes scales: set replicas, or take engine 'deployment'`;
    throw new InvalidInput([{ where: this.node.path, text }]);
  }

  /** Part of cdk8s-plus' `IPodSelector`. */
  toPodSelectorConfig(): kplus.PodSelectorConfig {
    const labels = selectorLabels({ platform: this.platform.node.id, name: this.name });
    // With the namespace, a server is found from another platform, too.
    return { labelSelector: kplus.LabelSelector.of({ labels }), namespaces: { names: [this.platform.namespace] } };
  }

  /** Part of cdk8s-plus' `INetworkPolicyPeer`. */
  toNetworkPolicyPeerConfig(): kplus.NetworkPolicyPeerConfig {
    return { podSelector: this.toPodSelectorConfig() };
  }

  /** Part of cdk8s-plus' `INetworkPolicyPeer`. */
  toPodSelector(): kplus.IPodSelector {
    return this;
  }

  private emit(derived: Derived): ModelServerNodes {
    const { name, platform, settings } = this;
    const { runtime, model } = settings;
    const metadata = workloadMetadata(name, 'model-server');
    const serviceAccount = this.serviceAccount();
    const configMap = this.configMap();
    const input: DeploymentInput = {
      platform,
      metadata,
      settings,
      derived,
      model: modelVolume({ platform, settings, script: name, pullSeconds: derived.pullSeconds }),
      image: platform.pin(runtime.image),
      serviceAccount: serviceAccount.name,
      // Beside an autoscaler, every apply would set the replicas back.
      replicas: () => (this.hasAutoscaler ? undefined : settings.replicas),
    };
    for (const text of this.engine.warnings(input)) warn(this, text);
    const policy = kubernetesObject<NetworkPolicy>(
      this,
      'network-policy',
      networkPolicy({
        platform: platform.node.id,
        metadata,
        runtime,
        metricsPort: this.metrics?.port,
        model,
        isOpenToNamespace: () => this.isOpenToNamespace,
      }),
    );
    const service = this.service(metadata);
    return {
      serviceAccount,
      configMap,
      networkPolicy: policy,
      get service(): kplus.Service {
        return service();
      },
      disruptionBudget: kubernetesObject<PodDisruptionBudget>(
        this,
        'disruption-budget',
        disruptionBudget(
          metadata,
          selectorLabels({ platform: platform.node.id, name }),
          this.engine.minAvailable(settings),
        ),
      ),
      resourceClaimTemplate: gpuClaim(this, metadata, settings.gpu, platform.cluster),
      deployment: this.engine.emit(this, input),
    };
  }

  /** The Service, or where the engine makes it the refusal to give it away. */
  private service(metadata: DeploymentInput['metadata']): () => kplus.Service {
    if (this.engine.bringsService) {
      return () => {
        const text = `nodes.service must not be used with engine '${this.settings.engine}', which makes the Service: use transform.${this.engine.transform}`;
        throw new InvalidInput([{ where: this.node.path, text }]);
      };
    }
    const service = new kplus.Service(this, 'service', {
      metadata,
      selector: this,
      ports: Object.entries(this.settings.runtime.ports).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: number,
      })),
    });
    return () => service;
  }

  private serviceAccount(): kplus.IServiceAccount {
    const { identity } = this.settings;
    if (identity !== undefined && 'node' in identity) return identity;
    return new kplus.ServiceAccount(this, 'service-account', {
      metadata: { ...workloadMetadata(this.name, 'model-server'), annotations: identity?.annotations },
    });
  }

  private configMap(): kplus.ConfigMap | undefined {
    const { runtime, model } = this.settings;
    const data = { ...runtime.files, ...pullScripts(model) };
    if (Object.keys(data).length === 0) return undefined;
    return new kplus.ConfigMap(this, 'config-map', { metadata: workloadMetadata(this.name, 'model-server'), data });
  }

  private applyTransforms(): void {
    const changes = this.settings.transform;
    // An empty list that cdk8s-plus writes and the API server drops.
    if (!this.engine.bringsService) transform<Service>(this.nodes.service, { spec: { externalIPs: null } });
    const change = changes[this.engine.transform];
    if (change) transform<object>(this.nodes.deployment, change);
    if (changes.service) transform(this.nodes.service, changes.service);
    if (changes.serviceAccount) transform(this.nodes.serviceAccount, changes.serviceAccount);
    if (changes.disruptionBudget) transform(this.nodes.disruptionBudget, changes.disruptionBudget);
    if (changes.networkPolicy) transform(this.nodes.networkPolicy, changes.networkPolicy);
    if (changes.configMap && this.nodes.configMap) transform(this.nodes.configMap, changes.configMap);
  }

  private check(derived: Derived): void {
    const { settings, platform, metrics } = this;
    const { problems, warnings, derivations } = findings({ settings, derived, platform, metrics });
    explain(this, derivations);
    for (const text of warnings) warn(this, text);
    this.node.addValidation({ validate: () => [...problems, ...this.rolloutProblems()] });
  }

  /** Asked at synth, when it is known who decides on the replicas; undefined where a stranger's autoscaler does. */
  private get fewest(): number | undefined {
    return this.hasAutoscaler ? this.fewestByPolicy : this.settings.replicas;
  }

  private rolloutProblems(): string[] {
    const { settings, nodes, fewest } = this;
    const { deployment, inferenceService, disruptionBudget } = settings.transform;
    const supply = supplyOf(settings);
    // A RayService has no steps: it replaces its pods all at once, or never.
    const spec = (): { strategy?: object; predictor?: { deploymentStrategy?: object } } =>
      nodes.deployment.toJson().spec ?? {};
    return [
      // Where no users depend on it, a moment without the server is fine.
      fewest !== undefined && this.platform.production
        ? replicasProblem(settings, fewest, this.hasAutoscaler)
        : undefined,
      deployment && strategyProblem(spec().strategy ?? {}, supply),
      inferenceService && strategyProblem(spec().predictor?.deploymentStrategy ?? {}, supply, 'inferenceService'),
      disruptionBudget && budgetProblem(nodes.disruptionBudget.toJson().spec ?? {}, fewest),
    ].filter((problem) => problem !== undefined);
  }
}
