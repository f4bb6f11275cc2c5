import { formatSeconds } from '../core/durations';
import type { ObservedServer } from '../core/observed';
import { latencyMean, latencyQuantile, rate, series } from '../core/promql';
import type { LatencyMetric, ServerMetrics } from '../core/server-metrics';
import { selectorOf } from '../core/server-query';
import type { LatencyObjective } from '../core/slo';
import { MEMORY_LIMIT, ofPods, WORKING_SET } from './container-metrics';
import { storeRules } from './store-alerts';

/** An alerting rule, as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** A rule by which Prometheus keeps what is asked for often, or what it could not tell afterwards. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A file of rules, as Prometheus reads it. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

/** Below so many requests in a second, one error is a large share, and no alert is raised about shares. */
const QUIET_REQUESTS_PER_SECOND = 0.1;

/** The share of failed requests that is too many for a server without an objective. */
const ERROR_RATIO = 0.05;

/** The alerts about all servers of a platform, and one that always fires, to show that alerts arrive. */
export function alertRules(platform: string, servers: readonly ObservedServer[]): RuleFile {
  const watchdog: AlertRule = {
    alert: 'Watchdog',
    expr: 'vector(1)',
    labels: { severity: 'none', platform },
    annotations: {
      summary: 'Alerting works',
      description: 'This alert always fires. When it stops arriving, alerting itself is broken.',
    },
  };
  return { groups: [{ name: `${platform}-servers`, rules: [watchdog, ...servers.flatMap(rulesFor)] }] };

  function rulesFor(server: ObservedServer): AlertRule[] {
    const { metrics, store } = server;
    const rules =
      store !== undefined
        ? storeRules(server, store, selectorOf(server))
        : metrics === undefined
          ? [memory(server)]
          : [down(server), memory(server), ...errors(server, metrics), ...slow(server, metrics)];
    return rules.map((rule) => ({ ...rule, labels: { ...rule.labels, platform, server: server.name } }));
  }
}

function down(server: ObservedServer): AlertRule {
  return {
    alert: 'ModelServerDown',
    expr: `absent(${series({ name: 'up' }, selectorOf(server))} == 1)`,
    for: '5m',
    labels: { severity: 'critical' },
    annotations: {
      summary: `No replica of ${server.name} answers`,
      description: `For 5 minutes Prometheus has reached no replica of ${server.name} in ${server.namespace}.`,
    },
  };
}

function memory(server: ObservedServer): AlertRule {
  const selector = { namespace: server.namespace };
  const used = series(ofPods(WORKING_SET, server, server.container), selector);
  const limit = series(ofPods(MEMORY_LIMIT, server, server.container), selector);
  return {
    alert: 'ModelServerMemoryNearLimit',
    // The limit is 0 where a transform took it away: nothing to come near to.
    expr: `${used} / (${limit} > 0) > 0.95`,
    for: '10m',
    labels: { severity: 'warning' },
    annotations: {
      summary: `A replica of ${server.name} is about to run out of memory`,
      description: 'Pod {{ $labels.pod }} has used {{ $value | humanizePercentage }} of its memory for 10 minutes.',
    },
  };
}

function errors(server: ObservedServer, { requests, errors: failed }: ServerMetrics): AlertRule[] {
  if (requests === undefined || failed === undefined) return [];
  const selector = selectorOf(server);
  const objective = server.slos.find(({ kind }) => kind === 'availability')?.objective;
  // The budget of a month would be gone in two days at 14.4 times the allowed rate; see the SRE workbook.
  const bound = objective === undefined ? ERROR_RATIO : Math.min(0.5, Number((14.4 * (1 - objective)).toPrecision(6)));
  const all = rate(requests, selector, '5m');
  return [
    {
      alert: 'ModelServerErrors',
      expr: `${rate(failed, selector, '5m')} / ${all} > ${bound} and ${all} > ${QUIET_REQUESTS_PER_SECOND}`,
      for: '2m',
      labels: { severity: 'critical' },
      annotations: {
        summary: `${server.name} fails too many requests`,
        description: `{{ $value | humanizePercentage }} of its requests fail; ${percent(bound)} is the bound.`,
      },
    },
  ];
}

function slow(server: ObservedServer, metrics: ServerMetrics): AlertRule[] {
  const { latency } = metrics;
  if (latency === undefined) return [];
  return server.slos.filter((slo) => slo.kind === 'latency').map((slo) => slowerThan(slo, server, latency, metrics));
}

function slowerThan(
  slo: LatencyObjective,
  server: ObservedServer,
  latency: LatencyMetric,
  { requests }: ServerMetrics,
): AlertRule {
  const selector = selectorOf(server);
  const [what, value] =
    latency.type === 'histogram'
      ? [`The ${percent(slo.objective)} quantile`, latencyQuantile(slo.objective, latency, selector, '5m')]
      : // Without a histogram the mean is all there is. It above the bound of a high quantile is surely too slow.
        ['The mean', latencyMean(latency, selector, '5m')];
  const guard = requests === undefined ? '' : ` and ${rate(requests, selector, '5m')} > ${QUIET_REQUESTS_PER_SECOND}`;
  const bound = formatSeconds(slo.thresholdSeconds);
  return {
    alert: 'ModelServerSlow',
    expr: `${value} > ${slo.thresholdSeconds}${guard}`,
    for: '10m',
    // Tells the alerts of several objectives apart, which otherwise would be one to Alertmanager.
    labels: { severity: 'warning', objective: String(slo.objective) },
    annotations: {
      summary: `${server.name} answers too slowly`,
      description: `${what} of its latency has been {{ $value | humanizeDuration }} for 10 minutes; ${bound} is the bound.`,
    },
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}
