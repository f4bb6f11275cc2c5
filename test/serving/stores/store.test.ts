import * as kplus from 'cdk8s-plus-28';
import { external, FeatureStore, feast, qdrant, valkey } from '../../../lib';
import { warningsOf } from '../../../lib/platform/warnings';
import { objectsOf, platform, problemsOf, ranker, specOf } from '../fixtures';
import { features, items, password, storeContainer, templateOf } from './fixtures';

interface Rules {
  readonly ingress?: { readonly from: object[]; readonly ports: { readonly port: number }[] }[];
  readonly egress?: { readonly to?: object[]; readonly ports: { readonly port: number }[] }[];
}

const policyOf = (store: FeatureStore, name = 'features') => specOf<Rules>(objectsOf(store), 'NetworkPolicy', name);
const monitoring = {
  from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'monitoring' } } }],
  ports: [{ protocol: 'TCP', port: 9121 }],
};

test('it is called by its namespace, watched by monitoring, and calls nobody', () => {
  const { ingress, egress } = policyOf(features());
  expect(ingress).toEqual([{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: 6379 }] }, monitoring]);
  expect(egress).toBeUndefined();
});

test('once callers are named, nobody else may call', () => {
  const shop = platform();
  const store = features({}, shop);
  store.allowOnlyFrom(ranker({}, shop));
  expect(policyOf(store).ingress).toEqual([monitoring]);
  const { ingress } = policyOf(store, 'features-from-ranker');
  expect(ingress?.map(({ ports }) => ports.map(({ port }) => port))).toEqual([[6379]]);
});

test('a caller that is named twice is refused', () => {
  const shop = platform();
  const store = features({}, shop);
  const caller = ranker({}, shop);
  store.allowOnlyFrom(caller);
  expect(problemsOf(() => store.allowFrom(caller))).toEqual([
    "[shop/features] allowFrom must be called once for each peer, got 'shop/ranker' again: remove one of the calls",
  ]);
});

test('whoever is no peer is refused', () => {
  expect(problemsOf(() => features().allowOnlyFrom({} as never))).toEqual([
    '[shop/features] allowFrom must be given pods, such as a ModelServer or Pods.select(…) of cdk8s-plus, got {}',
  ]);
});

test('what looks like an engine and is none is refused', () => {
  expect(problemsOf(() => features({ engine: { kind: 'features' } as never }))).toEqual([
    expect.stringContaining('[shop/features] engine must be an engine for features'),
  ]);
});

test('it is a callee: callers learn its address, without the port of monitoring', () => {
  expect(features().addresses).toEqual({ redis: 'features.shop.svc:6379' });
  expect(items().addresses).toEqual({ http: 'items.shop.svc:6333', grpc: 'items.shop.svc:6334' });
});

test('its only replica can be evicted, so that no drain waits for ever', () => {
  expect(specOf(objectsOf(features()), 'PodDisruptionBudget', 'features')).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
});

test('its volume has the size and the class that were asked for, in the form of the API server', () => {
  const manifests = objectsOf(features({ storage: '1024Gi', storageClass: 'fast' }));
  expect(specOf(manifests, 'StatefulSet', 'features')).toMatchObject({
    serviceName: 'features',
    replicas: 1,
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '1Ti' } },
        },
      },
    ],
  });
});

test('a change of its configuration starts the pod anew', () => {
  const checksum = (data: '8Gi' | '7Gi') => {
    const engine = valkey({ version: '8.1.4', use: 'store', data });
    return templateOf(objectsOf(features({ engine })), 'features').metadata.annotations?.['checksum/config'];
  };
  expect(checksum('8Gi')).not.toBe(checksum('7Gi'));
});

test('in production it is said that it runs once, and whether it asks for a password', () => {
  const texts = (store: FeatureStore) => warningsOf(store).map(({ text }) => text);
  const once =
    'runs once: while its pod starts anew, nobody is answered; take an external one if the funnel has no fallback for it';
  expect(texts(features())).toContain(once);
  const open = texts(features({ engine: valkey({ version: '8.1.4', use: 'store', data: '8Gi' }) }));
  expect(open).toContain(
    'asks no caller for a password: whoever the network lets through may read and change everything',
  );
  expect(texts(features({}, platform({ production: false })))).toEqual([]);
});

test('the last word is the user’s', () => {
  const manifests = objectsOf(
    features({
      transform: {
        workload: { metadata: { annotations: { owner: 'search' } } },
        service: { spec: { type: 'NodePort' } },
      },
    }),
  );
  expect(manifests.get('StatefulSet', 'features').metadata.annotations).toEqual({ owner: 'search' });
  expect(specOf(manifests, 'Service', 'features')).toMatchObject({ type: 'NodePort' });
});

