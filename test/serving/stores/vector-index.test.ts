import { external, ModelServer, milvus, qdrant, triton, VectorIndex } from '../../../lib';
import { envOf, model, objectsOf, platform, problemsOf, specOf } from '../fixtures';
import { items, storeContainer, templateOf } from './fixtures';

describe('the version of the model that made it', () => {
  const twoTower = (version: string) => model({ name: 'two-tower', version, uri: `s3://models/two-tower/${version}` });
  const encoder = (version: string, shop = platform()) =>
    new ModelServer(shop, 'encoder', { model: twoTower(version), runtime: triton({ version: '25.08' }) });

  test('is part of the name that callers search by, and an artifact says it all', () => {
    expect(items({ embedding: twoTower('7') }).collection).toBe('items-two-tower-7');
    const engine = external({ addresses: { http: 'items.example.com:443' } });
    const index = new VectorIndex(platform(), 'items', { engine, embedding: twoTower('7') });
    expect(index.collection).toBe('items-two-tower-7');
  });

  test('is served by the encoder, too', () => {
    const shop = platform();
    const index = items({ encoder: encoder('7', shop) }, shop);
    expect(index.embedding).toEqual({ name: 'two-tower', version: '7' });
  });

  test('is refused in an encoder of another version', () => {
    const shop = platform();
    const text =
      '[shop/items] encoder must serve the model that made the index, two-tower 7, got two-tower 8 of shop/encoder: fill an index with that version beside this one, and switch both together';
    expect(problemsOf(() => items({ encoder: encoder('8', shop) }, shop))).toEqual([text]);
    expect(problemsOf(() => items().queriedBy(encoder('8')))).toEqual([text]);
  });

  test('does not save an encoder of another model', () => {
    const other = new ModelServer(platform(), 'encoder', {
      model: model({ version: '7' }),
      runtime: triton({ version: '25.08' }),
    });
    expect(problemsOf(() => items().queriedBy(other))).toHaveLength(1);
  });

  test('changes the collection with itself, so that old and new stand side by side in one store', () => {
    const names = ['7', '8'].map((version) => items({ embedding: { name: 'two-tower', version } }).collection);
    expect(names).toEqual(['items-two-tower-7', 'items-two-tower-8']);
  });
});

