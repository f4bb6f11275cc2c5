import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ConfigMap, Container, Volume } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import type { PolicyRule, Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { podLabels, selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';

const FOLDER = '/opt/recstack';
const SETTINGS = 'settings.json';
const RBAC = 'rbac.authorization.k8s.io';

/** A program of a few files of Python. */
export interface InClusterScriptProps {
  /** Its name, and that of its objects. */
  readonly name: string;
  /** The file that is started, and those that it imports. */
  readonly files: readonly [string, ...string[]];
  /** What it reads whenever it does something, as JSON; asked at synth. */
  readonly settings: () => object;
  /** What it may do in its namespace; asked at synth. */
  readonly rules: () => readonly PolicyRule[];
  /** Ports, probes and mounts. */
  readonly container?: Pick<Container, 'env' | 'ports' | 'readinessProbe' | 'livenessProbe' | 'volumeMounts'>;
  readonly volumes?: readonly Volume[];
  /**
   * Who may call it; asked at synth.
   * @default - nobody
   */
  readonly ingress?: () => readonly NetworkPolicyIngressRule[] | undefined;
}

/** The constructs that run a script. */
export interface InClusterScriptNodes {
  readonly deployment: ApiObject;
  readonly configMap: ApiObject;
  readonly role: ApiObject;
  readonly roleBinding: ApiObject;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly networkPolicy: ApiObject;
}

/** A script that talks to the API server: one pod, with a role that allows just what it does. */
export class InClusterScript extends Construct {
  readonly nodes: InClusterScriptNodes;

  constructor(scope: Construct, id: string, props: InClusterScriptProps) {
    super(scope, id);
    const platform = Platform.of(this);
    const { name } = props;
    const metadata = workloadMetadata(name, 'training-control');
    const selector = selectorLabels({ platform: platform.node.id, name });
    const scripts = Object.fromEntries(
      props.files.map((file) => [file, readFileSync(join(__dirname, 'in-cluster', file), 'utf8')]),
    );
    const settings = () => JSON.stringify(props.settings(), undefined, 2);
    const { ingress } = props;
    this.nodes = {
      serviceAccount: new kplus.ServiceAccount(this, 'service-account', { metadata }),
      configMap: kubernetesObject<ConfigMap>(this, 'config-map', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { ...scripts, [SETTINGS]: Lazy.any({ produce: settings }) },
      }),
      role: kubernetesObject<Role>(this, 'role', {
        apiVersion: `${RBAC}/v1`,
        kind: 'Role',
        metadata,
        rules: Lazy.any({ produce: props.rules }),
      }),
      roleBinding: kubernetesObject<RoleBinding>(this, 'role-binding', {
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: platform.namespace }],
      }),
      networkPolicy: kubernetesObject<NetworkPolicy>(this, 'network-policy', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata,
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ['Ingress', 'Egress'],
          ...(ingress === undefined ? {} : { ingress: Lazy.any({ produce: ingress }) }),
          // The API server, whose address nobody knows here.
          egress: [{ ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) }],
        },
      }),
      deployment: kubernetesObject<Deployment>(this, 'deployment', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 1,
          // Two of them would do the same at the same time.
          strategy: { type: 'Recreate' },
          selector: { matchLabels: selector },
          template: {
            metadata: {
              labels: podLabels({ platform: platform.node.id, name, component: 'training-control' }),
              // The settings beside the scripts are read anew whenever they count.
              annotations: { 'checksum/script': hash(Object.values(scripts).join('')) },
            },
            spec: {
              serviceAccountName: name,
              automountServiceAccountToken: true,
              enableServiceLinks: false,
              terminationGracePeriodSeconds: 10,
              securityContext: restrictedPod(),
              containers: [container(platform, props)],
              volumes: [{ name: 'scripts', configMap: { name } }, ...(props.volumes ?? [])],
            },
          },
        },
      }),
    };
  }
}

function container(platform: Platform, { files: [main], container: own = {} }: InClusterScriptProps): Container {
  const disk = { 'ephemeral-storage': '64Mi' };
  return {
    ...own,
    name: 'script',
    image: platform.pin(HELPER_IMAGES.python),
    imagePullPolicy: 'IfNotPresent',
    // Without writing compiled files beside the scripts, where nobody may.
    command: ['python3', '-B', '-u', `${FOLDER}/${main}`, `${FOLDER}/${SETTINGS}`],
    env: [{ name: 'NAMESPACE', value: platform.namespace }, ...(own.env ?? [])],
    resources: { requests: { cpu: '10m', memory: '64Mi', ...disk }, limits: { memory: '64Mi', ...disk } },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [{ name: 'scripts', mountPath: FOLDER, readOnly: true }, ...(own.volumeMounts ?? [])],
  };
}
