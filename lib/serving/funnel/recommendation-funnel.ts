import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { explain } from '../../core/derivation';
import { seconds } from '../../core/durations';
import type { Exposable } from '../../core/exposable';
import { FUNNEL_METRICS } from '../../core/funnel-metrics';
import { kubernetesObject } from '../../core/kubernetes-object';
import { observe, observeFunnel } from '../../core/observed';
import { fraction } from '../../core/percentages';
import { InvalidInput, show } from '../../core/problem';
import type { ScalingPolicy } from '../../core/scaling';
import { parse } from '../../core/schema';
import type { ServerMetrics } from '../../core/server-metrics';
import { Slo } from '../../core/slo';
import { transform } from '../../core/transform';
import { inferenceGraph } from '../../crds/kserve-graph';
import { letIn } from '../../platform/callers';
import { disruptionBudget } from '../../platform/disruption-budget';
import { selectorLabels, workloadMetadata } from '../../platform/labels';
import { Platform } from '../../platform/platform';
import { warn } from '../../platform/warnings';
import { readyTime } from '../budgets';
import { MAX_SERVER_NAME } from '../deployment';
import { apiDeployment, apiPolicy } from './api';
import { budgetOf, loadOf, overheadFor } from './budget';
import { funnelJsonSchema } from './config';
import { calleesOf, connect, egressToOutside } from './edges';
import { encoderProblems } from './encoders';
import { ROUTER_LABEL, toGraph } from './graph';
import { milliseconds, type PlannedStage, planned } from './plan';
import { objectivesIn } from './promises';
import { type FunnelSettings, type RecommendationFunnelProps, recommendationFunnelSchema } from './props';
import { toConfig } from './to-config';

const FINISHED = `${FUNNEL_METRICS.requestDuration}_count`;

/** What the API exposes, by the convention of {@link FUNNEL_METRICS}. */
const METRICS: ServerMetrics = {
  port: 'http',
  path: '/metrics',
  requests: [{ name: FINISHED }],
  errors: [{ name: FINISHED, where: 'outcome="error"' }],
  latency: { type: 'histogram', name: FUNNEL_METRICS.requestDuration, unit: 's' },
};

/** The constructs that a funnel is made of: the way to every object that it emits. */
export interface RecommendationFunnelNodes {
  readonly deployment: ApiObject;
  readonly service: kplus.Service;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly disruptionBudget: ApiObject;
  readonly networkPolicy: ApiObject;
  /** `funnel.json` and `funnel.schema.json`. */
  readonly configMap: kplus.ConfigMap;
  /** Undefined where none was asked for. */
  readonly inferenceGraph: ApiObject | undefined;
}

/**
 * What a shop asks for recommendations: your API, and the servers that it calls for each request, in the stages
 * retrieval → filtering → ranking → re-ranking.
 *
 * - Each stage has a deadline, for all its sources at once, and a number of candidates, which only gets smaller. That
 *   all stages, their fallbacks and the overhead fit into the funnel's deadline is checked as a sum, and shown.
 * - Each stage says what it gives when it fails or is late; `'fail'` ends the request.
 * - The API finds all of it in `funnel.json` (see {@link FunnelConfig}), in the file that `RECSTACK_FUNNEL` names, and
 *   starts anew when it changes.
 * - A call that timed out is not made again: its server may still be working on it, and would get the same work twice
 *   (kserve#3149, #4218, #1663). Each call says how much time is left to it, so that a server can drop what is too late.
 * - The API reaches the stages and nothing else, and the stages are closed to everyone but the funnels that call them.
 *   Who may call the API is said by {@link allowFrom}; nobody may before.
 * - Its metrics follow a convention (see {@link FUNNEL_METRICS}); alerts and a dashboard are drawn from it.
 *
 * @example
 * ```ts
 * const home = new RecommendationFunnel(shop, 'home', {
 *   api: {
 *     image: 'registry.example.com/shop/home-api:1.4.2',
 *     port: 8080,
 *     probes: { ready: '/ready', live: '/live' },
 *   },
 *   deadline: '150ms',
 *   stages: {
 *     retrieval: {
 *       deadline: '30ms',
 *       candidates: 500,
 *       sources: [{ server: retrieval }],
 *       fallback: { popularItems: { file: '/data/popular.json' } },
 *     },
 *     ranking: {
 *       deadline: '60ms',
 *       candidates: 50,
 *       sources: [{ server: ranker, batch: 250 }],
 *       fallback: 'previous-order',
 *     },
 *   },
 * });
 * home.allowFrom(gateway);
 * ```
 */
