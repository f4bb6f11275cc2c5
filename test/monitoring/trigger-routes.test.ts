import { Construct } from 'constructs';
import { type ObservedTrigger, observeTrigger } from '../../lib/core/observed';
import type { RuleFile } from '../../lib/monitoring/alerts';
import { triggerRoutes, triggerRules } from '../../lib/monitoring/trigger-routes';
import { platform } from '../serving/fixtures';
import { monitored, podOf, yamlOf } from './fixtures';

const trigger = (training: string): ObservedTrigger => ({
  name: `${training}-trigger`,
  namespace: 'shop',
  training,
  url: `http://${training}-trigger.shop.svc:8080/alerts`,
  alerts: [{ name: 'RankerDrift' }, { name: 'NewClicks', expr: 'clicks > 1e6', for: '5m' }],
});

test('each alert goes to its trigger at once, and again while it fires, beside those who are told anyway', () => {
  const { routes } = triggerRoutes([trigger('dlrm')]);
  expect(routes).toEqual(
    [['alertname="RankerDrift"'], ['alertname="NewClicks"', 'training="dlrm"']].map((matchers) => ({
      receiver: 'trigger/shop/dlrm-trigger',
      matchers,
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '1m',
      repeat_interval: '10m',
      continue: true,
    })),
  );
});

test('a trigger is told of what fires, and not of its end', () => {
  expect(triggerRoutes([trigger('dlrm'), trigger('two-tower')]).receivers).toEqual(
    ['dlrm', 'two-tower'].map((training) => ({
      name: `trigger/shop/${training}-trigger`,
      webhook_configs: [{ url: `http://${training}-trigger.shop.svc:8080/alerts`, send_resolved: false }],
    })),
  );
});

test('an alert with an expression is raised about its training; one that is only named is raised elsewhere', () => {
  expect(triggerRules('shop', [trigger('dlrm')])).toEqual([
    {
      name: 'shop-triggers',
      rules: [
        {
          alert: 'NewClicks',
          expr: 'clicks > 1e6',
          for: '5m',
          labels: { severity: 'info', platform: 'shop', training: 'dlrm' },
          annotations: {
            summary: 'dlrm is to be trained anew',
            description: 'NewClicks starts a run of dlrm, unless one is on or has just ended.',
          },
        },
      ],
    },
  ]);
  expect(triggerRules('shop', [{ ...trigger('dlrm'), alerts: [{ name: 'RankerDrift' }] }])).toEqual([]);
  expect(triggerRules('shop', [])).toEqual([]);
});

test('a trigger that comes after monitoring is in its configuration, before all other routes', () => {
  const shop = platform();
  const manifests = () => {
    const fresh = platform();
    const late = new Construct(fresh, 'late');
    observeTrigger(late, trigger('dlrm'));
    return monitored({}, fresh);
  };
  const config = yamlOf<{ route: { routes: { receiver: string }[] }; receivers: { name: string }[] }>(
    manifests(),
    'monitoring-alertmanager',
    'alertmanager.yaml',
  );
  expect(config.route.routes.map(({ receiver }) => receiver).slice(0, 2)).toEqual(
    Array(2).fill('trigger/shop/dlrm-trigger'),
  );
  expect(config.receivers.map(({ name }) => name)).toContain('trigger/shop/dlrm-trigger');
  const { groups } = yamlOf<RuleFile>(manifests(), 'monitoring-prometheus', 'rules.yaml');
  expect(groups.map(({ name }) => name)).toContain('shop-triggers');
  // Alertmanager starts anew to see it.
  const checksum = (of: ReturnType<typeof manifests>) =>
    Reflect.get(of.get('StatefulSet', 'monitoring-alertmanager').spec ?? {}, 'template').metadata.annotations;
  expect(checksum(manifests())).not.toEqual(checksum(monitored({}, shop)));
  expect(podOf(manifests(), 'monitoring-alertmanager').containers).toHaveLength(1);
});
