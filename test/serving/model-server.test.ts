import { App } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { NetworkPolicySpec } from 'kubernetes-types/networking/v1';
import { ModelServer, type ModelServerProps, Platform, triton } from '../../lib';
import { warningsOf } from '../../lib/platform/warnings';
import { containerOf, model, objectsOf, own, platform, podOf, problemsOf, ranker, specOf } from './fixtures';

const refused = (props: object) => problemsOf(() => objectsOf(ranker(props as Partial<ModelServerProps>)));

/** Who may call the ranker, by what `allowFrom` of a peer called caller emits. */
function letIn(server: ModelServer): NetworkPolicySpec['ingress'] {
  return specOf<NetworkPolicySpec>(objectsOf(server), 'NetworkPolicy', 'ranker-from-caller').ingress;
}

test('a server of another platform is let in by its namespace and its labels', () => {
  const app = new App();
  const cluster = { kubernetes: '1.33' } as const;
  const server = ranker({}, new Platform(app, 'shop', { cluster }));
  const props = { model: model(), runtime: triton({ version: '25.08' }) };
  server.allowFrom(new ModelServer(new Platform(app, 'ads', { cluster, namespace: 'ads-eu' }), 'caller', props));
  expect(letIn(server)).toEqual([
    {
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ads-eu' } },
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'caller', 'app.kubernetes.io/part-of': 'ads' } },
        },
      ],
      ports: [
        { protocol: 'TCP', port: 8000 },
        { protocol: 'TCP', port: 8001 },
      ],
    },
  ]);
});

test('a peer that is let in twice is refused', () => {
  const shop = platform();
  const server = ranker({}, shop);
  const caller = kplus.Pods.all(shop, 'caller');
  server.allowFrom(caller);
  expect(problemsOf(() => server.allowFrom(caller))).toEqual([
    "[shop/ranker] allowFrom must be called once for each peer, got 'shop/caller' again: remove one of the calls",
  ]);
});

test.each([undefined, null, 'caller', {}])('whoever is no peer is refused: %p', (peer) => {
  const shown = peer === undefined ? 'nothing' : peer === 'caller' ? "'caller'" : JSON.stringify(peer);
  expect(problemsOf(() => ranker().allowFrom(peer as never))).toEqual([
    `[shop/ranker] allowFrom must be given pods, such as a ModelServer or Pods.select(…) of cdk8s-plus, got ${shown}`,
  ]);
});

test('what lets a peer in is labelled like all else of the server', () => {
  const shop = platform();
  const server = ranker({}, shop);
  server.allowFrom(kplus.Pods.all(shop, 'caller'));
  expect(objectsOf(server).get('NetworkPolicy', 'ranker-from-caller').metadata.labels).toMatchObject({
    'app.kubernetes.io/name': 'ranker',
    'app.kubernetes.io/component': 'model-server',
  });
});

const IMAGE = `oci://registry.example.com/shop/dlrm@sha256:${'a'.repeat(64)}` as const;

test.each([
  ['1.34', 1],
  ['1.35', 0],
  ['1.37', 0],
])(
  'a model in an image on Kubernetes %s makes %d problems: image volumes are on by default from 1.35',
  (kubernetes, n) => {
    const shop = platform({ cluster: { kubernetes } });
    ranker({ model: model({ uri: IMAGE }) }, shop);
    const problem =
      '[shop/ranker] model.uri with image volumes must run on Kubernetes 1.35 or newer, got 1.34: put the model into a bucket or on a claim';
    expect(problemsOf(() => objectsOf(shop))).toEqual(n === 0 ? [] : [problem]);
  },
);

test('a server whose model is an image mounts it, and copies nothing', () => {
  const shop = platform({ cluster: { kubernetes: '1.37' } });
  const pod = podOf(objectsOf(ranker({ model: model({ uri: IMAGE, size: '500Gi' }) }, shop)));
  expect(pod.initContainers).toBeUndefined();
  expect(pod.volumes[0]).toEqual({
    name: 'model',
    image: { reference: IMAGE.slice('oci://'.length), pullPolicy: 'IfNotPresent' },
  });
  expect(containerOf(pod).volumeMounts[0]).toEqual({ name: 'model', mountPath: '/models/dlrm', readOnly: true });
  expect(containerOf(pod).resources.requests?.['ephemeral-storage']).toBe('4Gi');
});

