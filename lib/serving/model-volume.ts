import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, EnvVar, Volume, VolumeMount } from 'kubernetes-types/core/v1';
import { bytes, formatBytes } from '../core/quantities';
import type { SecretRef } from '../core/secrets';
import { RESTRICTED_CONTAINER } from '../platform/pod-security';
import { locationOf, type ModelArtifact } from './model-artifact';

/** The script that copies a model, mounted into a public image that has rclone and a shell. */
export const PULL_SCRIPT = readFileSync(join(__dirname, 'pull-model.sh'), 'utf8');

/** Where the script is mounted. */
export const SCRIPT_FOLDER = '/opt/recstack';

/** How a pod comes by its model: volumes, where the server finds it, and what fetches it first. */
export interface ModelVolume {
  readonly volumes: Volume[];
  readonly mount: VolumeMount;
  readonly initContainers: Container[];
}

/** A claim is mounted as it is, read-only: replicas share it. */
export function claimedModel(model: ModelArtifact, folder: string): ModelVolume {
  const { place, path } = locationOf(model);
  return {
    volumes: [{ name: 'model', persistentVolumeClaim: { claimName: place, readOnly: true } }],
    mount: { name: 'model', mountPath: folder, subPath: path, readOnly: true },
    initContainers: [],
  };
}

/**
 * A model in a bucket is copied to the node before the server starts. No server reads a live bucket: that is ten
 * times slower (triton#3029), and the model could change under it.
 */
export function pulledModel(props: {
  readonly model: ModelArtifact;
  readonly folder: string;
  readonly image: string;
  /** Name of the ConfigMap that holds {@link PULL_SCRIPT}. */
  readonly script: string;
  readonly pullSeconds: number;
}): ModelVolume {
  const { model, folder, image, script, pullSeconds } = props;
  const { scheme, place, path } = locationOf(model);
  const disk = formatBytes(1.1 * bytes(model.size));
  return {
    volumes: [
      { name: 'model', emptyDir: { sizeLimit: disk } },
      { name: 'scripts', configMap: { name: script, items: [{ key: 'pull-model.sh', path: 'pull-model.sh' }] } },
    ],
    mount: { name: 'model', mountPath: '/models', readOnly: true },
    initContainers: [
      {
        name: 'pull-model',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', `${SCRIPT_FOLDER}/pull-model.sh`],
        env: [
          { name: 'MODEL_SOURCE', value: `store:${place}/${path}` },
          { name: 'MODEL_FOLDER', value: folder },
          // An empty value is one that the API server drops, so that each apply would change the object.
          ...(model.sha256 === undefined ? [] : [{ name: 'MODEL_SHA256', value: model.sha256 }]),
          { name: 'PULL_SECONDS', value: String(pullSeconds) },
          ...(scheme === 'gs' ? gcsRemote() : s3Remote(model.store)),
          // Settings come from the environment alone, and nothing is written but the model.
          { name: 'RCLONE_CONFIG', value: '/dev/null' },
          { name: 'HOME', value: '/models' },
        ],
        resources: {
          requests: { cpu: '500m', memory: '512Mi', 'ephemeral-storage': disk },
          limits: { memory: '512Mi', 'ephemeral-storage': disk },
        },
        securityContext: RESTRICTED_CONTAINER,
        volumeMounts: [
          { name: 'model', mountPath: '/models' },
          { name: 'scripts', mountPath: SCRIPT_FOLDER, readOnly: true },
        ],
      },
    ],
  };
}

/**
 * The remote `store`, without a configuration file. Unless told otherwise rclone would ask anonymously, without the
 * pod's identity.
 *
 * @see https://rclone.org/docs/#config-file and https://rclone.org/s3/
 */
function s3Remote({ endpoint, region, credentials }: ModelArtifact['store']): EnvVar[] {
  return [
    { name: 'RCLONE_CONFIG_STORE_TYPE', value: 's3' },
    { name: 'RCLONE_CONFIG_STORE_PROVIDER', value: providerAt(endpoint) },
    { name: 'RCLONE_CONFIG_STORE_ENV_AUTH', value: 'true' },
    ...(endpoint === undefined ? [] : [{ name: 'RCLONE_CONFIG_STORE_ENDPOINT', value: endpoint }]),
    ...(region === undefined ? [] : [{ name: 'RCLONE_CONFIG_STORE_REGION', value: region }]),
    ...(credentials === undefined
      ? []
      : [
          fromSecret('AWS_ACCESS_KEY_ID', credentials.accessKeyId),
          fromSecret('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey),
        ]),
  ];
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
