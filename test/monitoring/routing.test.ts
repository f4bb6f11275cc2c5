import type { MonitoringProps } from '../../lib';
import { monitored, yamlOf } from './fixtures';

interface Route extends Record<string, unknown> {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly routes?: readonly Route[];
}
interface Config {
  readonly route: Route & { readonly routes: readonly Route[] };
  readonly inhibit_rules: readonly unknown[];
  readonly receivers: readonly { readonly name: string }[];
}

const config = (props: MonitoringProps = {}) =>
  yamlOf<Config>(monitored(props), 'monitoring-alertmanager', 'alertmanager.yaml');
const routes = (notify: MonitoringProps['notify']) => config({ notify }).route.routes.slice(1, -1);

const SLACK = { type: 'slack', url: { name: 'slack', key: 'url' } } as const;
const NONE = { receiver: 'nobody', matchers: ['severity="none"'] };
const INFO = { receiver: 'nobody', matchers: ['severity="info"'] };

test('alerts of one cause are one message, repeated every four hours', () => {
  expect(config().route).toMatchObject({
    receiver: 'default',
    group_by: ['alertname', 'platform', 'server', 'training'],
    group_wait: '30s',
    group_interval: '5m',
    repeat_interval: '4h',
  });
});

test('the watchdog and events go to nobody who has not asked for them', () => {
  expect(config().route.routes).toEqual([NONE, INFO]);
  expect(config().receivers).toEqual([{ name: 'nobody' }, { name: 'default' }]);
});

test("the watchdog goes to the dead man's switch and no further, every five minutes", () => {
  const { route, receivers } = config({
    alertmanager: { deadManSwitch: { url: { name: 'dead-man', key: 'url' } } },
    notify: { team: { to: SLACK } },
  });
  expect(route.routes[0]).toEqual({
    receiver: 'default/dead-man-switch',
    matchers: ['severity="none"'],
    group_wait: '0s',
    group_interval: '1m',
    repeat_interval: '5m',
  });
  expect(receivers).toContainEqual({
    name: 'default/dead-man-switch',
    webhook_configs: [{ send_resolved: false, url_file: '/etc/alertmanager-secrets/dead-man/url' }],
  });
});

test('a critical alert silences the warnings of its own server or training, and of nothing that has neither', () => {
  expect(config().inhibit_rules).toEqual([
    {
      source_matchers: ['severity="critical"', 'server!=""'],
      target_matchers: ['severity="warning"', 'server!=""'],
      equal: ['platform', 'server'],
    },
    {
      source_matchers: ['severity="critical"', 'training!=""'],
      target_matchers: ['severity="warning"', 'training!=""'],
      equal: ['platform', 'training'],
    },
  ]);
});

const CRITICAL = { group_wait: '10s', group_interval: '5m', repeat_interval: '1h' };

test('who says no severities gets critical alerts sooner, and all but events', () => {
  expect(routes({ team: { to: SLACK } })).toEqual([
    {
      receiver: 'team',
      matchers: ['severity!="info"'],
      continue: true,
      routes: [{ matchers: ['severity="critical"'], ...CRITICAL }],
    },
  ]);
});

test.each([
  [['critical'], ['severity="critical"']],
  // What has another severity, or none, is a warning.
  [['warning'], ['severity!~"critical|info"']],
  [['critical', 'warning'], ['severity!="info"']],
  [['info'], ['severity="info"']],
] as const)('of %j it gets just these', (severities, matchers) => {
  expect(routes({ team: { to: SLACK, severities: [...severities] } })).toEqual([
    expect.objectContaining({ matchers, continue: true }),
  ]);
});

test('events of training go to a receiver of their own: told once, and never resolved', () => {
  const { route, receivers } = config({
    notify: { trainers: { to: SLACK, about: 'training', severities: ['critical', 'info'] } },
  });
  expect(route.routes.slice(1, -1)).toMatchObject([
    { receiver: 'trainers', matchers: ['training!=""', 'severity="critical"'] },
    {
      receiver: 'trainers/events',
      matchers: ['training!=""', 'severity="info"'],
      group_wait: '10s',
      group_interval: '1m',
      repeat_interval: '5d',
    },
  ]);
  expect(receivers).toMatchObject([
    { name: 'nobody' },
    { name: 'default' },
    { name: 'trainers', slack_configs: [{ send_resolved: true }] },
    { name: 'trainers/events', slack_configs: [{ send_resolved: false }] },
  ]);
});

test('the webhook gets what others get, too, but for events', () => {
  const { route } = config({
    alertmanager: { webhook: { name: 'alerts', key: 'url' } },
    notify: { oncall: { to: SLACK, about: 'servers' } },
  });
  expect(route.routes.slice(1)).toMatchObject([
    { receiver: 'oncall', matchers: ['server!=""', 'severity!="info"'], continue: true },
    INFO,
    { receiver: 'default' },
  ]);
});

test('every receiver of a route is there, and each has a route', () => {
  const { route, receivers } = config({
    alertmanager: { deadManSwitch: { url: { name: 'dead-man', key: 'url' } } },
    notify: { a: { to: SLACK, severities: ['info'] }, b: { to: SLACK, severities: ['info', 'warning'] } },
  });
  const routed = [route, ...route.routes].map(({ receiver }) => receiver);
  expect(new Set(receivers.map(({ name }) => name))).toEqual(new Set(routed));
});
