import { redis, valkey } from '../../../lib';
import { derivationsOf } from '../../../lib/core/derivation';
import { envOf, objectsOf, problemsOf } from '../fixtures';
import { features, password, storeContainer, templateOf } from './fixtures';

const store = (props: object = {}) => valkey({ version: '8.1.4', use: 'store', data: '8Gi', ...props });
const cache = (props: object = {}) => valkey({ version: '8.1.4', use: 'cache', data: '4Gi', ...props });

test.each([
  [
    'a store keeps a log and throws nothing out',
    store(),
    ['maxmemory-policy noeviction', 'save ""', 'appendonly yes', 'appendfsync everysec'],
  ],
  [
    'a store with dumps keeps no log',
    store({ persistence: 'rdb' }),
    ['maxmemory-policy noeviction', 'save 300 1', 'appendonly no'],
  ],
  [
    'a cache throws out what is old, and saves nothing',
    cache(),
    ['maxmemory-policy allkeys-lru', 'save ""', 'appendonly no'],
  ],
  [
    'a cache throws out what is rare',
    cache({ eviction: 'allkeys-lfu' }),
    ['maxmemory-policy allkeys-lfu', 'save ""', 'appendonly no'],
  ],
])('%s', (_, { files }, lines) => {
  const [bind, protectedMode, port, dir, maxmemory, ...rest] = (files['valkey.conf'] ?? '').trimEnd().split('\n');
  expect([bind, protectedMode, port, dir]).toEqual(['bind * -::*', 'protected-mode no', 'port 6379', 'dir /data']);
  expect(maxmemory).toMatch(/^maxmemory \d+$/);
  expect(rest).toEqual(lines);
});

test('memory is told in whole bytes, or it would not start', () => {
  expect(store({ data: '1.3Gi' }).files['valkey.conf']).toContain('\nmaxmemory 1395864371\n');
});

test('an option of the other use is refused, and eviction is no option of a store', () => {
  expect(problemsOf(() => store({ eviction: 'allkeys-lru' }))).toEqual([expect.stringContaining('[valkey] eviction')]);
  expect(problemsOf(() => cache({ persistence: 'aof' }))).toEqual([expect.stringContaining('[valkey] persistence')]);
});

test('the password comes by a pipe from its Secret, and stands nowhere else', () => {
  const manifests = objectsOf(features());
  const { command, args, env } = storeContainer(manifests, 'features');
  expect(command).toEqual(['sh', '-c', `exec valkey-server "$0" - <<EOF\nrequirepass '$STORE_PASSWORD'\nEOF`]);
  expect(args).toEqual(['/etc/recstack/valkey.conf']);
  const valueFrom = { secretKeyRef: password };
  expect(env).toEqual([
    { name: 'STORE_PASSWORD', valueFrom },
    { name: 'REDISCLI_AUTH', valueFrom },
    { name: 'VALKEYCLI_AUTH', valueFrom },
  ]);
  expect(storeContainer(manifests, 'features', 'exporter').env).toEqual([
    { name: 'REDIS_ADDR', value: 'redis://localhost:6379' },
    { name: 'REDIS_PASSWORD', valueFrom },
  ]);
  expect(problemsOf(() => store({ password: 'hunter2' })).join()).not.toContain('hunter2');
});

test('without a password it is started without one', () => {
  const { command } = storeContainer(objectsOf(features({ engine: store() })), 'features');
  expect(command).toEqual(['sh', '-c', 'exec valkey-server "$0"']);
});

test('a store that loads a big dump is not killed in it (kserve#3795)', () => {
  const manifests = objectsOf(features({ engine: store({ data: '64Gi' }), storage: '192Gi' }));
  const { startupProbe, livenessProbe } = storeContainer(manifests, 'features');
  // 2 × (64 GiB at 50 MiB a second + 10 s), asked every 5 seconds.
  expect(startupProbe).toEqual({
    exec: { command: ['valkey-cli', '-e', 'ping'] },
    periodSeconds: 5,
    timeoutSeconds: 5,
    failureThreshold: 529,
  });
  // Held back by the startup probe; and an error is an answer.
  expect(livenessProbe.exec).toEqual({ command: ['valkey-cli', 'ping'] });
});

