import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MonitoringProps } from '../../lib';
import { monitored, yamlOf } from '../monitoring/fixtures';

const guide = readFileSync(join(__dirname, '../../docs/notifications.md'), 'utf8');
const { monitoring }: { monitoring: MonitoringProps } = parse(/```yaml\n(.*?)```/s.exec(guide)?.[1] ?? '');
const { route } = yamlOf<{ route: { routes: Record<string, unknown>[] } }>(
  monitored(monitoring),
  'monitoring-alertmanager',
  'alertmanager.yaml',
);

test('the environment of docs/notifications.md is accepted, and has one of each receiver', () => {
  expect(Object.values(monitoring.notify ?? {}).map(({ to }) => to.type)).toEqual([
    'pagerduty',
    'slack',
    'feishu',
    'dingtalk',
    'wecom',
    'email',
    'webhook',
  ]);
});

test('the times of its table are those of the routes', () => {
  const [deadMan] = route.routes;
  const events = route.routes.find(({ receiver }) => receiver === 'trainers/events');
  const { routes: [critical] = [] } = (route.routes.find(({ receiver }) => receiver === 'team') ?? {}) as {
    routes?: Record<string, unknown>[];
  };
  expect(deadMan).toMatchObject({ group_wait: '0s', repeat_interval: '5m' });
  expect(critical).toMatchObject({ group_wait: '10s', repeat_interval: '1h' });
  expect(route).toMatchObject({ group_wait: '30s', repeat_interval: '4h' });
  expect(events).toMatchObject({ group_wait: '10s', repeat_interval: '5d' });
});
