import * as pulumi from '@pulumi/pulumi';
import { App } from 'cdk8s';
import type { DaemonSetSpec } from 'kubernetes-types/apps/v1';
import { ModelCache, type ModelCacheProps, ModelServer, Platform, triton, vllm } from '../../lib';
import { render } from '../../lib/synth/render';
import { containerOf, envOf, model, objectsOf, platform, podOf, problemsOf, ranker, specOf } from './fixtures';

const cacheIn = (shop: Platform, props: Partial<ModelCacheProps> = {}) =>
  new ModelCache(shop, 'cache', { size: '200Gi', ...props });

/** The objects of a shop with a cache and a ranker that uses it. */
function shopWith(props: Partial<ModelCacheProps> = {}, shop = platform()) {
  ranker({ cache: cacheIn(shop, props) }, shop);
  return objectsOf(shop);
}

const AGENTS = 'shop-node-agents';
const keeperOf = (props: Partial<ModelCacheProps> = {}) => {
  const { template } = specOf<DaemonSetSpec>(shopWith(props), 'DaemonSet', 'cache');
  if (template.spec === undefined) throw new Error('the keeper has no pods');
  return template.spec;
};
const refused = (props: object) => problemsOf(() => cacheIn(platform(), props));

test('the volume is the folder of each node, for the claim of this namespace alone', () => {
  const volume = shopWith().get('PersistentVolume', 'shop-cache');
  expect(volume.metadata).not.toHaveProperty('namespace');
  expect(volume.spec).toEqual({
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteMany'],
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
    claimRef: { name: 'cache', namespace: 'shop' },
    hostPath: { path: '/var/lib/recstack/shop/cache', type: 'Directory' },
  });
});

test('the claim takes that volume, and never one of the default class', () => {
  expect(shopWith().get('PersistentVolumeClaim', 'cache')).toMatchObject({
    metadata: { namespace: 'shop' },
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName: '',
      volumeName: 'shop-cache',
      resources: { requests: { storage: '1Gi' } },
    },
  });
});

test('a cache that grows leaves its claim as it is: the API server refuses to resize what no class has provisioned', () => {
  const claimOf = (size: '200Gi' | '300Gi') => shopWith({ size }).get('PersistentVolumeClaim', 'cache');
  expect(claimOf('300Gi')).toEqual(claimOf('200Gi'));
});

test('the volume is applied before the claim: Pulumi waits until a claim is bound', () => {
  const shop = platform();
  ranker({ cache: cacheIn(shop) }, shop);
  const claim = render(shop, { deferred: 'refuse' }).find(({ path }) => path === 'shop/cache/claim');
  expect(claim?.dependsOn.map(({ path }) => path)).toContain('shop/cache/volume');
  const kinds = objectsOf(shop).all.map(({ kind }) => kind);
  expect(kinds.indexOf('PersistentVolume')).toBeLessThan(kinds.indexOf('PersistentVolumeClaim'));
  expect(kinds.indexOf('PersistentVolumeClaim')).toBeLessThan(kinds.indexOf('Deployment'));
});

test('what reaches into nodes lives in a namespace of its own, which talks to nobody', () => {
  const objects = shopWith();
  expect(objects.get('Namespace', AGENTS).metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'privileged',
    'pod-security.kubernetes.io/audit': 'privileged',
    'pod-security.kubernetes.io/warn': 'privileged',
  });
  const policies = objects.ofKind('NetworkPolicy').filter(({ metadata }) => metadata.namespace === AGENTS);
  expect(policies.map(({ spec }) => spec)).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
  for (const kind of ['DaemonSet', 'ConfigMap', 'ServiceAccount']) {
    expect(objects.ofKind(kind).filter(({ metadata }) => metadata.namespace === AGENTS)).toHaveLength(1);
  }
});

test('two caches share the namespace of the agents, and each has a folder of its own', () => {
  const shop = platform();
  cacheIn(shop);
  new ModelCache(shop, 'fast', { size: '1Ti', folder: '/mnt/disks/ssd0' });
  const objects = objectsOf(shop);
  expect(objects.ofKind('Namespace').map(({ metadata }) => metadata.name)).toEqual(['shop', AGENTS]);
  expect(objects.get('PersistentVolume', 'shop-fast').spec).toMatchObject({
    hostPath: { path: '/mnt/disks/ssd0/shop/fast' },
  });
});

