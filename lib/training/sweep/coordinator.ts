import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from 'kubernetes-types/batch/v1';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { type Duration, seconds } from '../../core/durations';
import { hash } from '../../core/hash';
import { podLabels, selectorLabels, workloadMetadata } from '../../platform/labels';
import { RESTRICTED_CONTAINER, restrictedPod } from '../../platform/pod-security';
import { PROGRESS } from '../progress';
import { DEFAULT_KEEP_FINISHED } from '../survival';

const FILES = ['coordinator.py', 'api.py', 'strategy.py', 'hyperparameters.py'] as const;
const SCRIPTS = Object.fromEntries(FILES.map((file) => [file, readFileSync(join(__dirname, file), 'utf8')]));
const FOLDER = '/opt/sweep';
/** By which the script says that no trial has a result. */
const HOPELESS = 3;
const API_GROUP = 'rbac.authorization.k8s.io';

/** Who runs the trials: the pod that {@link coordinatorJob} makes. */
export interface Coordinator {
  readonly platform: string;
  readonly namespace: string;
  /** Name of its objects. */
  readonly name: string;
  readonly image: string;
  readonly trials: number;
  /** Name of the sweep, and of its trials' service account and pods. */
  readonly sweep: string;
  /** Name of the ConfigMap that it writes to. */
  readonly best: string;
  readonly deadlineSeconds: number | undefined;
  /** What the script reads, as JSON. */
  readonly settings: object;
  readonly trial: Job;
}

/** The scripts, and what they read. */
export function coordinatorFiles({ name, settings, trial }: Coordinator) {
  const data = { ...SCRIPTS, 'sweep.json': JSON.stringify(settings), 'trial.json': JSON.stringify(trial) };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: workloadMetadata(name, 'training'),
    data,
  } as const satisfies ConfigMap;
}

/** To make trials, to change its own by their names, to look at pods, and to write the result. */
export function coordinatorRole({ name, sweep, trials, best }: Coordinator) {
  const resourceNames = Array.from({ length: trials }, (_, i) => `${sweep}-${i}`);
  return {
    apiVersion: `${API_GROUP}/v1`,
    kind: 'Role',
    metadata: workloadMetadata(name, 'training'),
    rules: [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list'] },
      { apiGroups: ['batch'], resources: ['jobs'], resourceNames, verbs: ['patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [best], verbs: ['patch'] },
    ],
  } as const satisfies Role;
}

/** Gives it the role. */
export function coordinatorBinding({ name, namespace }: Coordinator) {
  return {
    apiVersion: `${API_GROUP}/v1`,
    kind: 'RoleBinding',
    metadata: workloadMetadata(name, 'training'),
    roleRef: { apiGroup: API_GROUP, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  } as const satisfies RoleBinding;
}

/** Nobody talks to it; it talks to the API server, whose address nobody knows here, and to its trials. */
export function coordinatorNetwork({ platform, name, sweep }: Coordinator) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(name, 'training'),
    spec: {
      podSelector: { matchLabels: selectorLabels({ platform, name }) },
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        { ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) },
        {
          to: [{ podSelector: { matchLabels: selectorLabels({ platform, name: sweep }) } }],
          ports: [{ protocol: 'TCP', port: PROGRESS.port }],
        },
      ],
    },
  } as const satisfies NetworkPolicy;
}

/**
 * The Job that runs the script until the sweep is done. A pod that goes is followed by one that goes on, and only when
 * it is gone, so that there are never two. The trials belong to the Job and are kept as long.
 */
export function coordinatorJob(coordinator: Coordinator, keepFinished: Duration = DEFAULT_KEEP_FINISHED) {
  const { platform, name, image, deadlineSeconds } = coordinator;
  const label = (key: string) => ({ fieldRef: { fieldPath: `metadata.labels['batch.kubernetes.io/${key}']` } });
  const memory = '512Mi';
  const disk = { 'ephemeral-storage': '1Gi' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: workloadMetadata(name, 'training'),
    spec: {
      backoffLimit: 6,
      ...(deadlineSeconds === undefined ? {} : { activeDeadlineSeconds: deadlineSeconds }),
      ttlSecondsAfterFinished: Math.ceil(seconds(keepFinished)),
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'coordinator', operator: 'In', values: [HOPELESS] },
          },
        ],
      },
      template: {
        metadata: {
          labels: podLabels({ platform, name, component: 'training' }),
          // A Job doesn't change: other settings make another sweep.
          annotations: { 'checksum/sweep': hash(JSON.stringify(coordinatorFiles(coordinator).data)) },
        },
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          securityContext: restrictedPod(),
          containers: [
            {
              name: 'coordinator',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['python3', `${FOLDER}/coordinator.py`, FOLDER],
              env: [
                { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                { name: 'SWEEP_UID', valueFrom: label('controller-uid') },
                { name: 'HOME', value: '/tmp' },
                { name: 'PYTHONDONTWRITEBYTECODE', value: '1' },
                // Otherwise OpenBLAS sets memory aside for each core of the node.
                { name: 'OMP_NUM_THREADS', value: '1' },
              ],
              resources: { requests: { cpu: '100m', memory, ...disk }, limits: { memory, ...disk } },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [
                { name: 'sweep', mountPath: FOLDER, readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'sweep', configMap: { name } },
            { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
          ],
        },
      },
    },
  } as const satisfies Job;
}
