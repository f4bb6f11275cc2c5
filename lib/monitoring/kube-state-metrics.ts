import { Construct } from 'constructs';
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { OBJECT_METRICS, RESTART_ATTEMPT } from './object-metrics';
import { Program } from './program';

const PORT = 8080;

/**
 * kube-state-metrics, telling of the runs of training what only the API server knows: which have started, succeeded and
 * failed. It sees the platform's namespace, and no more than that is asked for; one that the cluster may have is left
 * alone.
 *
 * @see https://github.com/kubernetes/kube-state-metrics/blob/v2.18.0/docs/developer/cli-arguments.md
 */
export class KubeStateMetrics extends Construct {
  /** Where Prometheus reaches it. */
  readonly address: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const platform = Platform.of(this);
    const program = new Program(this, 'server', {
      image: HELPER_IMAGES.kubeStateMetrics,
      args: [
        `--port=${PORT}`,
        `--namespaces=${platform.namespace}`,
        '--resources=cronjobs,jobs,pods',
        `--metric-allowlist=${OBJECT_METRICS.join(',')}`,
        `--metric-labels-allowlist=jobs=[${RESTART_ATTEMPT.label}]`,
      ],
      port: PORT,
      // Its own page about being alive asks the API server, which no restart of this brings back.
      probes: { ready: '/healthz', live: '/healthz' },
      resources: { cpu: '10m', memory: '128Mi' },
      data: { path: '/tmp' },
      usesApi: true,
      egress: [{ ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) }],
    });
    this.address = program.address;
    this.grant(program.serviceAccount.name, platform.namespace);
  }

  private grant(name: string, namespace: string): void {
    const apiGroup = 'rbac.authorization.k8s.io';
    const verbs = ['list', 'watch'];
    kubernetesObject<Role>(this, 'role', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata: workloadMetadata(name, 'monitoring'),
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs },
        { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs },
      ],
    });
    kubernetesObject<RoleBinding>(this, 'role-binding', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: workloadMetadata(name, 'monitoring'),
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}
