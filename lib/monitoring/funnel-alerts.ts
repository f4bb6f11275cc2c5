import { FUNNEL_METRICS } from '../core/funnel-metrics';
import type { ObservedFunnel } from '../core/observed';
import { rate, type Selector, series } from '../core/promql';
import type { AlertRule, RuleFile } from './alerts';

/** Below so many requests in a second, one fallback is a large share, and no alert is raised about shares. */
const QUIET_REQUESTS_PER_SECOND = 0.1;

/** The time series of a funnel's API, by the labels that Prometheus gives them. */
export function selectorOfFunnel({ namespace, name }: ObservedFunnel): Selector {
  return { namespace, job: name };
}

/** Finished requests in a second. */
function requestsOf(funnel: ObservedFunnel, window: Parameters<typeof rate>[2]): string {
  return rate([{ name: `${FUNNEL_METRICS.requestDuration}_count` }], selectorOfFunnel(funnel), window);
}

/** For each stage, the share of requests that its fallback answered. */
export function fallbackShare(funnel: ObservedFunnel, window: Parameters<typeof rate>[2]): string {
  const counted = series({ name: FUNNEL_METRICS.fallbacks }, selectorOfFunnel(funnel));
  return `sum by (stage) (rate(${counted}[${window}])) / on () group_left () ${requestsOf(funnel, window)}`;
}

/**
 * What is said of funnels beside the alerts of their APIs, which are those of any server: gone, out of memory, errors,
 * and, as its objective for latency is the deadline, deadlines missed.
 */
export function funnelRules(platform: string, funnels: readonly ObservedFunnel[]): RuleFile['groups'] {
  return funnels.length === 0 ? [] : [{ name: `${platform}-funnels`, rules: funnels.map(fallbacks) }];

  function fallbacks(funnel: ObservedFunnel): AlertRule {
    const bound = Number((1 - funnel.withoutFallback).toPrecision(6));
    const guard = `on () ${requestsOf(funnel, '5m')} > ${QUIET_REQUESTS_PER_SECOND}`;
    return {
      alert: 'FunnelFallbacks',
      expr: `${fallbackShare(funnel, '5m')} > ${bound} and ${guard}`,
      for: '10m',
      labels: { severity: 'warning', platform, server: funnel.name },
      annotations: {
        summary: `A stage of ${funnel.name} falls back too often`,
        description: `For 10 minutes {{ $value | humanizePercentage }} of requests have been answered by the fallback of {{ $labels.stage }}; ${Number((bound * 100).toPrecision(6))} % is the bound.`,
      },
    };
  }
}
