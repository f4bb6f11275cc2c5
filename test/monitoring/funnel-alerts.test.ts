import { Monitoring } from '../../lib';
import type { ObservedFunnel } from '../../lib/core/observed';
import { funnelRules } from '../../lib/monitoring/funnel-alerts';
import { objectsOf, platform } from '../serving/fixtures';
import { funnel } from '../serving/funnel/fixtures';
import { yamlOf } from './fixtures';

const HOME: ObservedFunnel = {
  name: 'home',
  namespace: 'shop',
  deadlineSeconds: 0.15,
  stages: [{ name: 'retrieval', deadlineSeconds: 0.03 }],
  withoutFallback: 0.95,
};

test('a stage that falls back for too large a share of requests is told, by its name, unless there is hardly any', () => {
  const total = 'sum(rate(recstack_funnel_request_duration_seconds_count{namespace="shop",job="home"}[5m]))';
  const each = 'sum by (stage) (rate(recstack_funnel_fallbacks_total{namespace="shop",job="home"}[5m]))';
  expect(funnelRules('shop', [HOME])).toEqual([
    {
      name: 'shop-funnels',
      rules: [
        {
          alert: 'FunnelFallbacks',
          expr: `${each} / on () group_left () ${total} > 0.05 and on () ${total} > 0.1`,
          for: '10m',
          labels: { severity: 'warning', platform: 'shop', server: 'home' },
          annotations: {
            summary: 'A stage of home falls back too often',
            description:
              'For 10 minutes {{ $value | humanizePercentage }} of requests have been answered by the fallback of {{ $labels.stage }}; 5 % is the bound.',
          },
        },
      ],
    },
  ]);
});

test('without funnels there is no group of rules', () => {
  expect(funnelRules('shop', [])).toEqual([]);
});

test('a funnel is scraped, has the alerts of any server, with its deadline as the bound, and its own', () => {
  const shop = platform();
  funnel({}, shop);
  new Monitoring(shop, 'monitoring');
  const manifests = objectsOf(shop);
  const { groups } = yamlOf<{ groups: { rules: { alert: string; labels: { server?: string }; expr: string }[] }[] }>(
    manifests,
    'monitoring-prometheus',
    'rules.yaml',
  );
  const rules = groups.flatMap((group) => group.rules).filter(({ labels }) => labels.server === 'home');
  expect(rules.map(({ alert }) => alert)).toEqual([
    ...['ModelServerDown', 'ModelServerMemoryNearLimit', 'ModelServerErrors', 'ModelServerSlow', 'FunnelFallbacks'],
  ]);
  expect(rules.find(({ alert }) => alert === 'ModelServerSlow')?.expr).toContain(' > 0.15 ');
  const { scrape_configs } = yamlOf<{ scrape_configs: { job_name: string; metrics_path?: string }[] }>(
    manifests,
    'monitoring-prometheus',
    'prometheus.yaml',
  );
  expect(scrape_configs.find(({ job_name }) => job_name === 'home')).toMatchObject({ metrics_path: '/metrics' });
});
