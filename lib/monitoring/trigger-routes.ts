import type { ObservedAlert, ObservedTrigger } from '../core/observed';
import type { AlertRule, RuleFile } from './alerts';

/** What Alertmanager's configuration is to have for triggers: the routes before all others. */
export interface TriggerRoutes {
  readonly routes: readonly object[];
  readonly receivers: readonly { readonly name: string; readonly webhook_configs: readonly object[] }[];
}

/**
 * Sends each alert at once to the triggers that wait for it, beside those who are told anyway, and again while it fires:
 * a trigger that could not act, because a run was on or had just ended, does so later.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#route
 */
export function triggerRoutes(triggers: readonly ObservedTrigger[]): TriggerRoutes {
  return {
    routes: triggers.flatMap((trigger) =>
      trigger.alerts.map((alert) => ({
        receiver: receiverOf(trigger),
        matchers: matchersOf(trigger, alert),
        group_by: ['...'],
        group_wait: '0s',
        group_interval: '1m',
        repeat_interval: '10m',
        continue: true,
      })),
    ),
    receivers: triggers.map((trigger) => ({
      name: receiverOf(trigger),
      webhook_configs: [{ url: trigger.url, send_resolved: false }],
    })),
  };
}

/** The alerts that triggers bring along, for Prometheus to raise. */
export function triggerRules(platform: string, triggers: readonly ObservedTrigger[]): RuleFile['groups'] {
  const rules = triggers.flatMap((trigger) => trigger.alerts.flatMap((alert) => ruleOf(platform, trigger, alert)));
  return rules.length === 0 ? [] : [{ name: `${platform}-triggers`, rules }];
}

function ruleOf(platform: string, { training }: ObservedTrigger, alert: ObservedAlert): AlertRule[] {
  const { name, expr, for: held } = alert;
  if (expr === undefined) return [];
  return [
    {
      alert: name,
      expr,
      ...(held === undefined ? {} : { for: held }),
      labels: { severity: 'info', platform, training },
      annotations: {
        summary: `${training} is to be trained anew`,
        description: `${name} starts a run of ${training}, unless one is on or has just ended.`,
      },
    },
  ];
}

/** The names of two trainings' own alerts may be the same. */
function matchersOf({ training }: ObservedTrigger, { name, expr }: ObservedAlert): string[] {
  return [`alertname=${JSON.stringify(name)}`, ...(expr === undefined ? [] : [`training=${JSON.stringify(training)}`])];
}

/** No name of a user's has a slash. */
function receiverOf({ name, namespace }: ObservedTrigger): string {
  return `trigger/${namespace}/${name}`;
}