describe('Qdrant', () => {
  test('alone is started without a cluster, and writes to its volume', () => {
    const { command, env } = storeContainer(objectsOf(items()), 'items');
    expect(command).toEqual(['./qdrant']);
    expect(envOf({ env })).toEqual({
      QDRANT__STORAGE__STORAGE_PATH: '/data/storage',
      QDRANT__STORAGE__SNAPSHOTS_PATH: '/data/snapshots',
      QDRANT_INIT_FILE_PATH: '/tmp/qdrant-initialized',
      QDRANT__TELEMETRY_DISABLED: 'true',
      QDRANT__SERVICE__METRICS_PORT: '6336',
    });
  });

  test('as a cluster has members that find each other before they are ready, on different nodes', () => {
    const manifests = objectsOf(items({ replicas: 3 }));
    expect(specOf(manifests, 'StatefulSet', 'items')).toMatchObject({
      serviceName: 'items-peers',
      replicas: 3,
      podManagementPolicy: 'Parallel',
    });
    expect(specOf(manifests, 'Service', 'items-peers')).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ name: 'peers', port: 6335, targetPort: 'peers', protocol: 'TCP' }],
    });
    const { spec } = templateOf(manifests, 'items');
    expect(
      spec.topologySpreadConstraints?.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable]),
    ).toEqual([
      ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ['kubernetes.io/hostname', 'DoNotSchedule'],
    ]);
    const { command, args, env, ports, lifecycle } = storeContainer(manifests, 'items');
    expect([command.slice(0, 2), args]).toEqual([
      ['bash', '-c'],
      ['items-0.items-peers', 'items-peers'],
    ]);
    expect(command[2]?.split('\n')).toEqual([
      'uri="http://$HOSTNAME.$1:6335"',
      'if [ "$HOSTNAME.$1" = "$0" ]; then exec ./qdrant --uri "$uri"; fi',
      'exec ./qdrant --bootstrap "http://$0:6335" --uri "$uri"',
    ]);
    expect(envOf({ env })).toMatchObject({
      QDRANT__CLUSTER__ENABLED: 'true',
      QDRANT__STORAGE__COLLECTION__REPLICATION_FACTOR: '2',
    });
    expect(ports).toContainEqual({ name: 'peers', containerPort: 6335 });
    // There is another one that answers meanwhile.
    expect(lifecycle).toEqual({ preStop: { sleep: { seconds: 10 } } });
  });

  test('is not killed while its shards catch up with the others', () => {
    const { startupProbe, readinessProbe, livenessProbe } = storeContainer(objectsOf(items({ replicas: 3 })), 'items');
    expect([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet?.path)).toEqual([
      '/livez',
      '/readyz',
      '/livez',
    ]);
  });

  test('lets only its own members in and out as peers', () => {
    const { ingress, egress } = specOf<{ ingress: object[]; egress: object[] }>(
      objectsOf(items({ replicas: 3 })),
      'NetworkPolicy',
      'items',
    );
    const own = {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'items', 'app.kubernetes.io/part-of': 'shop' } },
    };
    const ports = [{ protocol: 'TCP', port: 6335 }];
    expect(ingress).toContainEqual({ from: [own], ports });
    expect(egress).toEqual([{ to: [own], ports }]);
  });

  test('of two members is refused: neither is a majority', () => {
    expect(problemsOf(() => items({ replicas: 2 }))).toEqual([
      '[shop/items] replicas must be 1, or 3 and more, got 2: of two, neither is a majority when the other is gone',
    ]);
  });

  test('takes memory by its own formula', () => {
    const { resources } = storeContainer(objectsOf(items()), 'items');
    // 10 million × 128 × 4 bytes × 1.5 are 7.15 GiB.
    expect(resources.limits?.memory).toBe('8349Mi');
  });

  test('flushes its volume before a backup: its image has nothing that speaks HTTP', () => {
    const { annotations } = templateOf(objectsOf(items()), 'items').metadata;
    expect(annotations).toEqual({
      'pre.hook.backup.velero.io/container': 'server',
      'pre.hook.backup.velero.io/command': '["sync","-f","/data"]',
      'pre.hook.backup.velero.io/timeout': '120s',
      'pre.hook.backup.velero.io/on-error': 'Fail',
    });
  });

  test('is scraped without its key, on a port that only monitoring reaches', () => {
    const apiKey = { name: 'items', key: 'api-key' };
    const engine = qdrant({ version: '1.17.1', apiKey });
    expect(engine.metrics?.port).toBe('metrics');
    const { env } = storeContainer(objectsOf(items({ engine })), 'items');
    expect(env).toContainEqual({ name: 'QDRANT__SERVICE__API_KEY', valueFrom: { secretKeyRef: apiKey } });
    expect(qdrant({ version: '1.15.4' }).metrics?.port).toBe('http');
    expect(problemsOf(() => qdrant({ version: '1.15.4', apiKey }))).toEqual([
      '[qdrant] apiKey must be left out before Qdrant 1.17, where a key closes the metrics, too: take a newer version',
    ]);
  });
});

describe('Milvus', () => {
  const engine = milvus({ version: '2.5.10' });
  const index = (props: object = {}) => items({ engine, resources: { memory: '32Gi' }, ...props });

  test('runs all in one, with etcd and its data on the volume', () => {
    const manifests = objectsOf(index());
    const { command, args, env, volumeMounts } = storeContainer(manifests, 'items');
    expect([...command, ...args]).toEqual(['milvus', 'run', 'standalone']);
    expect(envOf({ env })).toEqual({
      DEPLOY_MODE: 'STANDALONE',
      ETCD_USE_EMBED: 'true',
      ETCD_DATA_DIR: '/var/lib/milvus/etcd',
      ETCD_CONFIG_PATH: '/etc/recstack/etcd.yaml',
      COMMON_STORAGETYPE: 'local',
    });
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
      '/var/lib/milvus',
      '/tmp',
      '/run/milvus',
      '/etc/recstack',
    ]);
    expect(templateOf(manifests, 'items').spec.securityContext).toMatchObject({ runAsGroup: 0, fsGroup: 0 });
  });

  test('is one, and says so', () => {
    expect(problemsOf(() => index({ replicas: 3 }))).toEqual([
      '[shop/items] replicas must be 1, got 3: without a failover, replicas of milvus would lose writes in silence; for high availability, take an external one',
    ]);
  });

  test('needs to be told its memory', () => {
    expect(problemsOf(() => items({ engine }))).toEqual([
      "[shop/items] resources.memory must be given: milvus can't know it from what it is told",
    ]);
  });

  test('names collections in the letters that it allows', () => {
    expect(index().collection).toBe('items_two_tower_7');
  });
});

test.each([undefined, {}])('an encoder that is no server is refused: %p', (encoder) => {
  expect(problemsOf(() => items().queriedBy(encoder as never))).toEqual([
    `[shop/items] encoder must be a ModelServer, ${encoder === undefined ? 'but is missing' : 'got {}'}`,
  ]);
});
