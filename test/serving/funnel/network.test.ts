import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { NetworkPolicy, NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { type Callee, kubernetesObject, ModelServer, Monitoring, RecommendationFunnel, triton } from '../../../lib';
import { model, objectsOf, platform, specOf } from '../fixtures';
import { funnel, server, stages } from './fixtures';
import { edges, podsOf } from './reachable';

const GATEWAY = {
  name: 'gateway',
  namespace: 'gateway-system',
  labels: { 'app.kubernetes.io/name': 'gateway' },
  ports: [],
};

/** What nothing closes: a pod of the namespace that may call everyone, and one of a namespace without policies. */
const NOTEBOOK = { name: 'notebook', namespace: 'shop', labels: { app: 'notebook' }, ports: [] };
const FOREIGN = { name: 'foreign', namespace: 'batch', labels: {}, ports: [] };
const OTHERS = [GATEWAY, NOTEBOOK, FOREIGN];

/** Triton serves on 8000 and 8001, and shows its metrics on 8002. */
function shopWithFunnel() {
  const shop = platform();
  const all = stages(shop);
  const heavy = new ModelServer(shop, 'heavy', { model: model(), runtime: triton({ version: '25.08' }) });
  const home = funnel(
    {
      stages: { ...all, reranking: { deadline: '30ms', sources: [{ server: heavy }], fallback: 'previous-order' } },
      calls: { features: server(shop, 'features') },
    },
    shop,
  );
  server(shop, 'stranger');
  kubernetesObject<NetworkPolicy>(shop, 'notebook', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'notebook' },
    spec: { podSelector: { matchLabels: NOTEBOOK.labels }, policyTypes: ['Egress'], egress: [{}] },
  });
  const namespaces = kplus.Namespaces.select(shop, 'gateways', {
    labels: { 'kubernetes.io/metadata.name': 'gateway-system' },
  });
  home.allowFrom(kplus.Pods.select(shop, 'gateway', { labels: GATEWAY.labels, namespaces }));
  return shop;
}

test('the gateway reaches the API, the API its stages on the ports that it calls, and nobody anything else', () => {
  const manifests = objectsOf(shopWithFunnel());
  expect(edges(manifests, [...podsOf(manifests), ...OTHERS])).toEqual([
    'gateway -> home:8080',
    'home -> features:8080',
    'home -> heavy:8000',
    'home -> ranker:8080',
    'home -> retrieval:8080',
    // It names no caller, so that its namespace may call it.
    'notebook -> stranger:8080',
  ]);
});

test('monitoring scrapes the API and the stages that show metrics, and is reached by no stage', () => {
  const shop = shopWithFunnel();
  new Monitoring(shop, 'monitoring');
  const manifests = objectsOf(shop);
  const found = edges(manifests, [...podsOf(manifests), ...OTHERS]);
  expect(found.filter((edge) => !/-> monitoring-/.test(edge) && edge.startsWith('monitoring-'))).toEqual([
    'monitoring-prometheus -> heavy:8002',
    'monitoring-prometheus -> home:8080',
    'monitoring-prometheus -> stranger:8080',
  ]);
  expect(found.filter((edge) => /^(home|heavy|ranker|retrieval) -> monitoring-/.test(edge))).toEqual([]);
});

test('one server serves two funnels, and both reach it', () => {
  const shop = platform();
  const shared = stages(shop);
  funnel({ stages: shared }, shop);
  const { retrieval } = shared;
  const api = { image: 'registry.example.com/shop/app-api:2.0.0', port: 9000, probes: { ready: '/', live: '/' } };
  new RecommendationFunnel(shop, 'app', { api, deadline: '150ms', stages: { retrieval } });
  const manifests = objectsOf(shop);
  expect(edges(manifests, podsOf(manifests))).toEqual([
    'app -> retrieval:8080',
    'home -> ranker:8080',
    'home -> retrieval:8080',
  ]);
});

test('what lives outside of the cluster is reached by its port, and the rules of the user are kept', () => {
  class External extends Construct implements Callee {
    readonly name = 'index';
    readonly addresses = { grpc: 'index.example.com:6334' };
    allowOnlyFrom(): void {}
  }
  const shop = platform();
  const { retrieval } = stages(shop);
  const database = { to: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: [{ protocol: 'TCP', port: 5432 }] };
  const sources = [{ server: new External(shop, 'index') }] as const;
  const home = funnel({ egress: [database], stages: { retrieval: { ...retrieval, sources } } }, shop);
  expect(specOf<NetworkPolicySpec>(objectsOf(home), 'NetworkPolicy', 'home').egress).toEqual([
    database,
    { ports: [{ protocol: 'TCP', port: 6334 }] },
  ]);
});
