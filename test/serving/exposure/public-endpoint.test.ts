import {
  external,
  FeatureStore,
  type ModelServer,
  type Platform,
  PublicEndpoint,
  type PublicEndpointProps,
  rayServe,
  vllm,
} from '../../../lib';
import type { Exposable } from '../../../lib/core/exposable';
import { warningsOf } from '../../../lib/platform/warnings';
import { model, objectsOf, own, platform, problemsOf, ranker, specOf } from '../fixtures';

const gateway = { name: 'public', namespace: 'gateways', listener: 'https' };
const host = 'reco.example.com';

function gatewayShop(): Platform {
  return platform({ cluster: { kubernetes: '1.33', addons: ['gateway-api'] } });
}

type Changes = Partial<Omit<PublicEndpointProps, 'target'>>;

function expose(target: Exposable, shop: Platform, changes: Changes = {}): PublicEndpoint {
  return new PublicEndpoint(shop, 'public', { target, host, path: '/v2', timeout: '200ms', ...changes });
}

function byGateway(changes: Changes = {}, shop = gatewayShop(), target: Exposable = ranker({}, shop)) {
  return expose(target, shop, { gateway, ...changes });
}

function byIngress(changes: Changes = {}, shop = platform(), target: Exposable = ranker({}, shop)) {
  return expose(target, shop, { ingress: 'traefik', tls: { secret: 'reco-tls' }, ...changes });
}

/** A server that answers within 150 ms. */
function withDeadline(shop: Platform): ModelServer & { deadlineSeconds: number } {
  return Object.assign(ranker({}, shop), { deadlineSeconds: 0.15 });
}

const texts = (endpoint: PublicEndpoint) => warningsOf(endpoint).map(({ text }) => text);

test('an HTTPRoute leads from the listener for HTTPS to the port http, and bounds the request', () => {
  expect(specOf(objectsOf(byGateway()), 'HTTPRoute', 'public')).toEqual({
    parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
    hostnames: [host],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: '/v2' } }],
        backendRefs: [{ name: 'ranker', port: 8000 }],
        timeouts: { request: '200ms', backendRequest: '200ms' },
      },
    ],
  });
});

test('without a Gateway, an Ingress with its certificate leads to the port http', () => {
  const objects = objectsOf(byIngress());
  expect(objects.get('Ingress', 'public').metadata.annotations).toEqual({
    'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
    'traefik.ingress.kubernetes.io/router.tls': 'true',
  });
  expect(specOf(objects, 'Ingress', 'public')).toEqual({
    ingressClassName: 'traefik',
    tls: [{ hosts: [host], secretName: 'reco-tls' }],
    rules: [
      {
        host,
        http: {
          paths: [
            { path: '/v2', pathType: 'Prefix', backend: { service: { name: 'ranker', port: { number: 8000 } } } },
          ],
        },
      },
    ],
  });
});

test('Traefik is told the timeout by a ServersTransport that the Service names: an Ingress has no word for it', () => {
  const objects = objectsOf(byIngress());
  expect(specOf(objects, 'ServersTransport', 'public')).toEqual({
    forwardingTimeouts: { responseHeaderTimeout: '200ms' },
  });
  expect(objects.get('Service', 'ranker').metadata.annotations).toEqual({
    'traefik.ingress.kubernetes.io/service.serverstransport': 'shop-public@kubernetescrd',
  });
});

describe('a request that timed out is not repeated (kserve#3149, kserve#4218, kserve#1663)', () => {
  test('an HTTPRoute asks for no retry', () => {
    const { rules } = specOf<{ rules: object[] }>(objectsOf(byGateway()), 'HTTPRoute', 'public');
    expect(rules.map((rule) => Object.keys(rule).sort())).toEqual([['backendRefs', 'matches', 'timeouts']]);
  });

  test('ingress-nginx, which asks the next replica by default, is told not to', () => {
    const endpoint = byIngress({ ingress: 'ingress-nginx', timeout: '30s' });
    expect(objectsOf(endpoint).get('Ingress', 'public').metadata.annotations).toEqual({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '30',
      'nginx.ingress.kubernetes.io/proxy-next-upstream': 'off',
    });
  });

  test('Istio, which repeats by default and takes no word from a route, is warned about', () => {
    expect(texts(byGateway({ gateway: { ...gateway, controller: 'istio' } }))).toEqual([
      "Istio repeats requests that fail before they are answered, up to twice, and a route can't say otherwise: set meshConfig.defaultHttpRetryPolicy.attempts to 0",
    ]);
  });
});

