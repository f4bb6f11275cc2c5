import { formatSeconds, seconds } from '../core/durations';
import { fraction } from '../core/percentages';
import { total } from '../core/promql';
import type { ScalingTarget } from '../core/scaling';
import type { MetricName } from '../core/server-metrics';
import { problemWithQuery, selectorOf, serverQuery } from '../core/server-query';
import type { AutoscaleOnDemandSettings } from './autoscale-on-demand-props';

/** Something that replicas share, and how much of it each should have. */
export interface Demand {
  /** The prop that asks for it. */
  readonly aim: 'requests' | 'concurrency' | 'queue' | 'gpu';
  /** PromQL of all of it. */
  readonly query: string;
  readonly each: number;
  /** Whether it is missing without replicas, rather than nothing. */
  readonly needsReplicas: boolean;
}

/** The words in which the server is asked for it. */
const METRICS = {
  requests: 'requests',
  concurrency: 'running',
  queue: 'queued',
  gpu: 'gpuUtilization',
} as const satisfies Record<Demand['aim'], MetricName>;

const NAMES = ['requests', 'concurrency', 'queue', 'gpu'] as const satisfies readonly Demand['aim'][];

/** The settings that say what each replica should have. */
type Aims = Pick<AutoscaleOnDemandSettings, Demand['aim'] | 'wakeUp' | 'window'>;

/** What a policy looks at beside CPU and memory, and why some of it can't be had from the server. */
export function demandsOf(
  target: ScalingTarget,
  namespace: string,
  settings: Aims,
): { readonly demands: Demand[]; readonly problems: string[] } {
  const demands: Demand[] = [];
  const problems: string[] = [];
  for (const aim of NAMES) {
    const each = settings[aim];
    if (each === undefined) continue;
    const counted = aim === 'requests' ? settings.wakeUp?.requests : undefined;
    const query = counted ?? queryOf(target, namespace, aim, settings);
    if (query === undefined) problems.push(problemWith(target, aim));
    else {
      const amount = typeof each === 'string' ? fraction(each) : each;
      demands.push({ aim, query, each: amount, needsReplicas: counted === undefined });
    }
  }
  return { demands, problems };
}

function queryOf(target: ScalingTarget, namespace: string, aim: Demand['aim'], settings: Aims): string | undefined {
  const { name, metrics, gpus = 1 } = target;
  if (metrics === undefined) return undefined;
  const selector = selectorOf({ namespace, name });
  if (aim === 'gpu') {
    const gauge = metrics.gpuUtilization;
    // The share of a replica is the mean of its GPUs; all shares together are shared out among the replicas.
    return gauge && `${total(gauge, selector)}${gpus > 1 ? ` / ${gpus}` : ''}`;
  }
  const window = formatSeconds(seconds(settings.window));
  const query = serverQuery(metrics, METRICS[aim], selector, { window });
  // Counters that are taken as 0 while they are missing would be 0 as well while nobody can be scraped, and the server
  // would shrink to its minimum under full load: without any target that answers, there must be no value at all.
  return query?.includes('or vector(0)') ? `(${query} and on () (sum(up{${matchers(selector)}}) > 0))` : query;
}

/** What the series of a server are chosen by. */
export function matchers(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',');
}

function problemWith({ runtimeName, metrics }: ScalingTarget, aim: Demand['aim']): string {
  if (runtimeName === undefined) {
    return `${aim} must be left out: what is scaled is no server of recstack, and nobody knows its metrics; take cpu`;
  }
  return `${aim} must be left out: ${problemWithQuery(runtimeName, metrics, METRICS[aim], {}) ?? ''}`;
}