test.each([
  ['s3://models/dlrm', true],
  ['hf://org/model@0123456789abcdef0123456789abcdef01234567', false],
  [IMAGE, false],
] as const)('without a checksum, a production server with its model at %s is warned about: %s', (uri, warned) => {
  const shop = platform({ cluster: { kubernetes: '1.37' } });
  ranker({ model: model({ uri }) }, shop);
  expect(warningsOf(shop).some(({ text }) => text.startsWith('model.sha256 is missing'))).toBe(warned);
});

test('a server whose callers are named is closed to the other pods of its namespace, and not to monitoring', () => {
  const shop = platform();
  const server = ranker({}, shop);
  server.allowOnlyFrom(new ModelServer(shop, 'caller', { model: model(), runtime: triton({ version: '25.08' }) }));
  const { ingress } = specOf<NetworkPolicySpec>(objectsOf(server), 'NetworkPolicy', 'ranker');
  expect(ingress).toEqual([
    {
      from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } }],
      ports: [{ protocol: 'TCP', port: 8002 }],
    },
  ]);
  expect(letIn(server)?.[0]?.ports).toEqual([
    { protocol: 'TCP', port: 8000 },
    { protocol: 'TCP', port: 8001 },
  ]);
});

test('a server without metrics whose callers are named has no rule of its own left', () => {
  const shop = platform();
  const server = ranker({ runtime: own() }, shop);
  server.allowOnlyFrom(kplus.Pods.all(shop, 'caller'));
  const policy = specOf<NetworkPolicySpec>(objectsOf(server), 'NetworkPolicy', 'ranker');
  expect(policy).not.toHaveProperty('ingress');
  expect(policy.policyTypes).toContain('Ingress');
});

test('a server tells its addresses inside the cluster', () => {
  expect(ranker({}, platform({ namespace: 'eu' })).addresses).toEqual({
    http: 'ranker.eu.svc:8000',
    grpc: 'ranker.eu.svc:8001',
    metrics: 'ranker.eu.svc:8002',
  });
});

test.each([
  [undefined, 'nothing'],
  [{ replicas: [1, 2] }, '{"replicas":[1,2]}'],
])('autoscale(%j) is refused', (policy, shown) => {
  expect(problemsOf(() => ranker().autoscale(policy as never))).toEqual([
    `[shop/ranker] autoscale must be given a policy, such as autoscaleOnResources({ replicas, cpu }), got ${shown}`,
  ]);
});

test('a name that leaves no room for the hashes of its pods is refused', () => {
  const named = (id: string) => () =>
    new ModelServer(platform(), id, { model: model(), runtime: triton({ version: '25.08' }) });
  expect(named('s'.repeat(46))().name).toBe('s'.repeat(46));
  expect(problemsOf(named('s'.repeat(47)))).toEqual([
    `[shop/${'s'.repeat(47)}] id must be a name of at most 46 lower-case letters, digits and '-', from a letter to a letter or digit, got '${'s'.repeat(47)}' (47 characters)`,
  ]);
});

test('a service account of the tree is taken, and what is none is refused', () => {
  const shop = platform();
  const identity = new kplus.ServiceAccount(shop, 'reader', { metadata: { name: 'reader' } });
  expect(ranker({ identity }, shop).nodes.serviceAccount).toBe(identity);
  expect(refused({ identity: { node: 1 } })).toEqual([
    '[shop/ranker] identity must be a service account, or { annotations } for one, got {"node":1}',
  ]);
});

test.each<[what: string, props: object, problem: string]>([
  [
    'a priority class that is no name',
    { priorityClass: 'A B C' },
    "priorityClass must be a name of at most 63 lower-case letters, digits and '-', from a letter to a letter or digit, got 'A B C'",
  ],
  [
    'more replicas than Kubernetes counts',
    { replicas: 2 ** 31 },
    'replicas must be a whole number of replicas, at most 2147483647, got 2147483648: remove the server instead of running none',
  ],
  [
    'a start that Kubernetes could not count',
    { startup: { loadPerSecond: '0.001Ki' } },
    "model.size must be copied and loaded within 30 days, got '18Gi': mend it, or startup.pullPerSecond, startup.loadPerSecond or startup.warmUp",
  ],
])('%s is refused', (_what, props, problem) => {
  expect(refused(props)).toEqual([`[shop/ranker] ${problem}`]);
});