test('ingress-nginx counts whole seconds: a budget of 150 ms ends after 1 s, and the user is told', () => {
  const endpoint = byIngress({ ingress: 'ingress-nginx', timeout: '150ms' });
  expect(objectsOf(endpoint).get('Ingress', 'public').metadata.annotations).toMatchObject({
    'nginx.ingress.kubernetes.io/proxy-read-timeout': '1',
  });
  expect(texts(endpoint)).toEqual([
    'ingress-nginx is retired since March 2026 and gets no security fixes: move to a Gateway or to traefik',
    'timeout is 150ms, and ingress-nginx counts in whole seconds: requests end after 1s',
  ]);
});

interface Policy {
  readonly ingress: readonly { readonly from: readonly object[] }[];
}

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});

test.each([
  ["the Gateway's namespace", () => byGateway(), inNamespace('gateways')],
  ["Traefik's own", () => byIngress(), inNamespace('traefik')],
  [
    "k3s' Traefik",
    () => byIngress({}, platform({ cluster: { kubernetes: '1.33', distribution: 'k3s' } })),
    inNamespace('kube-system'),
  ],
  ["ingress-nginx' own", () => byIngress({ ingress: 'ingress-nginx' }), inNamespace('ingress-nginx')],
  ['a namespace that is named', () => byGateway({ from: { namespace: 'edge' } }), inNamespace('edge')],
  ['a load balancer outside', () => byGateway({ from: { cidr: '10.0.0.0/16' } }), { ipBlock: { cidr: '10.0.0.0/16' } }],
])('the proxy is let in from %s', (_, make, peer) => {
  const policies = objectsOf(make()).ofKind('NetworkPolicy');
  const own = policies.filter(({ metadata }) => metadata.name.startsWith('ranker-from-'));
  expect(own.flatMap(({ spec }) => (spec as Policy).ingress.flatMap(({ from }) => from))).toMatchObject([peer]);
});

test('the timeout leaves the target its own deadline and the way there', () => {
  const shop = gatewayShop();
  expect(problemsOf(() => byGateway({ timeout: '155ms' }, shop, withDeadline(shop)))).toEqual([
    "[shop/public] timeout must leave the target its deadline, 150ms + 10ms on the way = 160ms, got '155ms': raise it or shorten the deadline",
  ]);
  const other = gatewayShop();
  expect(problemsOf(() => byGateway({ timeout: '160ms' }, other, withDeadline(other)))).toEqual([]);
});

test('what somebody else runs is no target', () => {
  const shop = platform();
  const engine = external({ addresses: { http: 'items.example.com:6333' } });
  const store = new FeatureStore(shop, 'items', { engine });
  expect(problemsOf(() => byIngress({}, shop, store as never))).toEqual([
    '[shop/public] target must be what can be reached from outside, such as a ModelServer, got an object of FeatureStore',
  ]);
});

test('Traefik reads its timeout from a Service, which must not be one that an engine makes', () => {
  const shop = platform({ cluster: { kubernetes: '1.33', addons: ['kuberay', 'gateway-api'] } });
  const runtime = rayServe({ version: '2.60.0', application: 'ranker:app' });
  const target = ranker({ engine: 'ray-service', runtime }, shop);
  expect(problemsOf(() => byIngress({}, shop, target))).toEqual([
    "[shop/public] ingress must not be 'traefik' for 'ranker', whose engine makes the Service that Traefik reads its timeout from: set gateway, or take another engine",
  ]);
  expect(
    problemsOf(() => new PublicEndpoint(shop, 'gate', { target, host, path: '/v2', timeout: '200ms', gateway })),
  ).toEqual([]);
});

