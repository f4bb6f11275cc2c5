import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonSet } from 'kubernetes-types/apps/v1';
import type { Container } from 'kubernetes-types/core/v1';
import { seconds } from '../core/durations';
import { hash } from '../core/hash';
import { bytes } from '../core/quantities';
import type { Distribution } from '../platform/distributions';
import { gpuPlacement } from '../platform/gpus';
import { podLabels, selectorLabels, type workloadMetadata } from '../platform/labels';
import { RESTRICTED_CONTAINER, UNPRIVILEGED } from '../platform/pod-security';
import type { ModelCacheSettings } from './model-cache-props';
import { SCRIPT_FOLDER } from './model-volume';

/** The script that deletes what is no longer used. */
export const KEEP_SCRIPT = readFileSync(join(__dirname, 'keep-models.sh'), 'utf8');

/** Creates the folder for the user that servers run as; the first time as root, who owns all around it. */
const MAKE_FOLDER = `mkdir -p "$CACHE_FOLDER" && chmod 755 "$CACHE_FOLDER" && chown ${UNPRIVILEGED.uid}:${UNPRIVILEGED.gid} "$CACHE_FOLDER"`;

/** A shell as the first process of a container is deaf to SIGTERM unless it listens. */
const EVERY_TEN_MINUTES = `trap 'exit 0' TERM; while :; do sh ${SCRIPT_FOLDER}/keep-models.sh || echo "this round failed" >&2; sleep 600 & wait $!; done`;

/**
 * Makes the cache's folder on each node where a server may run, and deletes in it what is no longer used. It is the
 * only part that reaches into the node: root to make the folder, and then the unprivileged owner of the folder, who
 * sees the node's mounts to know which models are in use.
 */
export function keeper(props: {
  readonly platform: string;
  readonly distribution: Distribution;
  readonly metadata: ReturnType<typeof workloadMetadata> & { readonly namespace: string };
  readonly settings: ModelCacheSettings;
  /** The cache's folder on the node. */
  readonly folder: string;
  readonly image: string;
  readonly serviceAccount: string;
}) {
  const { platform, distribution, metadata, settings, folder, image, serviceAccount } = props;
  const identity = { platform, name: metadata.name };
  const container = (name: string, script: string): Container => ({
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    env: [{ name: 'CACHE_FOLDER', value: folder }],
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '32Mi' } },
    // At its path on the node, so that messages name what an administrator finds.
    volumeMounts: [{ name: 'folder', mountPath: settings.folder }],
  });
  const loop = container('keeper', EVERY_TEN_MINUTES);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: {
      selector: { matchLabels: selectorLabels(identity) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: {
          labels: podLabels({ ...identity, component: 'model-cache' }),
          // The list beside the script changes with each model, and is read anew in each round.
          annotations: { 'checksum/script': hash(KEEP_SCRIPT) },
        },
        spec: {
          serviceAccountName: serviceAccount,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 10,
          // A model is in use as long as a pod has it mounted, which only the node's first process sees of all pods.
          hostPID: true,
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          tolerations: gpuPlacement([], distribution).tolerations,
          initContainers: [
            {
              ...container('make-folder', MAKE_FOLDER),
              securityContext: {
                ...RESTRICTED_CONTAINER,
                runAsUser: 0,
                // The second time, the folder is no longer root's own.
                capabilities: { drop: ['ALL'], add: ['CHOWN', 'FOWNER'] },
              },
            },
          ],
          containers: [
            {
              ...loop,
              env: [
                ...(loop.env ?? []),
                { name: 'CACHE_KIB', value: String(Math.floor(bytes(settings.size) / 1024)) },
                { name: 'KEEP_SECONDS', value: String(Math.ceil(seconds(settings.keep))) },
                { name: 'WANTED_FILE', value: `${SCRIPT_FOLDER}/wanted-models` },
                { name: 'MOUNTS_FILE', value: '/proc/1/mountinfo' },
              ],
              securityContext: {
                ...RESTRICTED_CONTAINER,
                runAsNonRoot: true,
                runAsUser: UNPRIVILEGED.uid,
                runAsGroup: UNPRIVILEGED.gid,
              },
              volumeMounts: [
                ...(loop.volumeMounts ?? []),
                { name: 'scripts', mountPath: SCRIPT_FOLDER, readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'folder', hostPath: { path: settings.folder, type: 'DirectoryOrCreate' } },
            { name: 'scripts', configMap: { name: metadata.name } },
          ],
        },
      },
    },
  } as const satisfies DaemonSet;
}
