import * as pulumi from '@pulumi/pulumi';
import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { StatefulSetSpec } from 'kubernetes-types/apps/v1';
import { Monitoring, type MonitoringProps, Platform } from '../../lib';
import { monitoringSchema } from '../../lib/monitoring/monitoring-props';
import { objectsOf, platform, problemsOf, specOf } from '../serving/fixtures';
import { containerOf, monitored } from './fixtures';

/** What is said against props; of those that do not compile, too. */
const refused = (props: object) => problemsOf(() => new Monitoring(platform(), 'monitoring', props as MonitoringProps));

test('nothing needs to be said', () => {
  expect(monitoringSchema.parse({})).toEqual({
    prometheus: { retention: '15d', storage: '50Gi', resources: { cpu: '500m', memory: '2Gi' } },
    alertmanager: { webhookPort: 443 },
    notify: {},
    grafana: {},
  });
});

test('names follow from where it is in the tree, and the programs find each other by them', () => {
  const shop = platform();
  const { prometheus, alertmanager } = new Monitoring(new Construct(shop, 'eu'), 'watch');
  expect(prometheus.address).toBe('eu-watch-prometheus:9090');
  expect(alertmanager.program.address).toBe('eu-watch-alertmanager:9093');
  expect(alertmanager.program.name).toBe('eu-watch-alertmanager');
  const manifests = objectsOf(shop);
  for (const name of ['eu-watch-prometheus', 'eu-watch-alertmanager', 'eu-watch-grafana']) {
    expect(manifests.get('Service', name).metadata.namespace).toBe('shop');
  }
});

test.each(['monitoring-prometheus', 'monitoring-alertmanager'])('the volume of %s is of the given class', (name) => {
  const claimOf = (props: MonitoringProps) => {
    const { volumeClaimTemplates } = specOf<StatefulSetSpec>(monitored(props), 'StatefulSet', name);
    return volumeClaimTemplates?.[0]?.spec;
  };
  expect(claimOf({ storageClass: 'fast' })).toMatchObject({ storageClassName: 'fast' });
  expect(claimOf({})).not.toHaveProperty('storageClassName');
});

const SECRET = 'got a plain string (not shown here): put the value into a Secret and name it';

test.each<[what: string, props: object, problem: string]>([
  [
    'a webhook that is no Secret',
    { alertmanager: { webhook: 'https://hooks.example.com/T0p' } },
    `alertmanager.webhook must be a reference to a Secret, { name, key }, ${SECRET}`,
  ],
  [
    'a password that is no Secret',
    { grafana: { adminPassword: 'T0p' } },
    `grafana.adminPassword must be a reference to a Secret, { name, key }, ${SECRET}`,
  ],
  [
    'a Secret without a key',
    { grafana: { adminPassword: { name: 'grafana' } } },
    "grafana.adminPassword.key must be the name of a key in the Secret, of at most 253 letters, digits, '-', '_' and '.', but is missing",
  ],
  [
    'storage in a wrong unit',
    { prometheus: { storage: '50GB' } },
    "prometheus.storage must be an amount with a unit, like '64Gi' or '500M', got '50GB': units are Ki Mi Gi Ti Pi and k M G T P",
  ],
  [
    'storage of next to nothing',
    { prometheus: { storage: '1000M' } },
    "prometheus.storage must be '1Gi' or more, got '1000M'",
  ],
  [
    'a port that there is not',
    { alertmanager: { webhookPort: 65_536 } },
    'alertmanager.webhookPort must be a whole number of a port, from 1 to 65535, got 65536',
  ],
  [
    'a storage class that is no name',
    { storageClass: 'Fast disks' },
    "storageClass must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'Fast disks'",
  ],
  [
    'retention without a unit',
    { prometheus: { retention: '15' } },
    "prometheus.retention must be a duration with one unit, like '30s', got '15': units are ms s m h d",
  ],
  [
    'an image that changes under your feet',
    { grafana: { image: 'grafana/grafana:latest' } },
    "grafana.image must be an image with an exact tag or a digest, got 'grafana/grafana:latest': like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet",
  ],
  [
    'half of the resources',
    { prometheus: { resources: { cpu: '1' } } },
    "prometheus.resources.memory must be an amount with a unit, like '64Gi' or '500M', but is missing: units are Ki Mi Gi Ti Pi and k M G T P",
  ],
  [
    'a program that is nearly right',
    { graphana: {} },
    "graphana is not known: did you mean 'grafana'? (known: prometheus, alertmanager, notify, grafana, storageClass)",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/monitoring] ${problem}`]);
});

test('what was given for a secret is not shown, wherever it is wrong', () => {
  const problems = refused({ alertmanager: { webhook: 'hunter2' }, grafana: { adminPassword: 'hunter2' } });
  expect(problems).toHaveLength(2);
  expect(problems.join('\n')).not.toContain('hunter2');
});

test('images may be known only at apply; retention may not', () => {
  const image = pulumi.output('registry.example.com/mirror/grafana:12.4.10');
  expect(refused({ grafana: { image }, prometheus: { image }, alertmanager: { image } })).toEqual([]);
  expect(refused({ prometheus: { retention: pulumi.output('15d') } })).toContain(
    "[shop/monitoring] prometheus.retention must be a duration with one unit, like '30s', but is a Pulumi Output, known only at apply: units are ms s m h d",
  );
});

test('outside of a platform there is nothing to watch', () => {
  expect(problemsOf(() => new Monitoring(new Chart(new App(), 'plain'), 'monitoring'))).toEqual([
    '[plain/monitoring/alertmanager] must be inside a Platform: make one and pass it as the scope',
  ]);
});

test('two platforms of one app watch their own servers, in their own namespaces', () => {
  const shop = platform();
  const ads = new Platform(App.of(shop), 'ads', { cluster: { kubernetes: '1.33' } });
  for (const scope of [shop, ads]) new Monitoring(scope, 'monitoring');
  const manifests = objectsOf(shop);
  expect(
    manifests
      .ofKind('StatefulSet')
      .map(({ metadata }) => metadata.namespace)
      .sort(),
  ).toEqual([...['ads', 'ads', 'ads', 'ads', 'shop', 'shop', 'shop', 'shop']]);
  expect(
    manifests
      .ofKind('ClusterRole')
      .map(({ metadata }) => metadata.name)
      .sort(),
  ).toEqual(['ads-monitoring-prometheus', 'shop-monitoring-prometheus']);
  expect(containerOf(manifests, 'monitoring-prometheus').name).toBe('monitoring-prometheus');
});
