import { App } from 'cdk8s';
import { Platform } from '../../lib/platform/platform';
import { synthesize } from '../../lib/testing';

const shop = (kubernetes = '1.33') =>
  synthesize(new Platform(new App(), 'shop', { namespace: 'shop-eu', cluster: { kubernetes } }));

const labels = { 'app.kubernetes.io/part-of': 'shop', 'app.kubernetes.io/managed-by': 'recstack' };

test('the namespace admits only restricted pods, by the rules of its Kubernetes version', () => {
  expect(shop().get('Namespace', 'shop-eu')).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'shop-eu',
      labels: {
        ...labels,
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'v1.33',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/audit-version': 'v1.33',
        'pod-security.kubernetes.io/warn': 'restricted',
        'pod-security.kubernetes.io/warn-version': 'v1.33',
      },
    },
  });
});

test('Pod Security has versions by minor: of 1.30.7 it is told v1.30', () => {
  expect(shop('1.30.7').get('Namespace', 'shop-eu').metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce-version': 'v1.30',
  });
});

test('no pod talks to another, in or out, unless a construct allows it', () => {
  expect(shop().get('NetworkPolicy', 'default-deny')).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace: 'shop-eu', labels },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
});

test("all pods may ask the cluster's DNS, in kube-system or on their node, and nobody else", () => {
  expect(shop().get('NetworkPolicy', 'allow-dns')).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'allow-dns', namespace: 'shop-eu', labels },
    spec: {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
            { ipBlock: { cidr: '169.254.20.10/32' } },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  });
});

test('an empty platform is these three objects, the namespace first', () => {
  expect(shop().all.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    'Namespace/shop-eu',
    'NetworkPolicy/default-deny',
    'NetworkPolicy/allow-dns',
  ]);
});
