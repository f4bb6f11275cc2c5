import * as pulumi from '@pulumi/pulumi';
import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { type ModelServerProps, tensorflowServing, vllm } from '../../lib';
import { render } from '../../lib/synth/render';
import { model, objectsOf, own, platform, ranker, specOf } from './fixtures';

function policy(props: Partial<ModelServerProps> = {}): NetworkPolicySpec {
  return specOf<NetworkPolicySpec>(objectsOf(ranker(props)), 'NetworkPolicy', 'ranker');
}

/** The first rule, which is the one about the store. */
function storeEgress(store: Parameters<typeof model>[0]) {
  return policy({ model: model(store) }).egress?.[0];
}

const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const monitoring = { podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } };

test("the policy is about the server's pods only, in both directions", () => {
  expect(policy()).toMatchObject({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'ranker', 'app.kubernetes.io/part-of': 'shop' } },
    policyTypes: ['Ingress', 'Egress'],
  });
});

test('pods of the namespace reach the serving ports; the metrics port is for monitoring alone', () => {
  expect(policy().ingress).toEqual([
    { from: [{ podSelector: {} }], ports: tcp(8000, 8001) },
    { from: [monitoring], ports: tcp(8002) },
  ]);
});

test('where metrics are on a serving port, monitoring reaches that one', () => {
  expect(policy({ runtime: tensorflowServing({ version: '2.19.1' }) }).ingress).toEqual([
    { from: [{ podSelector: {} }], ports: tcp(8500, 8501) },
    { from: [monitoring], ports: tcp(8501) },
  ]);
  expect(policy({ runtime: vllm({ version: '0.33.0' }) }).ingress?.[1]).toEqual({
    from: [monitoring],
    ports: tcp(8000),
  });
});

test('a server without metrics has no door for monitoring', () => {
  expect(policy({ runtime: own() }).ingress).toEqual([{ from: [{ podSelector: {} }], ports: tcp(8080) }]);
});

test('a server whose one port is for metrics is closed to everyone else', () => {
  const probe = { path: '/ready', port: 'metrics' };
  const runtime = own({
    ports: { metrics: 9090 },
    probes: { startup: probe, readiness: probe, liveness: probe },
    metrics: { port: 'metrics', path: '/metrics' },
  });
  expect(policy({ runtime }).ingress).toEqual([{ from: [monitoring], ports: tcp(9090) }]);
});

test('a server with its model on a claim talks to nobody', () => {
  expect(policy({ model: model({ uri: 'pvc://models/dlrm' }) }).policyTypes).toContain('Egress');
  expect(policy({ model: model({ uri: 'pvc://models/dlrm' }) })).not.toHaveProperty('egress');
});

test('a server with its model in a bucket reaches the store by HTTPS, and the addresses that hand out identities', () => {
  for (const uri of ['s3://models/dlrm', 'gs://models/dlrm'] as const) {
    expect(policy({ model: model({ uri }) }).egress).toEqual([
      { ports: tcp(443) },
      {
        to: ['169.254.169.254/32', '169.254.169.252/32', '169.254.170.23/32'].map((cidr) => ({ ipBlock: { cidr } })),
        ports: tcp(80, 988),
      },
    ]);
  }
});

const credentials = { accessKeyId: { name: 'oss', key: 'id' }, secretAccessKey: { name: 'oss', key: 'secret' } };

test('OSS and the hub are reached by HTTPS, and no address that hands out identities', () => {
  const oss = model({ uri: 'oss://models/dlrm', store: { region: 'cn-hangzhou', credentials } });
  expect(policy({ model: oss }).egress).toEqual([{ ports: tcp(443) }]);
  const hub = model({ uri: 'hf://org/model@0123456789abcdef0123456789abcdef01234567' });
  expect(policy({ model: hub }).egress).toEqual([{ ports: tcp(443) }]);
});

test('a server whose model is an image talks to nobody: the kubelet pulls it', () => {
  const shop = platform({ cluster: { kubernetes: '1.36' } });
  const uri = `oci://registry.example.com/dlrm@sha256:${'a'.repeat(64)}` as const;
  const objects = objectsOf(ranker({ model: model({ uri }) }, shop));
  expect(specOf(objects, 'NetworkPolicy', 'ranker')).not.toHaveProperty('egress');
});

test('a store of your own is reached on the port of its endpoint', () => {
  expect(storeEgress({ store: { endpoint: 'https://minio.shop.svc:9000' } })).toEqual({ ports: tcp(9000) });
  expect(storeEgress({ store: { endpoint: 'http://minio.shop.svc' } })).toEqual({ ports: tcp(80) });
  expect(storeEgress({ store: { endpoint: 'http://minio.shop.svc:80/path' } })).toEqual({ ports: tcp(80) });
  expect(storeEgress({ store: { endpoint: 'https://minio.shop.svc' } })).toEqual({ ports: tcp(443) });
  expect(storeEgress({ store: { endpoint: 'https://minio.shop.svc:443' } })).toEqual({ ports: tcp(443) });
});

test('a store whose address is only known at apply is reached on any port', () => {
  const server = ranker({ model: model({ store: { endpoint: pulumi.output('https://minio:9000') } }) });
  const rendered = render(server.node.root, { deferred: 'keep' });
  const found = rendered.find(({ path }) => path === 'shop/ranker/network-policy');
  expect(found?.manifest).toHaveProperty('spec.egress.0', {});
});