test('where someone else manages namespaces, that of the agents is theirs, too', () => {
  const shop = platform({ ownNamespace: false });
  cacheIn(shop);
  expect(objectsOf(shop).ofKind('Namespace')).toEqual([]);
  expect(objectsOf(shop).get('DaemonSet', 'cache').metadata.namespace).toBe(AGENTS);
});

test.each([true, false])('a namespace whose name leaves no room for that of the agents is refused (own: %s)', (own) => {
  const namespace = 'n'.repeat(60);
  expect(problemsOf(() => cacheIn(platform({ namespace, ownNamespace: own })))).toEqual([
    `[shop] namespace must leave room for '-node-agents' in 63 characters, got '${'n'.repeat(56)}…`,
  ]);
});

test('root makes the folder for the user of the servers, and with nothing but the rights for that', () => {
  const make = containerOf(keeperOf(), 'make-folder');
  expect(make.command).toEqual([
    'sh',
    '-c',
    'mkdir -p "$CACHE_FOLDER" && chmod 755 "$CACHE_FOLDER" && chown 10001:10001 "$CACHE_FOLDER"',
  ]);
  expect(envOf(make)).toEqual({ CACHE_FOLDER: '/var/lib/recstack/shop/cache' });
  expect(make.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsUser: 0,
    capabilities: { drop: ['ALL'], add: ['CHOWN', 'FOWNER'] },
  });
});

test('the keeper runs as the owner of the folder and sees the mounts of the node', () => {
  const pod = keeperOf({ keep: '36h' });
  expect(pod).toMatchObject({ hostPID: true, automountServiceAccountToken: false, serviceAccountName: 'cache' });
  const keeper = containerOf(pod, 'keeper');
  expect(keeper.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 10001,
    capabilities: { drop: ['ALL'] },
  });
  expect(envOf(keeper)).toEqual({
    CACHE_FOLDER: '/var/lib/recstack/shop/cache',
    CACHE_KIB: String(200 * 2 ** 20),
    KEEP_SECONDS: '129600',
    WANTED_FILE: '/opt/recstack/wanted-models',
    MOUNTS_FILE: '/proc/1/mountinfo',
  });
  expect(pod.volumes).toEqual([
    { name: 'folder', hostPath: { path: '/var/lib/recstack', type: 'DirectoryOrCreate' } },
    { name: 'scripts', configMap: { name: 'cache' } },
  ]);
});

