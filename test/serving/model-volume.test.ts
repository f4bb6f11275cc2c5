import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelArtifactProps } from '../../lib';
import {
  claimedModel,
  HUB_SCRIPT,
  imageModel,
  PULL_SCRIPT,
  pulledModel,
  pullImage,
  pullScripts,
  SCRIPT_FOLDER,
} from '../../lib/serving/model-volume';
import { envOf, model } from './fixtures';

function pulled(props: Partial<ModelArtifactProps> = {}, cache?: { claim: string; folder: string }) {
  const input = { folder: '/models/dlrm', image: 'rclone/rclone:1.74.4', script: 'ranker', pullSeconds: 738 };
  return pulledModel({ ...input, model: model(props), ...(cache === undefined ? {} : { cache }) });
}

function puller(props: Partial<ModelArtifactProps> = {}) {
  const [container] = pulled(props).initContainers;
  if (container === undefined) throw new Error('there is no init container');
  return container;
}

test('a claim is mounted read-only at the folder that the server reads, and nothing is copied', () => {
  expect(claimedModel(model({ uri: 'pvc://models/dlrm/42' }), '/models/dlrm')).toEqual({
    volumes: [{ name: 'model', persistentVolumeClaim: { claimName: 'models', readOnly: true } }],
    mount: { name: 'model', mountPath: '/models/dlrm', subPath: 'dlrm/42', readOnly: true },
    initContainers: [],
    disk: 0,
  });
});

test('an image is mounted by the kubelet, read-only, at the folder that the server reads', () => {
  const image = `registry.example.com/shop/dlrm@sha256:${'a'.repeat(64)}` as const;
  expect(imageModel(model({ uri: `oci://${image}` }), '/models/dlrm')).toEqual({
    volumes: [{ name: 'model', image: { reference: image, pullPolicy: 'IfNotPresent' } }],
    mount: { name: 'model', mountPath: '/models/dlrm', readOnly: true },
    initContainers: [],
    disk: 0,
  });
});

test('triton#3029: a model in a bucket is copied to the node, and the server reads the copy, which it cannot change', () => {
  const { volumes, mount, initContainers } = pulled();
  expect(volumes).toEqual([
    { name: 'model', emptyDir: { sizeLimit: '20276Mi' } },
    { name: 'scripts', configMap: { name: 'ranker', items: [{ key: 'pull-model.sh', path: 'pull-model.sh' }] } },
  ]);
  expect(mount).toEqual({ name: 'model', mountPath: '/models', readOnly: true });
  expect(initContainers).toHaveLength(1);
});

test('the copy is made by the script, from where it is mounted, into the volume that the server reads', () => {
  expect(puller()).toMatchObject({
    name: 'pull-model',
    image: 'rclone/rclone:1.74.4',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '/opt/recstack/pull-model.sh'],
    volumeMounts: [
      { name: 'model', mountPath: '/models' },
      { name: 'scripts', mountPath: SCRIPT_FOLDER, readOnly: true },
    ],
  });
});

test('the script that is shipped is the file that is tested', () => {
  expect(PULL_SCRIPT).toBe(readFileSync(join(__dirname, '../../lib/serving/pull-model.sh'), 'utf8'));
});

test('kserve#5611: the script is told how long one attempt may take, what to copy, and where to', () => {
  expect(envOf(puller())).toMatchObject({
    MODEL_SOURCE: 'store:models/dlrm/42',
    MODEL_FOLDER: '/models/dlrm',
    PULL_SECONDS: '738',
  });
});

test('dollars in an address are no variables to Kubernetes, which writes $$ as $', () => {
  expect(envOf(puller({ uri: 's3://models/a$$b/$(HOME)' })).MODEL_SOURCE).toBe('store:models/a$$$$b/$$(HOME)');
});

test('a checksum is passed on; without one there is no variable, as the API server would drop an empty one', () => {
  expect(envOf(puller())).not.toHaveProperty('MODEL_SHA256');
  const sha256 = 'b'.repeat(64);
  expect(envOf(puller({ sha256 })).MODEL_SHA256).toBe(sha256);
});

