import { Monitoring } from '../../lib';
import type { ObservedFunnel } from '../../lib/core/observed';
import { funnelDashboard } from '../../lib/monitoring/funnel-dashboard';
import { objectsOf, platform } from '../serving/fixtures';
import { funnel } from '../serving/funnel/fixtures';
import { fileOf } from './fixtures';

const HOME: ObservedFunnel = {
  name: 'home',
  namespace: 'shop',
  deadlineSeconds: 0.15,
  stages: [
    { name: 'retrieval', deadlineSeconds: 0.03 },
    { name: 'ranking', deadlineSeconds: 0.06 },
  ],
  withoutFallback: 0.95,
};

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly legendFormat: string; readonly expr: string }[];
  }[];
}

const dashboard = funnelDashboard('shop', HOME) as Dashboard;
const linesOf = (title: string) =>
  Object.fromEntries(
    (dashboard.panels.find((panel) => panel.title === title)?.targets ?? []).map(({ legendFormat, expr }) => [
      legendFormat,
      expr,
    ]),
  );

test('it shows how requests end, their time, fallbacks, candidates, and each stage in order', () => {
  expect(dashboard.title).toBe('shop: funnel home');
  expect(dashboard.panels.map(({ title }) => title)).toEqual([
    ...['Requests', 'Latency', 'Fallbacks', 'Candidates', 'Stage retrieval', 'Stage ranking'],
  ]);
});

test('each time stands beside its deadline', () => {
  expect(linesOf('Latency').deadline).toBe('vector(0.15)');
  expect(linesOf('Stage ranking')).toEqual({
    p50: 'histogram_quantile(0.5, sum by (le) (rate(recstack_funnel_stage_duration_seconds_bucket{namespace="shop",job="home",stage="ranking"}[$__rate_interval])))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(recstack_funnel_stage_duration_seconds_bucket{namespace="shop",job="home",stage="ranking"}[$__rate_interval])))',
    deadline: 'vector(0.06)',
  });
});

test('fallbacks stand beside what the objective allows', () => {
  expect(Object.keys(linesOf('Fallbacks'))).toEqual(['{{stage}}', 'allowed']);
  expect(linesOf('Fallbacks').allowed).toBe('vector(0.05)');
});

test('its uid is one that Grafana takes, and another for each funnel', () => {
  const long = funnelDashboard('a-platform-of-a-long-name', { ...HOME, name: 'a-funnel-of-a-long-name' }) as Dashboard;
  expect(long.uid).toMatch(/^[a-z0-9-]{1,40}$/);
  expect(long.uid).not.toBe(dashboard.uid);
});

test('Grafana has one for each funnel, also for one that is added after monitoring', () => {
  const shop = platform();
  new Monitoring(shop, 'monitoring');
  funnel({}, shop);
  const file = fileOf(objectsOf(shop), 'monitoring-grafana-dashboards', 'funnel-home.json');
  expect((JSON.parse(file) as Dashboard).title).toBe('shop: funnel home');
});
