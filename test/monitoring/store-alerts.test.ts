import { alertRules } from '../../lib/monitoring/alerts';
import { prometheusConfig } from '../../lib/monitoring/prometheus-config';
import { storePanels } from '../../lib/monitoring/store-panels';
import { server } from './fixtures';

const kept = {
  answers: { name: 'redis_up' },
  memory: { used: { name: 'used' }, limit: { name: 'limit' } },
  hasVolume: true,
} as const;
const features = server({ name: 'features', pods: 'features-[0-9]+', store: kept });

function rules(store = features) {
  const [, ...rest] = alertRules('shop', [store]).groups[0]?.rules ?? [];
  return Object.fromEntries(rest.map(({ alert, expr }) => [alert, expr]));
}

test('a store has alerts of its own: it answers not, or runs full in memory or on its volume', () => {
  expect(rules()).toEqual({
    // Its exporter answers also when it doesn't.
    StoreDown: 'absent(redis_up{namespace="shop",job="features"} == 1)',
    StoreMemoryNearLimit:
      'container_memory_working_set_bytes{namespace="shop",pod=~"features-[0-9]+",container="server"} / ' +
      '(container_spec_memory_limit_bytes{namespace="shop",pod=~"features-[0-9]+",container="server"} > 0) > 0.95',
    StoreDataNearLimit: 'used{namespace="shop",job="features"} / (limit{namespace="shop",job="features"} > 0) > 0.85',
    StoreVolumeNearlyFull:
      'kubelet_volume_stats_available_bytes{namespace="shop",persistentvolumeclaim=~"data-features-[0-9]+"} / ' +
      'kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim=~"data-features-[0-9]+"} < 0.15',
  });
});

test('one that holds nothing has no alerts about data', () => {
  const stateless = server({ name: 'feast', pods: 'feast-[a-z0-9]+-[a-z0-9]{5}', store: { hasVolume: false } });
  const { StoreDown, StoreMemoryNearLimit, ...rest } = rules(stateless);
  expect(StoreDown).toBe('absent(up{namespace="shop",job="feast"} == 1)');
  expect(StoreMemoryNearLimit).toContain('pod=~"feast-[a-z0-9]+-[a-z0-9]{5}"');
  expect(rest).toEqual({});
});

test('volumes are scraped from the kubelets only where a store has one', () => {
  const jobs = (servers: (typeof features)[]) => {
    const { scrape_configs } = prometheusConfig({
      platform: 'shop',
      namespace: 'shop',
      servers,
      trainings: [],
      alertmanager: 'alertmanager:9093',
      kubeStateMetrics: 'kube-state-metrics:8080',
      retention: '15d',
      storage: '50Gi',
      hasDcgm: false,
    }) as { scrape_configs: { job_name: string; metrics_path?: string; metric_relabel_configs?: object[] }[] };
    return scrape_configs.filter(({ job_name }) => job_name.startsWith('kubelet'));
  };
  expect(jobs([server()]).map(({ job_name }) => job_name)).toEqual(['kubelet']);
  expect(jobs([features])[1]).toMatchObject({
    job_name: 'kubelet-volumes',
    metrics_path: '/metrics',
    metric_relabel_configs: [
      {
        source_labels: ['__name__'],
        regex: 'kubelet_volume_stats_available_bytes|kubelet_volume_stats_capacity_bytes',
        action: 'keep',
      },
      { source_labels: ['namespace'], regex: 'shop', action: 'keep' },
    ],
  });
});

test('its row shows how full it is', () => {
  expect(storePanels(features).map(({ title, lines }) => [title, lines])).toEqual([
    [
      'Data in memory',
      {
        '{{pod}}': 'sum by (pod) (used{namespace="shop",job="features"})',
        limit: 'max(limit{namespace="shop",job="features"})',
      },
    ],
    [
      'Volumes',
      {
        '{{persistentvolumeclaim}}':
          '1 - kubelet_volume_stats_available_bytes{namespace="shop",persistentvolumeclaim=~"data-features-[0-9]+"} / ' +
          'kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim=~"data-features-[0-9]+"}',
      },
    ],
  ]);
  expect(storePanels(server())).toEqual([]);
});