test('every variable that the script reads without a default is set: it stops at the first that is not', () => {
  const read = [...PULL_SCRIPT.matchAll(/\$\{?([A-Z][A-Z0-9_]+)\b(?!:-)/g)].map(([, name]) => name);
  expect(Object.keys(envOf(puller()))).toEqual(expect.arrayContaining([...new Set(read)]));
});

test("S3 is asked with the pod's identity, which rclone does not do by itself", () => {
  expect(envOf(puller())).toMatchObject({
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'AWS',
    RCLONE_CONFIG_STORE_ENV_AUTH: 'true',
  });
  expect(envOf(puller())).not.toHaveProperty('RCLONE_CONFIG_STORE_ENDPOINT');
  expect(envOf(puller())).not.toHaveProperty('RCLONE_CONFIG_STORE_REGION');
});

test('a store that speaks S3 is asked at its endpoint, with keys from Secrets', () => {
  const container = puller({
    store: {
      endpoint: 'https://minio.shop.svc:9000',
      region: 'us-east-1',
      credentials: { accessKeyId: { name: 'minio', key: 'id' }, secretAccessKey: { name: 'keys', key: 'secret' } },
    },
  });
  expect(envOf(container)).toMatchObject({
    RCLONE_CONFIG_STORE_PROVIDER: 'Other',
    RCLONE_CONFIG_STORE_ENDPOINT: 'https://minio.shop.svc:9000',
    RCLONE_CONFIG_STORE_REGION: 'us-east-1',
  });
  expect(container.env).toContainEqual({
    name: 'AWS_ACCESS_KEY_ID',
    valueFrom: { secretKeyRef: { name: 'minio', key: 'id' } },
  });
  expect(container.env).toContainEqual({
    name: 'AWS_SECRET_ACCESS_KEY',
    valueFrom: { secretKeyRef: { name: 'keys', key: 'secret' } },
  });
});

test('Alibaba Cloud OSS is asked as rclone asks it: by the name of the bucket, and without a region', () => {
  const env = envOf(puller({ store: { endpoint: 'https://oss-cn-hangzhou-internal.aliyuncs.com' } }));
  expect(env.RCLONE_CONFIG_STORE_PROVIDER).toBe('Alibaba');
  expect(env).not.toHaveProperty('RCLONE_CONFIG_STORE_REGION');
});

const credentials = { accessKeyId: { name: 'oss', key: 'id' }, secretAccessKey: { name: 'oss', key: 'secret' } };

test('OSS is asked inside its region, where traffic is free and no NAT gateway is needed', () => {
  const container = puller({ uri: 'oss://models/dlrm/42', store: { region: 'cn-hangzhou', credentials } });
  expect(envOf(container)).toMatchObject({
    MODEL_SOURCE: 'store:models/dlrm/42',
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'Alibaba',
    RCLONE_CONFIG_STORE_ENDPOINT: 'https://s3.oss-cn-hangzhou-internal.aliyuncs.com',
  });
  expect(envOf(container)).not.toHaveProperty('RCLONE_CONFIG_STORE_REGION');
  expect(container.env).toContainEqual({
    name: 'AWS_SECRET_ACCESS_KEY',
    valueFrom: { secretKeyRef: { name: 'oss', key: 'secret' } },
  });
});

test('OSS is asked at another address, also at one of your own, where that is said', () => {
  const endpoint = 'https://models.example.com';
  const env = envOf(puller({ uri: 'oss://models/dlrm/42', store: { endpoint, credentials } }));
  expect(env).toMatchObject({ RCLONE_CONFIG_STORE_PROVIDER: 'Alibaba', RCLONE_CONFIG_STORE_ENDPOINT: endpoint });
});

const ON_HUB = 'hf://org/model@0123456789abcdef0123456789abcdef01234567';

test('a model of the hub is fetched in an image with Python, by a script beside the one that puts it in place', () => {
  const onHub = model({ uri: ON_HUB });
  expect(pullImage(onHub)).toBe('python:3.14.0-alpine');
  expect(pullScripts(onHub)).toEqual({ 'pull-model.sh': PULL_SCRIPT, 'pull-from-hub.py': HUB_SCRIPT });
  expect(pulled({ uri: ON_HUB }).volumes[1]?.configMap?.items).toEqual([
    { key: 'pull-model.sh', path: 'pull-model.sh' },
    { key: 'pull-from-hub.py', path: 'pull-from-hub.py' },
  ]);
  const names = Object.keys(envOf(puller({ uri: ON_HUB })));
  expect(names).toEqual(['MODEL_SOURCE', 'MODEL_BYTES', 'MODEL_FOLDER', 'PULL_SECONDS', 'HOME']);
  expect(envOf(puller({ uri: ON_HUB })).MODEL_SOURCE).toBe(ON_HUB);
});

test('a mirror of the hub and a token for it are passed on', () => {
  const endpoint = 'https://mirror.example.com';
  const container = puller({ uri: ON_HUB, store: { endpoint, token: { name: 'hub', key: 'token' } } });
  expect(envOf(container).HF_ENDPOINT).toBe(endpoint);
  expect(container.env).toContainEqual({
    name: 'HF_TOKEN',
    valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } },
  });
});

