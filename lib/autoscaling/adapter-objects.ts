import { Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { ClusterRoleBinding, RoleBinding } from 'kubernetes-types/rbac/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
import { transform } from '../core/transform';
import { disruptionBudget } from '../platform/disruption-budget';
import { podLabels, selectorLabels, workloadMetadata } from '../platform/labels';
import type { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';
import { evenly } from '../platform/spread';
import type { MetricsSource } from './source';

const PORT = 6443;

/** What a prometheus-adapter is emitted from. */
export interface AdapterInput {
  readonly platform: Platform;
  readonly name: string;
  /** Its configuration, asked at synth: it reads it at its start only. */
  readonly config: () => string;
  readonly source: MetricsSource;
}

/**
 * prometheus-adapter for external metrics, with just the rights that an extension of the API needs: to let the API server
 * tell who asks, and whether they may.
 *
 * @see https://github.com/kubernetes-sigs/prometheus-adapter/tree/v0.12.0/deploy/manifests
 */
export function emitAdapter(scope: Construct, input: AdapterInput): void {
  const { platform, name } = input;
  const metadata = workloadMetadata(name, 'autoscaling');
  const selector = selectorLabels({ platform: platform.node.id, name });
  new kplus.ServiceAccount(scope, 'service-account', { metadata });
  kubernetesObject<Deployment>(scope, 'deployment', deployment(input));
  kubernetesObject<PodDisruptionBudget>(scope, 'disruption-budget', disruptionBudget(metadata, selector));
  kubernetesObject<Service>(scope, 'service', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', selector, ports: [{ name: 'https', port: 443, targetPort: 'https', protocol: 'TCP' }] },
  });
  kubernetesObject<NetworkPolicy>(scope, 'network-policy', networkPolicy(input, selector));
  emitApi(scope, input);
  emitRights(scope, input);
}

function deployment({ platform, name, config, source }: AdapterInput) {
  const identity = { platform: platform.node.id, name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: workloadMetadata(name, 'autoscaling'),
    spec: {
      // While none answers, nothing is scaled.
      replicas: 2,
      selector: { matchLabels: selectorLabels(identity) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: podLabels({ ...identity, component: 'autoscaling' }),
          annotations: { 'checksum/config': Lazy.any({ produce: () => hash(config()) }) },
        },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          securityContext: restrictedPod(),
          topologySpreadConstraints: evenly(selectorLabels(identity)),
          containers: [container(platform, source)],
          volumes: [
            { name: 'config', configMap: { name } },
            { name: 'certificate', emptyDir: { sizeLimit: '1Mi' } },
            { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
          ],
        },
      },
    },
  } as const satisfies Deployment;
}

function container(platform: Platform, source: MetricsSource): Container {
  const probe = (path: string) => ({ httpGet: { path, port: 'https', scheme: 'HTTPS' } });
  const memory = '256Mi';
  const disk = { 'ephemeral-storage': '128Mi' };
  return {
    name: 'adapter',
    image: platform.pin(HELPER_IMAGES.prometheusAdapter),
    imagePullPolicy: 'IfNotPresent',
    args: [
      `--secure-port=${PORT}`,
      '--cert-dir=/certificate',
      '--config=/config/config.yaml',
      Lazy.any({ produce: () => `--prometheus-url=${source.url}` }),
      // A new server is scaled after a minute at most; one of which nothing is scraped for a while stays known.
      '--metrics-relist-interval=1m',
      '--metrics-max-age=10m',
    ],
    ports: [{ name: 'https', containerPort: PORT }],
    startupProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 24 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 10, failureThreshold: 3 },
    livenessProbe: { ...probe('/livez'), periodSeconds: 15, failureThreshold: 6 },
    resources: { requests: { cpu: '100m', memory, ...disk }, limits: { memory, ...disk } },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'config', mountPath: '/config', readOnly: true },
      { name: 'certificate', mountPath: '/certificate' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

function networkPolicy(
  { platform, name, source }: AdapterInput,
  selector: Record<string, string>,
): NetworkPolicy & {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
} {
  const tcp = (ports: readonly unknown[]) => ports.map((port) => ({ protocol: 'TCP', port: port as number }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: workloadMetadata(name, 'autoscaling'),
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      // The API server, whose address nobody knows here.
      ingress: [{ ports: tcp([PORT]) }],
      egress: [
        source.isOwn
          ? { to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/part-of': platform.node.id } } }] }
          : { ports: tcp([source.port]) },
        { ports: tcp([443, 6443, 8443]) },
      ],
    },
  };
}

/** The API itself. Its certificate is one that the adapter makes at its start, and that nobody can know before. */
function emitApi(scope: Construct, { platform, name }: AdapterInput): void {
  const group = 'external.metrics.k8s.io';
  const version = 'v1beta1';
  clusterWide(
    kubernetesObject(scope, 'api', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { ...workloadMetadata(name, 'autoscaling'), name: `${version}.${group}` },
      spec: {
        group,
        version,
        service: { name, namespace: platform.namespace, port: 443 },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    }),
  );
}

/** Kubernetes' autoscaler itself may ask for external metrics by a role that Kubernetes brings. */
function emitRights(scope: Construct, { platform, name }: AdapterInput): void {
  const { namespace } = platform;
  const apiGroup = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const metadata = { ...workloadMetadata(name, 'autoscaling'), name: `${namespace}-${name}` };
  clusterWide(
    kubernetesObject<ClusterRoleBinding>(scope, 'cluster-role-binding', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:auth-delegator' },
      subjects,
    }),
  );
  const binding = kubernetesObject<RoleBinding>(scope, 'role-binding', {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    subjects,
  });
  // Where the role is.
  transform(binding, { metadata: { namespace: 'kube-system' } });
}
