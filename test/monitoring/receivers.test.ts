import type { StatefulSetSpec } from 'kubernetes-types/apps/v1';
import type { MonitoringProps } from '../../lib';
import { problemsOf, specOf } from '../serving/fixtures';
import { fileOf, monitored, podOf, yamlOf } from './fixtures';

const NAME = 'monitoring-alertmanager';
type To = NonNullable<MonitoringProps['notify']>[string]['to'];

const secret = (name: string, key = 'url') => ({ name, key });
const notifying = (...destinations: To[]) =>
  monitored({ notify: Object.fromEntries(destinations.map((to, index) => [`n${index}`, { to }])) });

function receiverOf(to: To): unknown {
  const { receivers } = yamlOf<{ receivers: { name: string }[] }>(notifying(to), NAME, 'alertmanager.yaml');
  return receivers.find(({ name }) => name === 'n0');
}

test('Slack: the address from the Secret, and a text, which Alertmanager by itself leaves empty', () => {
  expect(receiverOf({ type: 'slack', url: secret('slack') })).toEqual({
    name: 'n0',
    slack_configs: [
      {
        send_resolved: true,
        api_url_file: '/etc/alertmanager-secrets/slack/url',
        title: expect.stringContaining('.CommonLabels.alertname'),
        title_link: '{{ .CommonAnnotations.runbook_url }}',
        text: expect.stringContaining('.Annotations.summary'),
        fallback: expect.stringContaining('.CommonLabels.alertname'),
      },
    ],
  });
});

test('mail: the password from the Secret, several addresses', () => {
  const to = {
    type: 'email',
    to: ['a@example.com', 'b@example.com'],
    from: 'shop@example.com',
    smarthost: 'smtp.example.com:587',
    username: 'shop',
    password: secret('smtp', 'password'),
  } as const;
  expect(receiverOf({ ...to, to: [...to.to] })).toEqual({
    name: 'n0',
    email_configs: [
      {
        send_resolved: true,
        to: 'a@example.com, b@example.com',
        from: 'shop@example.com',
        smarthost: 'smtp.example.com:587',
        auth_username: 'shop',
        auth_password_file: '/etc/alertmanager-secrets/smtp/password',
        headers: { Subject: expect.stringContaining('.CommonLabels.alertname') },
      },
    ],
  });
});

test('PagerDuty: the key from the Secret, a severity that it knows', () => {
  expect(receiverOf({ type: 'pagerduty', routingKey: secret('pagerduty', 'key') })).toMatchObject({
    pagerduty_configs: [
      {
        send_resolved: true,
        routing_key_file: '/etc/alertmanager-secrets/pagerduty/key',
        severity: '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}',
      },
    ],
  });
});

test('a webhook: address and token from Secrets', () => {
  expect(receiverOf({ type: 'webhook', url: secret('hook'), token: secret('hook', 'token') })).toEqual({
    name: 'n0',
    webhook_configs: [
      {
        send_resolved: true,
        url_file: '/etc/alertmanager-secrets/hook/url',
        http_config: {
          authorization: { type: 'Bearer', credentials_file: '/etc/alertmanager-secrets/hook/token' },
        },
      },
    ],
  });
});

test.each(['dingtalk', 'wecom', 'feishu'] as const)('%s: by the relay on loopback', (type) => {
  expect(receiverOf({ type, url: secret(type) })).toEqual({
    name: 'n0',
    webhook_configs: [{ send_resolved: true, url: 'http://127.0.0.1:9095/n0' }],
  });
});

test('the relay knows each robot by its name, its language and the files of its Secret', () => {
  const manifests = notifying(
    { type: 'dingtalk', url: secret('dingtalk'), secret: secret('dingtalk', 'sign'), language: 'zh' },
    { type: 'slack', url: secret('slack') },
    { type: 'wecom', url: secret('wecom') },
  );
  expect(JSON.parse(fileOf(manifests, NAME, 'relay.json'))).toEqual({
    port: 9095,
    robots: {
      n0: {
        type: 'dingtalk',
        language: 'zh',
        url: '/etc/relay-secrets/dingtalk/url',
        secret: '/etc/relay-secrets/dingtalk/sign',
      },
      n2: { type: 'wecom', language: 'en', url: '/etc/relay-secrets/wecom/url' },
    },
  });
});

