import type { ApiObject } from 'cdk8s';
import { explain } from '../core/derivation';
import { seconds } from '../core/durations';
import { InvalidInput } from '../core/problem';
import type { ScalingPolicy, ScalingTarget } from '../core/scaling';
import { parse } from '../core/schema';
import type { ScaledObjectTrigger } from '../crds/keda';
import { Platform } from '../platform/platform';
import { warn } from '../platform/warnings';
import { clusterProblems, readySecondsOf, takeOver, tell } from './attach';
import { AttachedPeaks } from './attach-peaks';
import {
  type AutoscaleOnDemandProps,
  type AutoscaleOnDemandSettings,
  autoscaleOnDemandSchema,
} from './autoscale-on-demand-props';
import { RESOURCE_SECONDS } from './autoscale-on-resources';
import { type Demand, demandsOf } from './demand';
import { explanations } from './explanations';
import { cautions, wakeUpProblems } from './findings';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler';
import { letKedaIn } from './keda-access';
import { MetricsAdapter } from './metrics-adapter';
import { type EmittedBehavior, emittedBehavior } from './rules';
import { emitScaledObject, prometheusTrigger } from './scaled-object';
import { MetricsSource } from './source';

/**
 * Scales on what is asked of each replica: requests, what it works on, what waits, how busy its GPUs are, and CPU and
 * memory where these are meant. Each asks for replicas, and the most wins.
 *
 * What replicas share is divided by the aim, whether they are ready or not: a model that loads for minutes makes it ask
 * for no more of them. The metrics are those by which its runtime is asked everywhere, and one that it lacks is refused.
 *
 * - In a cluster with KEDA it is a ScaledObject. A metric that can't be read holds the replicas, and with `wakeUp` the
 *   last one goes too.
 * - Elsewhere it is Kubernetes' own HorizontalPodAutoscaler, and prometheus-adapter beside it, once for the platform,
 *   which serves its metrics. A metric that can't be read leaves the replicas as they are.
 *
 * The metrics come from the Prometheus of the platform's Monitoring, or from one that is named.
 *
 * @throws InvalidInput with everything that is wrong with the props, and when it is attached with what the server lacks
 * @example
 * ```ts
 * ranker.autoscale(autoscaleOnDemand({ replicas: [3, 40], requests: 180, queue: 4, perReplica: { rps: 220 } }));
 * ```
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
export function autoscaleOnDemand(props: AutoscaleOnDemandProps): ScalingPolicy {
  const settings = parse(autoscaleOnDemandSchema, props, 'autoscaleOnDemand');
  return { fewest: settings.replicas[0], attachTo: (target) => attach(target, settings, props) };
}

function attach(target: ScalingTarget, settings: AutoscaleOnDemandSettings, props: AutoscaleOnDemandProps): void {
  const { peaks: calendar, prometheus, fallback, wakeUp } = props;
  const platform = Platform.of(target);
  const { demands, problems } = demandsOf(target, platform.namespace, settings);
  const readySeconds = readySecondsOf(target, settings.perReplica);
  const behavior = emittedBehavior(settings.behavior, settings.tolerance);
  const server = { ...settings, behavior, readySeconds, hasKeda: platform.cluster.has('keda') };
  const peaks = settings.peaks && new AttachedPeaks(settings.peaks, server);
  problems.push(
    ...kedaProblems(platform, settings),
    ...wakeUpProblems(settings, readySeconds),
    ...(peaks?.problems() ?? []),
  );
  if (problems.length > 0) throw new InvalidInput(problems.map((text) => ({ where: target.node.path, text })));
  takeOver(target);
  const source = new MetricsSource(platform, settings.prometheus);
  const autoscaler = emit(target, { settings, demands, source, behavior, triggers: peaks?.triggers() ?? [] });
  autoscaler.node.addValidation({
    validate: () => [...clusterProblems(platform, settings), ...(demands.length > 0 ? source.problems() : [])],
  });
  if (platform.production) for (const text of cautions(settings, behavior)) warn(autoscaler, text);
  explain(autoscaler, explanations(target, { settings, demands, behavior, readySeconds }));
  tell(target, {
    perReplica: settings.perReplica,
    metricSeconds: demands.length > 0 ? seconds(settings.window) : RESOURCE_SECONDS,
    objects: [autoscaler, ...(peaks?.emitBeside(target, autoscaler) ?? [])],
    floors: peaks?.floors,
    triggersFor: (policy) => triggersFor(target, source, { ...server, ...(policy as ProposedPolicy) }),
    kept: { peaks: calendar, prometheus, fallback, wakeUp },
  });
}

/** Everything that an emitter needs. */
interface Input {
  readonly settings: AutoscaleOnDemandSettings;
  readonly demands: readonly Demand[];
  readonly source: MetricsSource;
  readonly behavior: EmittedBehavior;
  /** Those of the peaks, where KEDA sees to them. */
  readonly triggers: readonly ScaledObjectTrigger[];
}

function emit(target: ScalingTarget, input: Input): ApiObject {
  const platform = Platform.of(target);
  const { settings, demands, source, behavior, triggers } = input;
  if (platform.cluster.has('keda') && (demands.length > 0 || triggers.length > 0)) {
    if (demands.length > 0 && source.isOwn) letKedaIn(platform);
    return emitScaledObject(target, input);
  }
  const served = demands.map((demand) => ({
    ...demand,
    metric: MetricsAdapter.of(platform, source).serve(target, demand),
  }));
  return horizontalPodAutoscaler(target, { ...settings, demands: served, behavior });
}

/** The part of a policy that a proposal says anew. */
type ProposedPolicy = Pick<AutoscaleOnDemandSettings, 'requests' | 'replicas'> & { readonly behavior: EmittedBehavior };

/** What KEDA would go by if the policy were on requests alone, with its peaks. */
function triggersFor(
  target: ScalingTarget,
  source: MetricsSource,
  policy: Omit<AutoscaleOnDemandSettings, 'behavior'> & {
    readonly behavior: EmittedBehavior;
    readonly readySeconds: number;
    readonly hasKeda: boolean;
  },
): ScaledObjectTrigger[] {
  const onRequests = { ...policy, concurrency: undefined, queue: undefined, gpu: undefined };
  const { demands } = demandsOf(target, Platform.of(target).namespace, onRequests);
  const peaks = policy.peaks && new AttachedPeaks(policy.peaks, policy);
  return [
    ...demands.map((demand) => prometheusTrigger(demand, source.url, policy.replicas[0])),
    ...(peaks?.triggers() ?? []),
  ];
}

function kedaProblems({ cluster }: Platform, { replicas, fallback }: AutoscaleOnDemandSettings): string[] {
  if (cluster.has('keda')) return [];
  return [
    ...(replicas[0] === 0 ? ['replicas[0] must be 1 or more without KEDA, got 0: add keda to cluster.addons'] : []),
    ...(fallback === undefined
      ? []
      : ['fallback must be left out without KEDA: replicas stay as they are; add keda to cluster.addons']),
  ];
}
