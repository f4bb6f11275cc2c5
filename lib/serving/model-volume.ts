import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, EnvVar, Volume, VolumeMount } from 'kubernetes-types/core/v1';
import { HELPER_IMAGES } from '../core/helper-images';
import { bytes, formatBytes } from '../core/quantities';
import type { SecretRef } from '../core/secrets';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER } from '../platform/pod-security';
import { isPulled, locationOf, type ModelArtifact, type ModelScheme } from './model-artifact';
import type { ModelServerSettings } from './model-server-props';

const script = (file: string) => readFileSync(join(__dirname, file), 'utf8');

/** The script that puts a model in place, mounted into a public image that has rclone and a shell. */
export const PULL_SCRIPT = script('pull-model.sh');

/** What it calls for the hub, in an image that has Python. */
export const HUB_SCRIPT = script('pull-from-hub.py');

/** Where the script is mounted. */
export const SCRIPT_FOLDER = '/opt/recstack';

/** How a pod comes by its model: volumes, where the server finds it, and what fetches it first. */
export interface ModelVolume {
  readonly volumes: Volume[];
  readonly mount: VolumeMount;
  readonly initContainers: Container[];
  /** Bytes of the pod's own disk that it takes. */
  readonly disk: number;
}

/** What a copy takes of a disk, as a multiple of the model's size: file systems have their part. */
export const MODEL_OVERHEAD = 1.1;

/** What a pull takes of the pod's disk when the copy goes elsewhere: its log. */
const PULL_LOGS = 64 * 2 ** 20;

/** Newer than `kubernetes-types`. @see https://kubernetes.io/docs/concepts/storage/volumes/#image */
interface ImageVolume extends Volume {
  readonly image: { readonly reference: string; readonly pullPolicy: 'IfNotPresent' };
}

/** How a server's pods come by its model, by where it lies. */
export function modelVolume(props: {
  readonly platform: Platform;
  readonly settings: Pick<ModelServerSettings, 'model' | 'runtime' | 'cache'>;
  /** Name of the ConfigMap that holds {@link pullScripts}. */
  readonly script: string;
  readonly pullSeconds: number;
}): ModelVolume {
  const { platform, settings, script, pullSeconds } = props;
  const { model, runtime, cache } = settings;
  const folder = runtime.modelFolder(model);
  const { scheme } = locationOf(model);
  if (scheme === 'pvc') return claimedModel(model, folder);
  if (scheme === 'oci') return imageModel(model, folder);
  const image = platform.pin(pullImage(model));
  const cached = cache === undefined ? {} : { cache: { claim: cache.name, folder: cache.folderOf(model) } };
  return pulledModel({ model, folder, image, script, pullSeconds, ...cached });
}

/** An image is mounted as it is, read-only: the kubelet pulls it, and keeps it like those of containers. */
export function imageModel(model: ModelArtifact, folder: string): ModelVolume {
  const { place, path } = locationOf(model);
  const volume: ImageVolume = { name: 'model', image: { reference: `${place}/${path}`, pullPolicy: 'IfNotPresent' } };
  return {
    volumes: [volume],
    mount: { name: 'model', mountPath: folder, readOnly: true },
    initContainers: [],
    disk: 0,
  };
}

/** A claim is mounted as it is, read-only: replicas share it. */
export function claimedModel(model: ModelArtifact, folder: string): ModelVolume {
  const { place, path } = locationOf(model);
  return {
    volumes: [{ name: 'model', persistentVolumeClaim: { claimName: place, readOnly: true } }],
    mount: { name: 'model', mountPath: folder, subPath: path, readOnly: true },
    initContainers: [],
    disk: 0,
  };
}

/** What the files of scripts are called in the ConfigMap, for a model that is pulled. */
export function pullScripts(model: ModelArtifact): Record<string, string> {
  if (!isPulled(model)) return {};
  const scripts = { 'pull-model.sh': PULL_SCRIPT };
  return locationOf(model).scheme === 'hf' ? { ...scripts, 'pull-from-hub.py': HUB_SCRIPT } : scripts;
}

/** The public image that the scripts run in. */
export function pullImage(model: ModelArtifact): string {
  return locationOf(model).scheme === 'hf' ? HELPER_IMAGES.python : HELPER_IMAGES.rclone;
}

/** Where the cache is mounted while a model is copied into it. */
const CACHE_FOLDER = '/cache';

/**
 * A model in a bucket or on the hub is copied to the node before the server starts, into a volume of the pod or into the
 * node's cache. No server reads a live bucket: that is ten times slower (triton#3029), and the model could change under
 * it.
 */