test.each([
  ['a log is closed at once', store(), 20],
  ['a dump is written before it ends', store({ persistence: 'rdb' }), 333],
])('%s: the grace period has room for it', (_, engine, seconds) => {
  const { spec } = templateOf(objectsOf(features({ engine })), 'features');
  expect(spec?.terminationGracePeriodSeconds).toBe(seconds);
  // The only replica has nobody to hand over to: time before it stops would be time without features.
  expect(spec?.containers[0]?.lifecycle).toBeUndefined();
});

test('a backup waits for a dump of its own, in a program that the image has', () => {
  const { metadata } = templateOf(objectsOf(features()), 'features');
  expect(metadata.annotations).toMatchObject({
    'pre.hook.backup.velero.io/container': 'server',
    'pre.hook.backup.velero.io/timeout': '328s',
    'pre.hook.backup.velero.io/on-error': 'Fail',
  });
  const command = JSON.parse(metadata.annotations?.['pre.hook.backup.velero.io/command'] ?? '');
  expect(command.slice(0, 2)).toEqual(['sh', '-c']);
  expect(command[2].split('\n')).toEqual([
    'sleep 1',
    'before=$(valkey-cli -e lastsave) && valkey-cli -e bgsave schedule || exit 1',
    'until [ "$(valkey-cli lastsave)" != "$before" ]; do sleep 1; done',
  ]);
});

test('a cache has no volume, no backup, and writes to folders that go with the pod', () => {
  const manifests = objectsOf(features({ engine: cache(), storage: undefined }));
  const { volumeClaimTemplates } = manifests.get('StatefulSet', 'features').spec as Record<string, unknown>;
  expect(volumeClaimTemplates).toBeUndefined();
  const { metadata } = templateOf(manifests, 'features');
  expect(Object.keys(metadata.annotations ?? {})).toEqual(['checksum/config']);
  const { volumeMounts } = storeContainer(manifests, 'features');
  expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp', '/etc/recstack']);
});

test('memory is computed from the data, and told', () => {
  const built = features();
  const { resources } = storeContainer(objectsOf(built), 'features');
  expect(resources.limits).toEqual({ memory: '16640Mi', 'ephemeral-storage': '2Gi' });
  expect(derivationsOf(built)).toEqual([
    {
      where: 'shop/features',
      derivations: [
        { what: 'resources.memory', value: '16640Mi', formula: '2 × 8Gi of data (copies while it saves) + 256Mi' },
        { what: 'storage, at least', value: '24Gi', formula: '3 × 8Gi of data (old and new file side by side)' },
        { what: 'startup budget', value: '348s', formula: '2 × (8Gi / 50Mi a second + 10 s warm-up)' },
        {
          what: 'terminationGracePeriodSeconds',
          value: '20s',
          formula: '0 s endpoint lag + 15 s to finish and save + 5 s exit',
        },
      ],
    },
  ]);
});

test.each([
  [
    'storage that is too small',
    { storage: '10Gi' },
    "storage must be '24Gi' or more, got '10Gi': 3 × 8Gi of data (old and new file side by side)",
  ],
  [
    'no storage',
    { storage: undefined },
    'storage must be the size of its volume, got nothing: valkey keeps its data there',
  ],
  [
    'memory that a fork would overrun',
    { resources: { memory: '10Gi' } },
    "resources.memory must be '16640Mi' or more, got '10Gi': 2 × 8Gi of data (copies while it saves) + 256Mi",
  ],
  [
    'replicas, which would lose writes in silence',
    { replicas: 3 },
    'replicas must be 1, got 3: without a failover, replicas of valkey would lose writes in silence; for high availability, take an external one',
  ],
  [
    'a volume for a cache',
    { engine: cache() },
    "storage must be left out, got '24Gi': valkey keeps nothing here that outlives a pod",
  ],
] as const)('%s is refused', (_, props, text) => {
  expect(problemsOf(() => features(props))).toEqual([`[shop/features] ${text}`]);
});

test('Redis has the names of its own programs', () => {
  const manifests = objectsOf(features({ engine: redis({ version: '8.2.1', use: 'store', data: '8Gi', password }) }));
  const { image, command, args, startupProbe } = storeContainer(manifests, 'features');
  expect(image).toBe('redis:8.2.1');
  expect(command[2]).toMatch(/^exec redis-server "\$0" - <<EOF\n/);
  expect(args).toEqual(['/etc/recstack/redis.conf']);
  expect(startupProbe.exec).toEqual({ command: ['redis-cli', '-e', 'ping'] });
  expect(envOf(storeContainer(manifests, 'features', 'exporter'))).toMatchObject({
    REDIS_ADDR: 'redis://localhost:6379',
  });
});
