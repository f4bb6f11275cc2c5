import { Lazy } from 'cdk8s';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';
import { seconds } from '../../core/durations';
import { hash } from '../../core/hash';
import { bytes, cores, formatBytes, formatCpu } from '../../core/quantities';
import { LABELS, podLabels, selectorLabels, workloadMetadata } from '../../platform/labels';
import type { Platform } from '../../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../../platform/pod-security';
import { evenly } from '../../platform/spread';
import { ENDPOINT_LAG_SECONDS, gracePeriod, progressDeadline } from '../budgets';
import { CONFIG_FOLDER } from '../runtime';
import type { FunnelSettings } from './props';

/** The objects of the API are made of these. */
export interface ApiInput {
  readonly platform: Platform;
  readonly name: string;
  readonly api: FunnelSettings['api'];
  /** Content of the configuration: pods start anew with another one. */
  readonly config: string;
  readonly serviceAccount: string;
  /** Asked at synth, when it is known whether an autoscaler decides on the replicas. */
  readonly replicas: () => number | undefined;
}

/** The Deployment of a funnel's API: as careful about starts, stops, nodes and rights as that of a model server. */
export function apiDeployment(input: ApiInput) {
  const { platform, name, api, config, serviceAccount, replicas } = input;
  const identity = { platform: platform.node.id, name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: workloadMetadata(name, 'funnel'),
    spec: {
      replicas: Lazy.any({ produce: replicas }),
      selector: { matchLabels: selectorLabels(identity) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: progressDeadline({ pull: 0, startup: Math.ceil(seconds(api.startup)) }),
      template: {
        metadata: {
          labels: podLabels({ ...identity, component: 'funnel' }),
          annotations: { 'checksum/config': hash(config) },
        },
        spec: {
          serviceAccountName: serviceAccount,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(api.priorityClass === undefined ? {} : { priorityClassName: api.priorityClass }),
          securityContext: restrictedPod(),
          terminationGracePeriodSeconds: gracePeriod(Math.ceil(seconds(api.drain))),
          topologySpreadConstraints: evenly(selectorLabels(identity)),
          containers: [container(input)],
          volumes: [
            { name: 'config', configMap: { name } },
            { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
          ],
        },
      },
    },
  } as const satisfies Deployment;
}

function container({ platform, api }: ApiInput): Container {
  const memory = formatBytes(bytes(api.resources.memory));
  // Its log and what it writes to /tmp.
  const disk = { 'ephemeral-storage': '2Gi' };
  return {
    name: 'server',
    image: platform.pin(api.image),
    imagePullPolicy: 'IfNotPresent',
    ...(api.command === undefined ? {} : { command: [...api.command] }),
    ...(api.args === undefined ? {} : { args: [...api.args] }),
    env: [
      { name: 'RECSTACK_FUNNEL', value: `${CONFIG_FOLDER}/funnel.json` },
      ...Object.entries(api.env).map(([name, value]) => ({ name, value })),
      ...Object.entries(api.secretEnv).map(([name, secretKeyRef]) => ({ name, valueFrom: { secretKeyRef } })),
    ],
    ports: [{ name: 'http', containerPort: api.port }],
    startupProbe: {
      httpGet: { path: api.probes.ready, port: 'http' },
      periodSeconds: 5,
      failureThreshold: Math.ceil(seconds(api.startup) / 5),
    },
    // One failure is too twitchy: a busy server misses a probe now and then (kserve#5677).
    readinessProbe: {
      httpGet: { path: api.probes.ready, port: 'http' },
      periodSeconds: 5,
      failureThreshold: 3,
      timeoutSeconds: 3,
    },
    livenessProbe: {
      httpGet: { path: api.probes.live, port: 'http' },
      periodSeconds: 10,
      failureThreshold: 6,
      timeoutSeconds: 5,
    },
    // Endpoints leave before it is told to stop, or requests that are still sent are refused.
    lifecycle: { preStop: { sleep: { seconds: ENDPOINT_LAG_SECONDS } } },
    resources: {
      requests: { cpu: formatCpu(cores(api.resources.cpu)), memory, ...disk },
      limits: { memory, ...disk },
    },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_FOLDER, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/**
 * The API's own policy: monitoring may scrape it, and it calls nothing. Each edge to a stage, and from a caller, has a
 * policy of its own beside it.
 */
export function apiPolicy(
  { platform, name, api }: Pick<ApiInput, 'platform' | 'name' | 'api'>,
  egress: readonly NetworkPolicyEgressRule[],
) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(name, 'funnel'),
    spec: {
      podSelector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { [LABELS.component]: 'monitoring' } } }],
          ports: [{ protocol: 'TCP', port: api.port }],
        },
      ],
      // An empty list is one that the API server drops, so that each apply would change the object.
      ...(egress.length > 0 ? { egress: [...egress] } : {}),
    },
  } as const satisfies NetworkPolicy;
}
