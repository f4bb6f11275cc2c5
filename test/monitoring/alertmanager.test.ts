import { alertmanagerConfig } from '../../lib/monitoring/routing';
import { matchers } from '../../lib/testing';
import { specOf } from '../serving/fixtures';
import { containerOf, monitored, podOf, yamlOf } from './fixtures';

expect.extend(matchers);

const NAME = 'monitoring-alertmanager';
const WEBHOOK = { name: 'alerts', key: 'url' } as const;
const config = (webhook?: typeof WEBHOOK) =>
  alertmanagerConfig({ webhook, deadManSwitch: undefined }, {}) as Record<string, unknown>;

test('without a webhook alerts are shown and sent nowhere', () => {
  expect(config().receivers).toEqual([{ name: 'nobody' }, { name: 'default' }]);
  const manifests = monitored();
  expect(podOf(manifests, NAME).volumes).toEqual([{ name: 'config', configMap: { name: NAME } }]);
  expect(manifests).toHaveObject('NetworkPolicy', NAME, { spec: { policyTypes: ['Ingress', 'Egress'] } });
  expect(manifests.get('NetworkPolicy', NAME).spec).not.toHaveProperty('egress');
});

test('the address of the webhook is read from the Secret, and is in no object', () => {
  expect(config(WEBHOOK).receivers).toEqual([
    { name: 'nobody' },
    { name: 'default', webhook_configs: [{ url_file: '/etc/alertmanager-secrets/alerts/url' }] },
  ]);
  const manifests = monitored({ alertmanager: { webhook: WEBHOOK } });
  expect(podOf(manifests, NAME).volumes).toContainEqual({
    name: 'secrets',
    projected: { sources: [{ secret: { name: 'alerts', items: [{ key: 'url', path: 'alerts/url' }] } }] },
  });
  expect(containerOf(manifests, NAME).volumeMounts).toContainEqual({
    name: 'secrets',
    mountPath: '/etc/alertmanager-secrets',
    readOnly: true,
  });
});

test('with a webhook it reaches HTTPS, and nothing else', () => {
  const { egress } = specOf<{ egress: unknown }>(
    monitored({ alertmanager: { webhook: WEBHOOK } }),
    'NetworkPolicy',
    NAME,
  );
  expect(egress).toEqual([{ ports: [{ protocol: 'TCP', port: 443 }] }]);
});

test('a webhook on another port is reached, and nothing else', () => {
  const { egress } = specOf<{ egress: unknown }>(
    monitored({ alertmanager: { webhook: WEBHOOK, webhookPort: 8080 } }),
    'NetworkPolicy',
    NAME,
  );
  expect(egress).toEqual([{ ports: [{ protocol: 'TCP', port: 8080 }] }]);
});

test('every receiver of a route is there', () => {
  const { route, receivers } = config(WEBHOOK) as {
    route: { receiver: string; routes: { receiver: string }[] };
    receivers: { name: string }[];
  };
  const names = receivers.map(({ name }) => name);
  for (const { receiver } of [route, ...route.routes]) expect(names).toContain(receiver);
});

test('it reads the configuration from its ConfigMap', () => {
  const manifests = monitored({ alertmanager: { webhook: WEBHOOK } });
  expect(yamlOf(manifests, NAME, 'alertmanager.yaml')).toEqual(config(WEBHOOK));
  expect(containerOf(manifests, NAME)).toMatchObject({
    args: [
      '--config.file=/etc/alertmanager/alertmanager.yaml',
      '--storage.path=/alertmanager',
      '--cluster.listen-address=',
    ],
    ports: [{ name: 'http', containerPort: 9093 }],
    volumeMounts: [
      { name: 'data', mountPath: '/alertmanager' },
      { name: 'config', mountPath: '/etc/alertmanager', readOnly: true },
      { name: 'secrets' },
    ],
  });
});

test('it starts anew when its configuration changes, and only then', () => {
  const checksum = (key: string) =>
    specOf<{ template: { metadata: { annotations: object } } }>(
      monitored({ alertmanager: { webhook: { name: 'alerts', key } } }),
      'StatefulSet',
      NAME,
    ).template.metadata.annotations;
  expect(checksum('url')).toEqual({ 'checksum/config': expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(checksum('url')).toEqual(checksum('url'));
  expect(checksum('url')).not.toEqual(checksum('other'));
});

test('silences outlive the pod', () => {
  expect(monitored()).toHaveObject('StatefulSet', NAME, {
    spec: { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '1Gi' } } } }] },
  });
});

test('it never talks to the Kubernetes API', () => {
  expect(podOf(monitored(), NAME).automountServiceAccountToken).toBe(false);
});

test('an image of your own takes the place of the public one', () => {
  const image = 'registry.example.com/mirror/alertmanager:v0.34.0';
  expect(containerOf(monitored({ alertmanager: { image } }), NAME).image).toBe(image);
  expect(containerOf(monitored(), NAME).image).toMatch(/^prom\/alertmanager:v[\d.]+$/);
});