describe('a store that somebody else runs', () => {
  const engine = external({ addresses: { redis: 'features.example.com:6379' }, cidrs: ['10.8.0.0/16'] });

  test('emits nothing, and tells its address', () => {
    const shop = platform();
    const before = objectsOf(shop).all.length;
    const store = new FeatureStore(shop, 'features', { engine });
    expect(objectsOf(shop).all).toHaveLength(before);
    expect(store.addresses).toEqual({ redis: 'features.example.com:6379' });
    expect(store.nodes).toBeUndefined();
  });

  test('lets its callers out to it, on its port only', () => {
    const shop = platform();
    const store = new FeatureStore(shop, 'features', { engine });
    store.allowOnlyFrom(ranker({}, shop));
    expect(policyOf(store, 'features-from-ranker')).toMatchObject({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'ranker' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.8.0.0/16' } }], ports: [{ port: 6379, protocol: 'TCP' }] }],
    });
  });

  test('lets out nobody that has no pods here, or all pods of the namespace would be', () => {
    const shop = platform();
    const store = new FeatureStore(shop, 'features', { engine });
    const caller = kplus.NetworkPolicyIpBlock.ipv4(shop, 'ads', '10.9.0.0/16');
    expect(problemsOf(() => store.allowFrom(caller))).toEqual([
      "[shop/features] allowFrom must be given pods of the platform for an external store, which they are let out to, got 'shop/ads': name the pods that call",
    ]);
  });

  test('takes nothing that only a workload has', () => {
    const props = { engine, storage: '8Gi', resources: { memory: '8Gi' } } as const;
    expect(problemsOf(() => new FeatureStore(platform(), 'features', props))).toEqual([
      '[shop/features] storage must be left out of an external store, which somebody else runs: remove it',
      '[shop/features] resources.memory must be left out of an external store, which somebody else runs: remove it',
    ]);
  });

  test.each([
    [{ addresses: {} }, '[external] addresses must have an address, got {}'],
    [
      { addresses: { redis: 'features' } },
      "[external] addresses.redis must be a host and a port, like 'features.example.com:6379', got 'features'",
    ],
    [
      { addresses: { redis: 'f:70000' } },
      "[external] addresses.redis must be a host and a port, like 'features.example.com:6379', got 'f:70000'",
    ],
    [
      { addresses: { redis: 'f:1' }, cidrs: ['10.8.0.0'] },
      "[external] cidrs[0] must be a block of IPv4, like '10.8.0.0/16', got '10.8.0.0'",
    ],
    [
      { addresses: { redis: 'f:1' }, cidrs: ['300.8.0.0/16'] },
      "[external] cidrs[0] must be a block of IPv4, like '10.8.0.0/16', got '300.8.0.0/16'",
    ],
  ])('is refused where it is no address: %j', (props, text) => {
    expect(problemsOf(() => external(props))).toEqual([text]);
  });
});

describe('Feast in front of a store', () => {
  const engine = feast({
    version: '0.66.0',
    project: 'shop',
    registry: 's3://features/registry.db',
    online: 'features.shop.svc:6379',
    password,
  });
  const built = () => objectsOf(new FeatureStore(platform(), 'feast', { engine }));

  test('is a Deployment of replicas that hold nothing', () => {
    expect(specOf(built(), 'Deployment', 'feast')).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    expect(templateOf(built(), 'feast', 'Deployment').spec.terminationGracePeriodSeconds).toBe(45);
  });

  test('reads the password from a variable, when it reads its file', () => {
    const { data } = built().get('ConfigMap', 'feast') as unknown as { data: Record<string, string> };
    expect(data['feature_store.yaml']?.split('\n')).toEqual([
      'project: shop',
      'provider: local',
      'registry: s3://features/registry.db',
      'online_store:',
      '  type: redis',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Feast's own form of a variable
      '  connection_string: "features.shop.svc:6379,password=${ONLINE_PASSWORD}"',
      'entity_key_serialization_version: 3',
      '',
    ]);
    const { env, command, args } = storeContainer(built(), 'feast', 'server', 'Deployment');
    expect(env).toContainEqual({ name: 'ONLINE_PASSWORD', valueFrom: { secretKeyRef: password } });
    expect([...command, ...args].join(' ')).toBe(
      'feast --feature-store-yaml /etc/recstack/feature_store.yaml serve --host 0.0.0.0 --port 6566 --workers 2 --no-access-log --metrics',
    );
  });

  test('is not started anew because its registry is out of reach', () => {
    const { readinessProbe, livenessProbe } = storeContainer(built(), 'feast', 'server', 'Deployment');
    expect(readinessProbe.httpGet).toEqual({ path: '/health', port: 'http' });
    expect(livenessProbe.tcpSocket).toEqual({ port: 'http' });
  });

  test('calls its store and its registry', () => {
    const { egress } = specOf<Rules>(built(), 'NetworkPolicy', 'feast');
    expect(egress?.[0]?.ports.map(({ port }) => port)).toEqual([6379, 443]);
  });

  test.each(['f:0', 'f:70000'])('is refused where its store can have no such port: %s', (online) => {
    const props = { version: '0.66.0', project: 'shop', registry: 's3://f/r.db', online } as const;
    expect(problemsOf(() => feast(props))).toEqual([
      `[feast] online must be a host and a port, like 'features.shop.svc:6379', got '${online}'`,
    ]);
  });

  test('is refused in a version that counts no requests', () => {
    const props = { project: 'shop', registry: 's3://f/r.db', online: 'f:6379' } as const;
    expect(problemsOf(() => feast({ ...props, version: '0.61.0' }))).toEqual([
      "[feast] version must be a release of Feast from 0.62.0, like '0.66.0', got '0.61.0': older ones count no requests",
    ]);
  });
});

test('an engine for vectors is no store of features', () => {
  const props = { engine: qdrant({ version: '1.17.1' }) } as unknown as { engine: ReturnType<typeof valkey> };
  expect(problemsOf(() => new FeatureStore(platform(), 'features', props))).toEqual([
    expect.stringContaining(
      '[shop/features] engine must be an engine for features, such as valkey({ version, use, data })',
    ),
  ]);
});
