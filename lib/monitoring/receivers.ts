import type { SecretRef } from '../core/secrets';
import { type Destination, type Notification, portOf } from './notify-props';
import { relayUrl } from './relay';
import { secretFile } from './secrets';

/** Where Alertmanager finds the keys of Secrets. */
export const SECRET_FOLDER = '/etc/alertmanager-secrets';

/** What happened to what, in one line. Events are neither firing nor resolved. */
const TITLE = [
  '[{{ if eq .CommonLabels.severity "info" }}EVENT{{ else }}{{ .Status | toUpper }}{{ end }}',
  '{{ if gt (len .Alerts.Firing) 1 }}:{{ len .Alerts.Firing }}{{ end }}]',
  ' {{ .CommonLabels.alertname }} {{ .CommonLabels.server }}{{ .CommonLabels.training }} {{ .CommonLabels.platform }}',
].join('');

/** Alertmanager's own text for Slack is empty. */
const TEXT = [
  '{{ range .Alerts }}*{{ if eq .Status "resolved" }}Resolved: {{ end }}{{ .Annotations.summary }}*\n',
  '{{ .Annotations.description }}\n',
  '{{ with .Annotations.runbook_url }}<{{ . }}|Runbook>\n{{ end }}{{ end }}',
].join('');

/**
 * The receivers of one that is told of alerts: one for what is resolved again, one for events.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
 */
export function receiversOf(name: string, { to, severities }: Notification): object[] {
  return [
    ...(severities.some((severity) => severity !== 'info') ? [{ name, ...receiver(name, to, true) }] : []),
    ...(severities.includes('info') ? [{ name: eventsOf(name), ...receiver(name, to, false) }] : []),
  ];
}

/** Name of the receiver of events. No name of a user's has a slash. */
export function eventsOf(name: string): string {
  return `${name}/events`;
}

function receiver(name: string, to: Destination, send_resolved: boolean): object {
  const file = (secret: SecretRef) => secretFile(SECRET_FOLDER, secret);
  switch (to.type) {
    case 'slack':
      return {
        slack_configs: [
          {
            send_resolved,
            api_url_file: file(to.url),
            title: TITLE,
            // Alertmanager's own leads to an address that only the cluster knows.
            title_link: '{{ .CommonAnnotations.runbook_url }}',
            text: TEXT,
            fallback: TITLE,
          },
        ],
      };
    case 'email':
      return {
        email_configs: [
          {
            send_resolved,
            to: to.to.join(', '),
            from: to.from,
            smarthost: to.smarthost,
            ...(to.username === undefined ? {} : { auth_username: to.username }),
            ...(to.password === undefined ? {} : { auth_password_file: file(to.password) }),
            headers: { Subject: TITLE },
          },
        ],
      };
    case 'pagerduty':
      return {
        pagerduty_configs: [
          {
            send_resolved,
            routing_key_file: file(to.routingKey),
            description: TITLE,
            severity: '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}',
            component: '{{ .CommonLabels.server }}{{ .CommonLabels.training }}',
            group: '{{ .CommonLabels.platform }}',
          },
        ],
      };
    case 'webhook':
      return {
        webhook_configs: [
          {
            send_resolved,
            url_file: file(to.url),
            ...(to.token === undefined
              ? {}
              : { http_config: { authorization: { type: 'Bearer', credentials_file: file(to.token) } } }),
          },
        ],
      };
    default:
      return { webhook_configs: [{ send_resolved, url: relayUrl(name) }] };
  }
}

/** The Secrets of a destination. */
export function secretsOf(to: Destination): SecretRef[] {
  switch (to.type) {
    case 'email':
      return to.password === undefined ? [] : [to.password];
    case 'pagerduty':
      return [to.routingKey];
    case 'webhook':
      return [to.url, ...(to.token === undefined ? [] : [to.token])];
    case 'dingtalk':
    case 'feishu':
      return [to.url, ...(to.secret === undefined ? [] : [to.secret])];
    default:
      return [to.url];
  }
}

/** The port that messages to a destination leave by. */
export function portTo(to: Destination): number {
  if (to.type === 'email') return portOf(to.smarthost);
  return to.type === 'pagerduty' ? 443 : to.port;
}