test('the relay runs beside Alertmanager, as restricted as it, and each sees only the keys that it reads', () => {
  const manifests = notifying(
    { type: 'dingtalk', url: secret('chat'), secret: secret('chat', 'sign') },
    { type: 'slack', url: secret('chat', 'slack') },
  );
  const { containers, volumes } = podOf(manifests, NAME);
  expect(containers.map(({ name }) => name)).toEqual([NAME, 'relay']);
  expect(containers[1]).toEqual({
    name: 'relay',
    image: expect.stringMatching(/^python:[\d.]+-alpine$/),
    imagePullPolicy: 'IfNotPresent',
    command: ['python3', '-B', '/opt/recstack/alert-relay.py', '/opt/recstack/relay.json'],
    resources: {
      requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '64Mi' },
      limits: { memory: '64Mi', 'ephemeral-storage': '64Mi' },
    },
    securityContext: containers[0]?.securityContext,
    volumeMounts: [
      { name: 'relay', mountPath: '/opt/recstack', readOnly: true },
      { name: 'relay-secrets', mountPath: '/etc/relay-secrets', readOnly: true },
    ],
  });
  expect(containers[0]?.volumeMounts?.map(({ name }) => name)).toEqual(['data', 'config', 'secrets']);
  const projected = (...items: string[]) => ({
    sources: [{ secret: { name: 'chat', items: items.map((key) => ({ key, path: `chat/${key}` })) } }],
  });
  expect(volumes).toEqual([
    { name: 'config', configMap: { name: NAME } },
    { name: 'secrets', projected: projected('slack') },
    {
      name: 'relay',
      configMap: {
        name: NAME,
        items: [
          { key: 'alert-relay.py', path: 'alert-relay.py' },
          { key: 'relay.json', path: 'relay.json' },
        ],
      },
    },
    { name: 'relay-secrets', projected: projected('url', 'sign') },
  ]);
});

test('without a robot there is no relay', () => {
  const manifests = notifying({ type: 'slack', url: secret('slack') });
  expect(podOf(manifests, NAME).containers).toHaveLength(1);
  expect(manifests.get('ConfigMap', NAME).data).toEqual({ 'alertmanager.yaml': expect.any(String) });
});

test('pods start anew when a robot changes, though Alertmanager itself sees no difference', () => {
  const checksum = (language: 'en' | 'zh') =>
    specOf<StatefulSetSpec>(notifying({ type: 'wecom', url: secret('wecom'), language }), 'StatefulSet', NAME).template
      .metadata?.annotations;
  expect(checksum('en')).not.toEqual(checksum('zh'));
});

test('the ports of all receivers are opened once each, and no other', () => {
  const { egress } = specOf<{ egress: unknown }>(
    monitored({
      alertmanager: { deadManSwitch: { url: secret('dead-man'), port: 8443 } },
      notify: {
        mail: { to: { type: 'email', to: ['a@example.com'], from: 'b@example.com', smarthost: 'smtp:587' } },
        pager: { to: { type: 'pagerduty', routingKey: secret('pagerduty') } },
        team: { to: { type: 'wecom', url: secret('wecom') } },
        hook: { to: { type: 'webhook', url: secret('hook'), port: 8080 } },
      },
    }),
    'NetworkPolicy',
    NAME,
  );
  expect(egress).toEqual([{ ports: [443, 587, 8080, 8443].map((port) => ({ protocol: 'TCP', port })) }]);
});

test.each<[string, unknown, string]>([
  [
    'an address that is written out, which would end up in git',
    { type: 'slack', url: 'https://hooks.example.com/T000/B000/token' },
    'to.url must be a reference to a Secret, { name, key }, got a plain string (not shown here): put the value into a Secret and name it',
  ],
  [
    'a messenger that is not known',
    { type: 'irc' },
    "to.type must be one of slack, dingtalk, wecom, feishu, email, pagerduty, webhook, got 'irc'",
  ],
  [
    'a mail server without a port',
    { type: 'email', to: ['a@example.com'], from: 'b@example.com', smarthost: 'smtp.example.com' },
    "to.smarthost must be a mail server and its port, like 'smtp.example.com:587', got 'smtp.example.com'",
  ],
  [
    'a user without a password',
    { type: 'email', to: ['a@example.com'], from: 'b@example.com', smarthost: 'smtp:587', username: 'b' },
    'to.password must be there, as username is, but is missing: a mail server asks for both',
  ],
  [
    'a signature for WeCom, which has none',
    { type: 'wecom', url: secret('wecom'), secret: secret('wecom', 'secret') },
    'to.secret is not known (known: type, url, port, language)',
  ],
])('%s is refused', (_, to, problem) => {
  expect(problemsOf(() => monitored({ notify: { team: { to: to as To } } }))).toEqual([
    expect.stringContaining(`notify.team.${problem}`),
  ]);
});

test.each(['nobody', 'default'])('nobody is called %s, as a receiver of its own is', (name) => {
  const to = { type: 'slack', url: secret('slack') } as const;
  expect(problemsOf(() => monitored({ notify: { [name]: { to } } }))).toEqual([
    `[shop/monitoring] notify.${name} must be a name of your own, not 'nobody' or 'default', got '${name}'`,
  ]);
});

test('events never page', () => {
  const pager = { to: { type: 'pagerduty', routingKey: secret('pagerduty') }, severities: ['critical', 'info'] };
  expect(problemsOf(() => monitored({ notify: { pager } as MonitoringProps['notify'] }))).toEqual([
    '[shop/monitoring] notify.pager.severities must be critical or warning for PagerDuty, got ["critical","info"]: an event wakes nobody, send it to a chat',
  ]);
});

test('who asks for no severity would never be told', () => {
  const to = { type: 'slack', url: secret('slack') } as const;
  expect(problemsOf(() => monitored({ notify: { team: { to, severities: [] } } }))).toEqual([
    expect.stringContaining('notify.team.severities'),
  ]);
});
