import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { Callee } from '../core/callee';
import { explain } from '../core/derivation';
import { kubernetesObject } from '../core/kubernetes-object';
import { problemsWithLatency } from '../core/latency-buckets';
import { observe } from '../core/observed';
import { InvalidInput, show } from '../core/problem';
import { bytes, formatBytes } from '../core/quantities';
import type { ScalingPolicy } from '../core/scaling';
import { parse } from '../core/schema';
import type { MetricName, ServerMetrics } from '../core/server-metrics';
import { problemWithQuery, type QueryOptions, selectorOf, serverQuery } from '../core/server-query';
import { transform } from '../core/transform';
import { disruptionBudget } from '../platform/disruption-budget';
import { gpuProblems } from '../platform/gpu-problems';
import { devicesOf, type GpuRequest } from '../platform/gpu-request';
import { selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { deployment, MAX_SERVER_NAME } from './deployment';
import { type Derived, derive, memoryNeeds } from './derived';
import { explanations } from './explanations';
import { gpuClaim } from './gpu-claim';
import { modelFit } from './gpu-fit';
import { isImmutable, locationOf, type ModelArtifact } from './model-artifact';
import { type ModelServerProps, type ModelServerSettings, modelServerSchema } from './model-server-props';
import { claimedModel, imageModel, type ModelVolume, pulledModel, pullImage, pullScripts } from './model-volume';
import { networkPolicy } from './network';
import { budgetProblem, replicasProblem, strategyProblem, supplyOf } from './rollout';

/** Seconds; what is above is a slip of the unit, and far above it Kubernetes can't count them. */
const LONGEST_START = 30 * 86_400;

/** The constructs that a server is made of: the way to every object that it emits. */
export interface ModelServerNodes {
  readonly deployment: ApiObject;
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
 * Serves one model: a Deployment with all that it takes to survive in production. Replicas start when the model is
 * loaded and not before, finish what they began when they stop, keep to the nodes with their GPU, are spread over
 * zones, are never all evicted at once, run unprivileged, and talk to nobody they need not.
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
  private readonly metrics: ServerMetrics | undefined;

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: ModelServerProps<Has>) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.name = this.platform.nameOf(this, MAX_SERVER_NAME);
    this.settings = parse(modelServerSchema, props, this.node.path);
    this.model = this.settings.model;
    const { runtime, model, gpu, slo } = this.settings;
    this.metrics = runtime.metrics?.({ artifact: model, gpus: gpu === undefined ? 0 : devicesOf(gpu), slos: slo });
    const derived = derive(this.settings);
    explain(this, explanations(this.settings, derived));
    this.nodes = this.emit(derived);
    this.applyTransforms();
    this.check(derived);
    this.checkMemory();
    observe(this, {
      name: this.name,
      namespace: this.platform.namespace,
      metrics: this.metrics,
      usesGpu: gpu !== undefined,
      slos: slo,
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
    const query =
      metrics && serverQuery(metrics, metric, selectorOf({ ...this, namespace: this.platform.namespace }), options);
    if (problem !== undefined || query === undefined) {
      throw new InvalidInput([{ where: this.node.path, text: problem ?? '' }]);
    }
    return query;
  }

  /**
   * Lets other pods call the server, beside those of its namespace, which may anyway.
   *
   * @throws InvalidInput when they are let in already, or are no peer
   */
  allowFrom(peer: kplus.INetworkPolicyPeer): void {
    // From JavaScript, anything may come.
    if (!Construct.isConstruct(peer) || !('toNetworkPolicyPeerConfig' in peer)) {
      const text = `allowFrom must be given pods, such as a ModelServer or Pods.select(…) of cdk8s-plus, got ${show(peer)}`;
      throw new InvalidInput([{ where: this.node.path, text }]);
    }
    const ports = Object.entries(this.settings.runtime.ports).filter(([name]) => name !== 'metrics');
    const id = `from-${peer.node.addr}`;
    if (this.node.tryFindChild(id) !== undefined) {
      const text = `allowFrom must be called once for each peer, got '${peer.node.path}' again: remove one of the calls`;
      throw new InvalidInput([{ where: this.node.path, text }]);
    }
    new kplus.NetworkPolicy(this, id, {
      metadata: { ...workloadMetadata(this.name, 'model-server'), name: `${this.name}-from-${peer.node.id}` },
      selector: this,
      ingress: { rules: [{ peer, ports: ports.map(([, port]) => kplus.NetworkPolicyPort.tcp(port)) }] },
    });
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
    const ports = Object.entries(this.settings.runtime.ports);
    return Object.fromEntries(ports.map(([port, number]) => [port, `${host}:${number}`]));
  }

  /** Part of cdk8s-plus' `IScalable`: an autoscaler tells that it took over. */
  markHasAutoscaler(): void {
    this.hasAutoscaler = true;
  }

  /** Part of cdk8s-plus' `IScalable`. */
  toScalingTarget(): kplus.ScalingTarget {
    return { kind: 'Deployment', apiVersion: 'apps/v1', name: this.name, containers: [] };
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
    const volume = this.modelVolume(derived.pullSeconds);
    return {
      serviceAccount,
      configMap,
      networkPolicy: kubernetesObject<NetworkPolicy>(
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
      ),
      service: new kplus.Service(this, 'service', {
        metadata,
        selector: this,
        ports: Object.entries(runtime.ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: number,
        })),
      }),
      disruptionBudget: kubernetesObject<PodDisruptionBudget>(
        this,
        'disruption-budget',
        disruptionBudget(metadata, selectorLabels({ platform: platform.node.id, name })),
      ),
      resourceClaimTemplate: gpuClaim(this, metadata, settings.gpu, platform.cluster),
      deployment: kubernetesObject<Deployment>(
        this,
        'deployment',
        deployment({
          platform,
          metadata,
          settings,
          derived,
          model: volume,
          image: platform.pin(runtime.image),
          serviceAccount: serviceAccount.name,
          // Beside an autoscaler, every apply would set the replicas back.
          replicas: () => (this.hasAutoscaler ? undefined : settings.replicas),
        }),
      ),
    };
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

  private modelVolume(pullSeconds: number): ModelVolume {
    const { model, runtime, cache } = this.settings;
    const folder = runtime.modelFolder(model);
    const { scheme } = locationOf(model);
    if (scheme === 'pvc') return claimedModel(model, folder);
    if (scheme === 'oci') return imageModel(model, folder);
    const image = this.platform.pin(pullImage(model));
    const cached = cache === undefined ? {} : { cache: { claim: cache.name, folder: cache.folderOf(model) } };
    return pulledModel({ model, folder, image, script: this.name, pullSeconds, ...cached });
  }

  private applyTransforms(): void {
    // An empty list that cdk8s-plus writes and the API server drops.
    transform<Service>(this.nodes.service, { spec: { externalIPs: null } });
    const changes = this.settings.transform;
    if (changes.deployment) transform(this.nodes.deployment, changes.deployment);
    if (changes.service) transform(this.nodes.service, changes.service);
    if (changes.serviceAccount) transform(this.nodes.serviceAccount, changes.serviceAccount);
    if (changes.disruptionBudget) transform(this.nodes.disruptionBudget, changes.disruptionBudget);
    if (changes.networkPolicy) transform(this.nodes.networkPolicy, changes.networkPolicy);
    if (changes.configMap && this.nodes.configMap) transform(this.nodes.configMap, changes.configMap);
  }

  private check({ progressSeconds }: Derived): void {
    const { gpu, model, cache } = this.settings;
    if (progressSeconds > LONGEST_START) {
      const text = `model.size must be copied and loaded within 30 days, got '${model.size}': mend it, or startup.pullPerSecond, startup.loadPerSecond or startup.warmUp`;
      this.node.addValidation({ validate: () => [text] });
    }
    if (gpu !== undefined) this.checkGpus(gpu);
    this.node.addValidation({ validate: () => this.rolloutProblems() });
    this.checkMetrics();
    const { cluster, namespace } = this.platform;
    if (locationOf(model).scheme === 'oci' && !cluster.supports('image volumes')) {
      const text = `model.uri with image volumes must run on Kubernetes ${cluster.since('image volumes')} or newer, got ${cluster.kubernetes}: put the model into a bucket or on a claim`;
      this.node.addValidation({ validate: () => [text] });
    }
    const uncached = cache?.problemWith(model, namespace);
    if (uncached !== undefined) this.node.addValidation({ validate: () => [`cache ${uncached}`] });
    if (this.platform.production && !isImmutable(model)) {
      warn(this, `model.sha256 is missing: with it, a copy that is damaged or not the tested one is never served`);
    }
  }

  /** What is stated must have room for /dev/shm, which is memory (triton#3504), and should have for the model. */
  private checkMemory(): void {
    const { gpu, model, resources, runtime } = this.settings;
    if (gpu === undefined && model.embeddings.some(({ gpuCache }) => gpuCache !== undefined)) {
      const text = 'model.embeddings must be without gpuCache where there is no GPU: leave it out, or add gpu';
      this.node.addValidation({ validate: () => [text] });
    }
    if (resources.memory === undefined) return;
    const { size, sharedMemory } = memoryNeeds(this.settings);
    const stated = `got '${resources.memory}'`;
    if (bytes(resources.memory) <= sharedMemory) {
      const text = `resources.memory must be above the ${runtime.sharedMemory} of /dev/shm, which is a part of it, ${stated}: raise it or leave it out`;
      this.node.addValidation({ validate: () => [text] });
    } else if (bytes(resources.memory) < size + sharedMemory) {
      const parts = sharedMemory === 0 ? '' : ` + ${runtime.sharedMemory} /dev/shm`;
      warn(
        this,
        `resources.memory should be ${formatBytes(size + sharedMemory)} or more for ${formatBytes(size)} model${parts}, ${stated}: raise it unless the server holds a part of the model only`,
      );
    }
  }

  private checkGpus(gpu: GpuRequest): void {
    const { model, runtime } = this.settings;
    const { cluster } = this.platform;
    const problems = gpuProblems(gpu, cluster);
    const fit = problems.length > 0 ? undefined : modelFit(gpu, model, runtime, cluster);
    if (fit !== undefined) explain(this, [fit.derivation]);
    if (fit?.problem !== undefined) problems.push(fit.problem);
    this.node.addValidation({ validate: () => problems });
  }

  /** Asked at synth, when it is known who decides on the replicas; undefined where a stranger's autoscaler does. */
  private get fewest(): number | undefined {
    return this.hasAutoscaler ? this.fewestByPolicy : this.settings.replicas;
  }

  private rolloutProblems(): string[] {
    const { settings, nodes, fewest } = this;
    const { deployment, disruptionBudget } = settings.transform;
    return [
      // Where no users depend on it, a moment without the server is fine.
      fewest !== undefined && this.platform.production
        ? replicasProblem(settings, fewest, this.hasAutoscaler)
        : undefined,
      deployment && strategyProblem(nodes.deployment.toJson().spec?.strategy ?? {}, supplyOf(settings)),
      disruptionBudget && budgetProblem(nodes.disruptionBudget.toJson().spec ?? {}, fewest),
    ].filter((problem) => problem !== undefined);
  }

  private checkMetrics(): void {
    const { runtime, gpu, slo } = this.settings;
    if (gpu !== undefined && runtime.gpus === 'none') {
      const text = `gpu must be left out, since ${runtime.name} uses no NVIDIA GPU, got ${show(gpu)}: the card would idle`;
      this.node.addValidation({ validate: () => [text] });
    }
    const { problems, warnings } = problemsWithLatency(runtime.name, this.metrics?.latency, slo);
    if (problems.length > 0) this.node.addValidation({ validate: () => problems });
    if (this.platform.production) for (const text of warnings) warn(this, text);
  }
}