test('nobody leaves before the answer: the timeout is at most what callers wait', () => {
  expect(problemsOf(() => byGateway({ clientTimeout: '100ms' }))).toEqual([
    "[shop/public] timeout must be at most clientTimeout, '100ms', got '200ms': callers would have left",
  ]);
});

test('an answer that is long in coming, as from a language model, has its time', () => {
  const { rules } = specOf<{ rules: object[] }>(objectsOf(byGateway({ timeout: '10m' })), 'HTTPRoute', 'public');
  expect(rules).toMatchObject([{ timeouts: { request: '10m', backendRequest: '10m' } }]);
});

test("a path that would let the server's metrics out is refused", () => {
  const shop = gatewayShop();
  const target = ranker(
    { runtime: vllm({ version: '0.18.0' }), model: model(), gpu: { count: 1, type: 'nvidia-l4' } },
    shop,
  );
  expect(problemsOf(() => byGateway({ path: '/' }, shop, target))).toEqual([
    "[shop/public] path must leave the target's metrics inside, got '/', and '/metrics' lies below it: name what is to be reached",
  ]);
});

test.each<[string, () => unknown, string]>([
  [
    'neither of the two ways',
    () => byIngress({ ingress: undefined }),
    'gateway or ingress must be given, one of the two, got none: name the Gateway, or the controller',
  ],
  [
    'both of them',
    () => byGateway({ ingress: 'traefik' }),
    'gateway or ingress must be given, one of the two, got both: name the Gateway, or the controller',
  ],
  [
    'a Gateway where there is no Gateway API',
    () => byGateway({}, platform()),
    "gateway must be in a cluster with the add-on 'gateway-api': add it to cluster.addons or set ingress",
  ],
  [
    "Traefik's Gateways, which ignore a route's timeouts",
    () => byGateway({ gateway: { ...gateway, controller: 'traefik' } }),
    "gateway.controller must honour the timeouts of a route, got 'traefik', which ignores them: set ingress to 'traefik' instead",
  ],
  [
    'a certificate for a Gateway',
    () => byGateway({ tls: { secret: 'reco-tls' } }),
    'tls is for an Ingress: a Gateway has its certificate itself, name its listener for HTTPS in gateway.listener',
  ],
  [
    'plain HTTP by an Ingress in production',
    () => byIngress({ tls: undefined }),
    'tls must be given in production: without it, requests travel unencrypted, which plainHttp: true allows',
  ],
  [
    'any listener of a Gateway in production',
    () => byGateway({ gateway: { name: 'public', namespace: 'gateways' } }),
    'gateway.listener must be given in production: without it, requests travel unencrypted, which plainHttp: true allows',
  ],
  [
    'a target of another platform',
    () => byGateway({}, gatewayShop(), ranker()),
    "target must be in the platform 'shop', got 'shop/ranker': make the endpoint there",
  ],
])('%s is refused', (_, make, text) => {
  expect(problemsOf(make)).toEqual([`[shop/public] ${text}`]);
});

test('a target without a port called http is refused', () => {
  const shop = gatewayShop();
  const probe = { grpc: 'grpc' };
  const runtime = own({ ports: { grpc: 9000 }, probes: { startup: probe, readiness: probe, liveness: probe } });
  expect(problemsOf(() => byGateway({}, shop, ranker({ runtime }, shop)))).toEqual([
    '[shop/public] target must have a port called http, got ["grpc"]',
  ]);
});

test('plain HTTP goes in production where it is said so, and elsewhere', () => {
  expect(problemsOf(() => byIngress({ tls: undefined, plainHttp: true }))).toEqual([]);
  expect(problemsOf(() => byIngress({ tls: undefined }, platform({ production: false })))).toEqual([]);
});

test('a second endpoint by Traefik for one server is refused: its Service keeps one timeout', () => {
  const shop = platform();
  const target = ranker({}, shop);
  byIngress({}, shop, target);
  const props = { target, host, path: '/v3', timeout: '1s', ingress: 'traefik', tls: { secret: 'reco-tls' } } as const;
  expect(problemsOf(() => new PublicEndpoint(shop, 'slow', props))).toEqual([
    "[shop/slow] target must have one endpoint by traefik, got another for 'ranker': Traefik keeps one timeout for a Service",
  ]);
});