test('the keeper is on the nodes with GPUs, whose taints it tolerates', () => {
  expect(keeperOf().tolerations).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('the keeper is told which models the servers want, and is not restarted for a new one', () => {
  const listOf = (version: string) => {
    const shop = platform();
    const cache = cacheIn(shop);
    ranker({ cache, model: model({ version }) }, shop);
    new ModelServer(shop, 'shadow', { model: model({ version }), runtime: triton({ version: '25.08' }), cache });
    new ModelServer(shop, 'other', { model: model({ name: 'ncf' }), runtime: vllm({ version: '0.33.0' }), cache });
    const objects = objectsOf(shop);
    const [config] = objects.ofKind('ConfigMap').filter(({ metadata }) => metadata.namespace === AGENTS);
    return { list: Object(config?.data)['wanted-models'], keeper: objects.get('DaemonSet', 'cache') };
  };
  expect(listOf('42').list).toMatch(/^dlrm-42-[0-9a-f]{16}\nncf-42-[0-9a-f]{16}\n$/);
  expect(listOf('43').list).toMatch(/^dlrm-43-/);
  expect(listOf('43').keeper).toEqual(listOf('42').keeper);
});

test('another address or another checksum is another model, whatever its name', () => {
  const cache = cacheIn(platform());
  const folders = [
    model(),
    model({ uri: 's3://other/dlrm/42' }),
    model({ sha256: 'a'.repeat(64) }),
    model({ store: { endpoint: 'https://minio:9000' } }),
  ].map((artifact) => cache.folderOf(artifact));
  expect(new Set(folders).size).toBe(4);
  expect(cache.folderOf(model())).toBe(folders[0]);
});

test("a server's pod copies into the cache, and reads its model alone and read-only", () => {
  const pod = podOf(shopWith());
  expect(pod.volumes).toContainEqual({ name: 'model', persistentVolumeClaim: { claimName: 'cache' } });
  const { volumeMounts, resources } = containerOf(pod);
  expect(volumeMounts[0]).toEqual({
    name: 'model',
    mountPath: '/models/dlrm',
    subPath: expect.stringMatching(/^dlrm-42-[0-9a-f]{16}$/),
    readOnly: true,
  });
  // What it writes, and its log.
  expect(resources.requests?.['ephemeral-storage']).toBe('4Gi');
  expect(envOf(containerOf(pod, 'pull-model')).MODEL_FOLDER).toBe(`/cache/${volumeMounts[0]?.subPath}`);
});

test('a start without the model in the cache has as much time as one without a cache', () => {
  const seconds = (objects: ReturnType<typeof objectsOf>) => [
    specOf<{ progressDeadlineSeconds: number }>(objects, 'Deployment', 'ranker').progressDeadlineSeconds,
    envOf(containerOf(podOf(objects), 'pull-model')).PULL_SECONDS,
  ];
  expect(seconds(shopWith())).toEqual(seconds(objectsOf(ranker())));
});

test('a cache that can not hold the models of its servers is refused', () => {
  expect(problemsOf(() => shopWith({ size: '19Gi' }))).toEqual([
    "[shop/cache] size must hold the models of all servers that use it, 20276Mi or more, got '19Gi'",
  ]);
  expect(problemsOf(() => shopWith({ size: '20Gi' }))).toEqual([]);
});

test.each([
  ['pvc://models/dlrm', 'pvc'],
  [`oci://registry.example.com/dlrm@sha256:${'a'.repeat(64)}`, 'oci'],
] as const)('a cache for %s is refused', (uri, scheme) => {
  const shop = platform({ cluster: { kubernetes: '1.37' } });
  ranker({ cache: cacheIn(shop), model: model({ uri }) }, shop);
  expect(problemsOf(() => objectsOf(shop))).toEqual([
    `[shop/ranker] cache must be left out with ${scheme}://: a volume is not copied, and the kubelet caches images`,
  ]);
});

test('a cache of another namespace is refused', () => {
  const app = new App();
  const cluster = { kubernetes: '1.33' } as const;
  const cache = cacheIn(new Platform(app, 'ads', { cluster }));
  ranker({ cache }, new Platform(app, 'shop', { cluster }));
  expect(problemsOf(() => objectsOf(cache))).toEqual([
    "[shop/ranker] cache must be of the server's namespace 'shop', got 'ads/cache' of 'ads'",
  ]);
});

test('a bucket that is known only at apply has no name in the cache, and is refused', () => {
  const shop = platform();
  ranker({ cache: cacheIn(shop), model: model({ store: { endpoint: pulumi.output('https://minio:9000') } }) }, shop);
  expect(problemsOf(() => objectsOf(shop))).toContain(
    '[shop/ranker] cache must come with a model whose address is known at synth: the name of its folder is computed from it',
  );
});

test('what is no cache is refused', () => {
  expect(problemsOf(() => ranker({ cache: 'cache' } as never))).toEqual([
    "[shop/ranker] cache must be a ModelCache, got 'cache'",
  ]);
});

test.each(['var/lib', '/', '/var/../etc', '/var/lib/', '/a b', '/a:b'])(
  'a folder that is no path is refused: %s',
  (folder) => {
    expect(refused({ folder })).toEqual([
      `[shop/cache] folder must be an absolute path on the nodes, like '/mnt/disks/ssd0', got '${folder}': without '..' and ':'`,
    ]);
  },
);

test('a user has the last word on what is emitted', () => {
  const objects = shopWith({
    transform: {
      keeper: { spec: { template: { spec: { nodeSelector: { pool: 'gpu' } } } } },
      volume: { metadata: { annotations: { a: 'b' } } },
      claim: { metadata: { annotations: { c: 'd' } } },
    },
  });
  expect(specOf<DaemonSetSpec>(objects, 'DaemonSet', 'cache').template.spec?.nodeSelector).toEqual({ pool: 'gpu' });
  expect(objects.get('PersistentVolume', 'shop-cache').metadata.annotations).toEqual({ a: 'b' });
  expect(objects.get('PersistentVolumeClaim', 'cache').metadata.annotations).toEqual({ c: 'd' });
});
