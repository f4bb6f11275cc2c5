import type { MonitoringSettings } from './monitoring-props';
import { type Notification, type Notifications, OWN_RECEIVERS } from './notify-props';
import { eventsOf, receiversOf, SECRET_FOLDER } from './receivers';
import { secretFile } from './secrets';
import type { TriggerRoutes } from './trigger-routes';

const USUAL = { group_wait: '30s', group_interval: '5m', repeat_interval: '4h' };
const CRITICAL = { group_wait: '10s', group_interval: '5m', repeat_interval: '1h' };
/** An event is told once: Alertmanager remembers for five days what it has told, and no longer. */
const EVENT = { group_wait: '10s', group_interval: '1m', repeat_interval: '5d' };
/** A dead man's switch hears of the watchdog every five minutes. */
const DEAD_MAN = { group_wait: '0s', group_interval: '1m', repeat_interval: '5m' };

const { nobody: NOBODY, default: DEFAULT } = OWN_RECEIVERS;
const DEAD_MAN_SWITCH = 'default/dead-man-switch';

/**
 * Groups by what and where, so that one cause is one message; a critical alert silences the warnings of its server or
 * training. Each that is told of alerts gets all that it asked for, whoever else gets them. The watchdog goes to the
 * dead man's switch, if there is one, and to nobody else: people stop reading what always comes.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(
  { webhook, deadManSwitch }: Pick<MonitoringSettings['alertmanager'], 'webhook' | 'deadManSwitch'>,
  notifications: Notifications,
  triggers: TriggerRoutes = { routes: [], receivers: [] },
): object {
  const named = Object.entries(notifications);
  return {
    route: {
      receiver: DEFAULT,
      group_by: ['alertname', 'platform', 'server', 'training'],
      ...USUAL,
      routes: [
        // Before the one that ends with a match.
        ...triggers.routes,
        deadManSwitch === undefined
          ? { receiver: NOBODY, matchers: ['severity="none"'] }
          : { receiver: DEAD_MAN_SWITCH, matchers: ['severity="none"'], ...DEAD_MAN },
        ...named.flatMap(([name, notification]) => routesOf(name, notification)),
        { receiver: NOBODY, matchers: ['severity="info"'] },
        // Beside the others, and not only where none of them matches.
        ...(webhook === undefined || named.length === 0 ? [] : [{ receiver: DEFAULT }]),
      ],
    },
    // What has no such label is about something else: without the first matchers, two that lack it would be equal.
    inhibit_rules: ['server', 'training'].map((about) => ({
      source_matchers: ['severity="critical"', `${about}!=""`],
      target_matchers: ['severity="warning"', `${about}!=""`],
      equal: ['platform', about],
    })),
    receivers: [
      { name: NOBODY },
      {
        name: DEFAULT,
        ...(webhook === undefined ? {} : { webhook_configs: [{ url_file: secretFile(SECRET_FOLDER, webhook) }] }),
      },
      ...(deadManSwitch === undefined
        ? []
        : [
            {
              name: DEAD_MAN_SWITCH,
              webhook_configs: [{ send_resolved: false, url_file: secretFile(SECRET_FOLDER, deadManSwitch.url) }],
            },
          ]),
      ...triggers.receivers,
      ...named.flatMap(([name, notification]) => receiversOf(name, notification)),
    ],
  };
}

function routesOf(name: string, { severities, about }: Notification): object[] {
  const subject = { everything: [], servers: ['server!=""'], training: ['training!=""'] }[about];
  const critical = severities.includes('critical');
  const warning = severities.includes('warning');
  const alerts = {
    receiver: name,
    matchers: [...subject, ...matcherOf({ critical, warning })],
    continue: true,
    ...(critical ? { routes: [{ matchers: ['severity="critical"'], ...CRITICAL }] } : {}),
  };
  const events = { receiver: eventsOf(name), matchers: [...subject, 'severity="info"'], continue: true, ...EVENT };
  return [...(critical || warning ? [alerts] : []), ...(severities.includes('info') ? [events] : [])];
}

/** What is of no severity that is known here is a warning, so that no alert of a user's own gets lost. */
function matcherOf({ critical, warning }: { critical: boolean; warning: boolean }): string[] {
  if (!warning) return ['severity="critical"'];
  return [critical ? 'severity!="info"' : 'severity!~"critical|info"'];
}