export class RecommendationFunnel
  extends Construct
  implements Exposable, kplus.IScalable, kplus.INetworkPolicyPeer, kplus.IPodSelector
{
  /** The constructs inside, for `transform` and for references from elsewhere. */
  readonly nodes: RecommendationFunnelNodes;
  /** The funnel's name, and that of its objects: its Service answers at `<name>.<namespace>.svc`. */
  readonly name: string;
  /** The port of its Service and of its pods. */
  readonly port: number;
  /** What serves, as errors name it. */
  readonly runtimeName = "a funnel's API";
  /** What the API exposes, by convention. */
  readonly metrics: ServerMetrics = METRICS;
  /** Time for a whole request, in seconds: proxies before it should wait a little longer. */
  readonly deadlineSeconds: number;
  hasAutoscaler = false;
  private hasCaller = false;
  private readonly platform: Platform;
  private readonly settings: FunnelSettings;
  private readonly stages: readonly PlannedStage[];

  /** @throws InvalidInput with everything that is wrong with the props */
  constructor(scope: Construct, id: string, props: RecommendationFunnelProps) {
    super(scope, id);
    this.platform = Platform.of(this);
    this.name = this.platform.nameOf(this, MAX_SERVER_NAME);
    this.settings = parse(recommendationFunnelSchema, props, this.node.path);
    this.port = this.settings.api.port;
    this.deadlineSeconds = seconds(this.settings.deadline);
    this.stages = this.plan();
    this.nodes = this.emit();
    this.connect();
    this.tellMonitoring();
    this.node.addValidation({ validate: () => this.check() });
  }

  /** Where its port is inside the cluster: `{ http: 'home.shop.svc:8080' }`. */
  get addresses(): Readonly<Record<'http', string>> {
    return { http: `${this.name}.${this.platform.namespace}.svc:${this.port}` };
  }

  /**
   * Lets pods call the API: a gateway, or another program.
   *
   * @throws InvalidInput when they are let in already
   */
  allowFrom(peer: kplus.INetworkPolicyPeer): void {
    letIn(this, workloadMetadata(this.name, 'funnel'), [this.port], peer);
    this.hasCaller = true;
  }

  /**
   * Lets a policy decide on the number of the API's replicas, instead of the fixed one.
   *
   * @throws InvalidInput when another one decides already: two would fight
   */
  autoscale(policy: ScalingPolicy): void {
    if (this.hasAutoscaler) {
      throw this.refused('autoscale must be called once: two autoscalers would fight over the replicas');
    }
    // From JavaScript, anything may come.
    const { attachTo }: { attachTo?: unknown } = Object(policy);
    if (typeof attachTo !== 'function') {
      throw this.refused(
        `autoscale must be given a policy, such as autoscaleOnResources({ replicas, cpu }), got ${show(policy)}`,
      );
    }
    policy.attachTo(this);
  }

  /** What its users may expect. */
  get slos(): readonly Slo[] {
    const { objectives, deadline } = this.settings;
    return [
      Slo.latency({ under: deadline, objective: objectives.withinDeadline }),
      Slo.availability({ objective: objectives.withoutError }),
    ];
  }

  /** Seconds from the decision for a replica of the API until it is ready, at most. */
  get readySeconds(): number {
    return readyTime({ pull: 0, startup: 2 * seconds(this.settings.api.startup) });
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

  /** The stages, when all of them fit into the deadline. */
  private plan(): readonly PlannedStage[] {
    const { deadline, overhead, api } = this.settings;
    const { stages, problems } = planned(this.settings.stages);
    const deadlineMs = milliseconds(deadline);
    const overheadMs = overhead === undefined ? overheadFor(deadlineMs) : milliseconds(overhead);
    const { totalMs, formula } = budgetOf(stages, overheadMs);
    if (totalMs > deadlineMs) {
      problems.push(
        `deadline must leave time for all stages, ${formula} = ${totalMs} ms, got '${deadline}': raise it, or give a stage less`,
      );
    }
    if (seconds(api.drain) < this.deadlineSeconds) {
      problems.push(
        `api.drain must be at least the deadline of '${deadline}', got '${api.drain}': requests would be cut off`,
      );
    }
    if (problems.length > 0) throw new InvalidInput(problems.map((text) => ({ where: this.node.path, text })));
    explain(this, [
      { what: 'time of the slowest good answer', value: `${totalMs}ms`, formula: `${formula} ≤ ${deadlineMs} ms` },
      ...loadOf(stages),
    ]);
    return stages;
  }

  private emit(): RecommendationFunnelNodes {
    const { name, platform, settings } = this;
    const { api, calls, deadline } = settings;
    const metadata = workloadMetadata(name, 'funnel');
    const config = `${JSON.stringify(toConfig(name, milliseconds(deadline), this.stages, calls), null, 2)}\n`;
    const serviceAccount = new kplus.ServiceAccount(this, 'service-account', { metadata });
    const service = new kplus.Service(this, 'service', {
      metadata,
      selector: this,
      ports: [{ name: 'http', port: api.port, targetPort: api.port }],
    });
    // An empty list that cdk8s-plus writes and the API server drops.
    transform<Service>(service, { spec: { externalIPs: null } });
    return {
      serviceAccount,
      service,
      configMap: new kplus.ConfigMap(this, 'config-map', {
        metadata,
        data: {
          'funnel.json': config,
          'funnel.schema.json': `${JSON.stringify(funnelJsonSchema(), null, 2)}\n`,
        },
      }),
      networkPolicy: kubernetesObject<NetworkPolicy>(
        this,
        'network-policy',
        apiPolicy({ platform, name, api }, [...settings.egress, ...egressToOutside(calleesOf(this.stages, calls))]),
      ),
      disruptionBudget: kubernetesObject<PodDisruptionBudget>(
        this,
        'disruption-budget',
        disruptionBudget(metadata, selectorLabels({ platform: platform.node.id, name })),
      ),
      deployment: kubernetesObject<Deployment>(
        this,
        'deployment',
        apiDeployment({
          platform,
          name,
          api,
          config,
          serviceAccount: serviceAccount.name,
          // Beside an autoscaler, every apply would set the replicas back.
          replicas: () => (this.hasAutoscaler ? undefined : api.replicas),
        }),
      ),
      // KServe makes a Service and a Deployment of the graph's name: it must not be the API's.
      inferenceGraph: settings.inferenceGraph
        ? inferenceGraph(this, 'inference-graph', toGraph(`${name}-graph`, this.stages))
        : undefined,
    };
  }

  /** The edges from the API, and from the graph's router, which calls no more than the stages' sources. */
  private connect(): void {
    const { name, nodes, stages } = this;
    connect(this, this, name, calleesOf(stages, this.settings.calls));
    if (nodes.inferenceGraph === undefined) return;
    // Its id is in the names of policies, beside those of other funnels' routers.
    const router = kplus.Pods.select(this, `${name}-graph`, { labels: { [ROUTER_LABEL]: `${name}-graph` } });
    const sources = stages.map((stage) => ({ ...stage, store: undefined }));
    connect(this, router, `${name}-graph`, calleesOf(sources, {}));
  }

  private tellMonitoring(): void {
    const { name, stages, deadlineSeconds } = this;
    const { namespace } = this.platform;
    const { objectives } = this.settings;
    observe(this, {
      name,
      namespace,
      usesGpu: false,
      pods: `${name}-[a-z0-9]+-[a-z0-9]{5}`,
      container: 'server',
      metrics: METRICS,
      slos: this.slos,
    });
    observeFunnel(this, {
      name,
      namespace,
      deadlineSeconds,
      stages: stages.map((stage) => ({ name: stage.name, deadlineSeconds: stage.deadlineMs / 1000 })),
      withoutFallback: fraction(objectives.withoutFallback),
    });
  }

  /** What depends on others, looked at when all of them are there. */
  private check(): string[] {
    const { objectives, inferenceGraph: asksForGraph } = this.settings;
    const promises = objectivesIn(this.stages);
    const expected = promises.shareInTime;
    if (expected !== undefined && expected < fraction(objectives.withoutFallback)) {
      const percent = `${Number((expected * 100).toPrecision(3))}%`;
      warn(
        this,
        `objectives.withoutFallback is '${objectives.withoutFallback}', but the servers promise answers in time for ${percent} of requests only (${promises.formula}): lower it, raise deadlines, or make fewer calls`,
      );
    }
    if (!this.hasCaller) {
      warn(this, 'nobody may call the API: let a gateway or a program in with allowFrom(peer)');
    }
    const problems = [...promises.problems, ...encoderProblems(calleesOf(this.stages, this.settings.calls))];
    if (asksForGraph) {
      if (!this.platform.cluster.has('kserve')) {
        problems.push('inferenceGraph must have KServe, but the cluster has none: add kserve to cluster.addons');
      }
      if (this.platform.node.tryFindChild('namespace') !== undefined) {
        warn(
          this,
          "the pods of an InferenceGraph's router set no seccomp profile (KServe 0.15), so that Pod Security restricted refuses them: give the platform a namespace of your own that asks less, with ownNamespace: false",
        );
      }
      for (const { name, sources } of this.stages) {
        sources.forEach(({ path }, i) => {
          if (path !== undefined) return;
          problems.push(`stages.${name}.sources[${i}].path must be given for an InferenceGraph, but is missing`);
        });
      }
    }
    return problems;
  }

  private refused(text: string): InvalidInput {
    return new InvalidInput([{ where: this.node.path, text }]);
  }
}