test('the script is told how much room the model needs', () => {
  expect(envOf(puller()).MODEL_BYTES).toBe(String(18 * 2 ** 30));
});

test('with a cache, the copy is made in there under a lock, and takes no disk of the pod but for its log', () => {
  const cached = pulled({}, { claim: 'cache', folder: 'dlrm-42-abc' });
  expect(cached.volumes[0]).toEqual({ name: 'model', persistentVolumeClaim: { claimName: 'cache' } });
  expect(cached.mount).toEqual({ name: 'model', mountPath: '/models/dlrm', subPath: 'dlrm-42-abc', readOnly: true });
  expect(cached.disk).toBe(0);
  const [container] = cached.initContainers;
  expect(envOf(container ?? {})).toMatchObject({
    MODEL_FOLDER: '/cache/dlrm-42-abc',
    MODEL_LOCK: '/cache/.locks/dlrm-42-abc',
    HOME: '/cache',
  });
  expect(container?.volumeMounts?.[0]).toEqual({ name: 'model', mountPath: '/cache' });
  expect(container?.resources?.limits).toEqual({ memory: '512Mi', 'ephemeral-storage': '64Mi' });
});

test('Google Cloud Storage is asked with the identity of the pod, too', () => {
  const env = envOf(puller({ uri: 'gs://models/dlrm/42' }));
  expect(env).toMatchObject({
    MODEL_SOURCE: 'store:models/dlrm/42',
    RCLONE_CONFIG_STORE_TYPE: 'google cloud storage',
    RCLONE_CONFIG_STORE_ENV_AUTH: 'true',
    RCLONE_CONFIG_STORE_BUCKET_POLICY_ONLY: 'true',
  });
  expect(env).not.toHaveProperty('RCLONE_CONFIG_STORE_PROVIDER');
});

test('rclone takes nothing from a file, and its home is a place that it may write to', () => {
  expect(envOf(puller())).toMatchObject({ RCLONE_CONFIG: '/dev/null', HOME: '/models' });
});

test('no variable is set twice: server-side apply refuses that', () => {
  for (const uri of ['s3://models/dlrm', 'gs://models/dlrm'] as const) {
    const names = (puller({ uri }).env ?? []).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  }
});

test('the copy has its room on the disk of the node, a tenth more than the model, and little else', () => {
  expect(puller({ size: '10Gi' }).resources).toEqual({
    requests: { cpu: '500m', memory: '512Mi', 'ephemeral-storage': '11Gi' },
    limits: { memory: '512Mi', 'ephemeral-storage': '11Gi' },
  });
  expect(pulled({ size: '10Gi' }).volumes[0]).toEqual({ name: 'model', emptyDir: { sizeLimit: '11Gi' } });
});

test('the copy runs as unprivileged as the server', () => {
  expect(puller().securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
  });
});