export function pulledModel(props: {
  readonly model: ModelArtifact;
  readonly folder: string;
  readonly image: string;
  /** Name of the ConfigMap that holds {@link pullScripts}. */
  readonly script: string;
  readonly pullSeconds: number;
  /** The claim of the node's cache, and the model's folder in there. */
  readonly cache?: { readonly claim: string; readonly folder: string };
}): ModelVolume {
  const { model, folder, image, script, pullSeconds, cache } = props;
  const copy = MODEL_OVERHEAD * bytes(model.size);
  const disk = formatBytes(cache === undefined ? copy : PULL_LOGS);
  const home = cache === undefined ? '/models' : CACHE_FOLDER;
  const items = Object.keys(pullScripts(model)).map((key) => ({ key, path: key }));
  return {
    volumes: [
      cache === undefined
        ? { name: 'model', emptyDir: { sizeLimit: disk } }
        : { name: 'model', persistentVolumeClaim: { claimName: cache.claim } },
      { name: 'scripts', configMap: { name: script, items } },
    ],
    mount:
      cache === undefined
        ? { name: 'model', mountPath: '/models', readOnly: true }
        : { name: 'model', mountPath: folder, subPath: cache.folder, readOnly: true },
    disk: cache === undefined ? copy : 0,
    initContainers: [
      {
        name: 'pull-model',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', `${SCRIPT_FOLDER}/pull-model.sh`],
        env: [
          { name: 'MODEL_SOURCE', value: sourceOf(model) },
          { name: 'MODEL_BYTES', value: String(Math.ceil(bytes(model.size))) },
          ...(cache === undefined
            ? [{ name: 'MODEL_FOLDER', value: folder }]
            : [
                { name: 'MODEL_FOLDER', value: `${CACHE_FOLDER}/${cache.folder}` },
                { name: 'MODEL_LOCK', value: `${CACHE_FOLDER}/.locks/${cache.folder}` },
              ]),
          // An empty value is one that the API server drops, so that each apply would change the object.
          ...(model.sha256 === undefined ? [] : [{ name: 'MODEL_SHA256', value: model.sha256 }]),
          { name: 'PULL_SECONDS', value: String(pullSeconds) },
          ...storeEnv(model),
          { name: 'HOME', value: home },
        ],
        resources: {
          requests: { cpu: '500m', memory: '512Mi', 'ephemeral-storage': disk },
          limits: { memory: '512Mi', 'ephemeral-storage': disk },
        },
        securityContext: RESTRICTED_CONTAINER,
        volumeMounts: [
          { name: 'model', mountPath: home },
          { name: 'scripts', mountPath: SCRIPT_FOLDER, readOnly: true },
        ],
      },
    ],
  };
}

function sourceOf(model: ModelArtifact): string {
  const { scheme, place, path } = locationOf(model);
  // Kubernetes reads `$$` in a value as `$`, and `$(NAME)` as a variable.
  return scheme === 'hf' ? model.uri : `store:${place}/${path}`.replaceAll('$', '$$$$');
}

/** How the store is reached. */
function storeEnv(model: ModelArtifact): EnvVar[] {
  const { scheme } = locationOf(model);
  if (scheme === 'hf') return hub(model.store);
  // Settings come from the environment alone, and nothing is written but the model.
  return [
    ...(scheme === 'gs' ? gcsRemote() : s3Remote(scheme, model.store)),
    { name: 'RCLONE_CONFIG', value: '/dev/null' },
  ];
}

function hub({ endpoint, token }: ModelArtifact['store']): EnvVar[] {
  return [
    ...(endpoint === undefined ? [] : [{ name: 'HF_ENDPOINT', value: endpoint }]),
    ...(token === undefined ? [] : [fromSecret('HF_TOKEN', token)]),
  ];
}

/**
 * The remote `store`, without a configuration file. Unless told otherwise rclone would ask anonymously, without the
 * pod's identity.
 *
 * @see https://rclone.org/docs/#config-file and https://rclone.org/s3/
 */
function s3Remote(scheme: ModelScheme, { endpoint, region, credentials }: ModelArtifact['store']): EnvVar[] {
  const address = endpoint ?? (scheme === 'oss' ? ossEndpoint(region) : undefined);
  return [
    { name: 'RCLONE_CONFIG_STORE_TYPE', value: 's3' },
    { name: 'RCLONE_CONFIG_STORE_PROVIDER', value: scheme === 'oss' ? 'Alibaba' : providerAt(endpoint) },
    { name: 'RCLONE_CONFIG_STORE_ENV_AUTH', value: 'true' },
    ...(address === undefined ? [] : [{ name: 'RCLONE_CONFIG_STORE_ENDPOINT', value: address }]),
    // OSS knows its regions by the address alone.
    ...(region === undefined || scheme === 'oss' ? [] : [{ name: 'RCLONE_CONFIG_STORE_REGION', value: region }]),
    ...(credentials === undefined
      ? []
      : [
          fromSecret('AWS_ACCESS_KEY_ID', credentials.accessKeyId),
          fromSecret('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey),
        ]),
  ];
}

/**
 * The address of OSS inside its region, in the form for the protocol of S3.
 *
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/use-amazon-s3-sdks-to-access-oss
 */
function ossEndpoint(region: string | undefined): string {
  return `https://s3.oss-${region}-internal.aliyuncs.com`;
}

/** Other stores are asked by path (`endpoint/bucket`), which Alibaba Cloud refuses: it wants the bucket in the host. */
function providerAt(endpoint: string | undefined): 'AWS' | 'Alibaba' | 'Other' {
  if (endpoint === undefined) return 'AWS';
  return URL.canParse(endpoint) && new URL(endpoint).hostname.endsWith('.aliyuncs.com') ? 'Alibaba' : 'Other';
}

/** @see https://rclone.org/googlecloudstorage/ */
function gcsRemote(): EnvVar[] {
  return [
    { name: 'RCLONE_CONFIG_STORE_TYPE', value: 'google cloud storage' },
    { name: 'RCLONE_CONFIG_STORE_ENV_AUTH', value: 'true' },
    { name: 'RCLONE_CONFIG_STORE_BUCKET_POLICY_ONLY', value: 'true' },
  ];
}

function fromSecret(name: string, { name: secret, key }: SecretRef): EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
