import { Monitoring } from '../../lib';
import type { ObservedTraining } from '../../lib/core/observed';
import { trainingDashboard } from '../../lib/monitoring/training-dashboard';
import { objectsOf, platform } from '../serving/fixtures';
import { training } from '../training/fixtures';
import { fileOf, trainingOf, yamlOf } from './fixtures';

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly type: string;
    readonly datasource: object;
    readonly fieldConfig: { readonly defaults: { readonly unit: string; readonly min?: number } };
    readonly targets: readonly { readonly legendFormat: string; readonly expr: string }[];
  }[];
}

const dashboard = (props: Partial<ObservedTraining> = {}, hasDcgm = true) =>
  trainingDashboard('shop', [trainingOf(props)], { hasDcgm }) as Dashboard;
const titles = (...args: Parameters<typeof dashboard>) => dashboard(...args).panels.map(({ title }) => title);

test('it has a row for each training: how far, how well, how fast, until when, at what cost', () => {
  expect([dashboard().title, dashboard().uid]).toEqual(['shop: training', 'shop-training']);
  expect(titles()).toEqual([
    ...['retraining', 'Progress', 'Loss', 'Quality', 'Speed', 'Time left', 'Checkpoint age'],
    ...['GPU', 'GPUs held', 'GPU-hours', 'Nodes', 'Runs'],
  ]);
});

test('there is no panel about what there is not', () => {
  expect(titles({ progressPort: undefined })).toEqual(['retraining', 'GPU', 'GPUs held', 'GPU-hours', 'Nodes', 'Runs']);
  expect(titles({ checkpointSeconds: undefined })).not.toContain('Checkpoint age');
  expect(titles({}, false)).not.toContain('GPU');
  expect(titles({ gpusPerNode: 0 })).toEqual([
    ...['retraining', 'Progress', 'Loss', 'Quality', 'Speed', 'Time left', 'Checkpoint age', 'Nodes', 'Runs'],
  ]);
});

test('a loss may be below zero; all else begins there', () => {
  const panels = dashboard().panels.filter(({ type }) => type !== 'row');
  const signed = panels.filter(({ fieldConfig }) => fieldConfig.defaults.min === undefined);
  expect(signed.map(({ title }) => title)).toEqual(['Loss', 'Quality']);
});

test.each(
  dashboard()
    .panels.filter(({ type }) => type !== 'row')
    .map((panel) => [panel.title, panel] as const),
)(
  'linter: %s has a description, a unit of Grafana, the data source of the variable, and its own series only',
  (_title, { description, datasource, fieldConfig, targets }) => {
    expect(description).not.toBe('');
    expect(['percentunit', 's', 'short']).toContain(fieldConfig.defaults.unit);
    expect(datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr } of targets) {
      for (const [, labels] of expr.matchAll(/\w\{([^}]*"[^}]*)\}/g)) {
        expect(labels).toMatch(/^(namespace="shop",(job="retraining"|pod=~"|job_name=~")|training="retraining")/);
      }
    }
  },
);

test('training in the tree is on the dashboard, scraped and has its alerts, with no more said', () => {
  const shop = platform();
  new Monitoring(shop, 'monitoring');
  training({}, shop);
  const manifests = objectsOf(shop);
  expect(fileOf(manifests, 'monitoring-grafana-dashboards', 'training.json')).toContain('"title": "retraining"');
  const { groups } = yamlOf<{ groups: { name: string }[] }>(manifests, 'monitoring-prometheus', 'rules.yaml');
  expect(groups.map(({ name }) => name)).toEqual(['shop-servers', 'shop-training']);
});

test('a platform without training has no dashboard of it', () => {
  const shop = platform();
  new Monitoring(shop, 'monitoring');
  const { data } = objectsOf(shop).get('ConfigMap', 'monitoring-grafana-dashboards') as unknown as { data: object };
  expect(Object.keys(data)).toEqual(['servers.json']);
});
