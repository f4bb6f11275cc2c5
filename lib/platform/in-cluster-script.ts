import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { ConfigMap, Container, PodSpec, PodTemplateSpec, Volume } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1';
import type { PolicyRule, Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { hash } from '../core/hash';
import { HELPER_IMAGES } from '../core/helper-images';
import { kubernetesObject } from '../core/kubernetes-object';
import { type Component, podLabels, selectorLabels, workloadMetadata } from './labels';
import { Platform } from './platform';
import { RESTRICTED_CONTAINER, restrictedPod } from './pod-security';

const FOLDER = '/opt/recstack';
const SETTINGS = 'settings.json';
const RBAC = 'rbac.authorization.k8s.io';

/** A program of a few files of Python that talks to the API server. */
export interface InClusterProgram {
  /** Its name, and that of its objects. */
  readonly name: string;
  readonly component: Component;
  /** The file that is started, and those that it imports, each from lib/. */
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

/** What a program needs beside its pods. */
export interface InClusterProgramNodes {
  readonly configMap: ApiObject;
  readonly role: ApiObject;
  readonly roleBinding: ApiObject;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly networkPolicy: ApiObject;
}

/** Emits what a program needs beside its pods: its files, and a role that allows just what it does. */
export function emitProgram(scope: Construct, program: InClusterProgram): InClusterProgramNodes {
  const platform = Platform.of(scope);
  const { name, ingress } = program;
  const metadata = workloadMetadata(name, program.component);
  const settings = () => JSON.stringify(program.settings(), undefined, 2);
  return {
    serviceAccount: new kplus.ServiceAccount(scope, 'service-account', { metadata }),
    configMap: kubernetesObject<ConfigMap>(scope, 'config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { ...scriptsOf(program), [SETTINGS]: Lazy.any({ produce: settings }) },
    }),
    role: kubernetesObject<Role>(scope, 'role', {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: Lazy.any({ produce: program.rules }),
    }),
    roleBinding: kubernetesObject<RoleBinding>(scope, 'role-binding', {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: platform.namespace }],
    }),
    networkPolicy: kubernetesObject<NetworkPolicy>(scope, 'network-policy', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: selectorLabels({ platform: platform.node.id, name }) },
        policyTypes: ['Ingress', 'Egress'],
        ...(ingress === undefined ? {} : { ingress: Lazy.any({ produce: ingress }) }),
        // The API server, whose address nobody knows here.
        egress: [{ ports: [443, 6443, 8443].map((port) => ({ protocol: 'TCP', port })) }],
      },
    }),
  };
}

/** The pods of a program. */
export function programPod(scope: Construct, program: InClusterProgram): PodTemplateSpec & { spec: PodSpec } {
  const platform = Platform.of(scope);
  const { name, component } = program;
  return {
    metadata: {
      labels: podLabels({ platform: platform.node.id, name, component }),
      // The settings beside the scripts are read anew whenever they count.
      annotations: { 'checksum/script': hash(Object.values(scriptsOf(program)).join('')) },
    },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 10,
      securityContext: restrictedPod(),
      containers: [container(platform, program)],
      volumes: [{ name: 'scripts', configMap: { name } }, ...(program.volumes ?? [])],
    },
  };
}

function scriptsOf({ files }: InClusterProgram): Record<string, string> {
  const library = join(__dirname, '..');
  return Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(library, file), 'utf8')]));
}

function container(platform: Platform, { files: [main], container: own = {} }: InClusterProgram): Container {
  const disk = { 'ephemeral-storage': '64Mi' };
  return {
    ...own,
    name: 'script',
    image: platform.pin(HELPER_IMAGES.python),
    imagePullPolicy: 'IfNotPresent',
    // Without writing compiled files beside the scripts, where nobody may.
    command: ['python3', '-B', '-u', `${FOLDER}/${basename(main)}`, `${FOLDER}/${SETTINGS}`],
    env: [{ name: 'NAMESPACE', value: platform.namespace }, ...(own.env ?? [])],
    resources: { requests: { cpu: '10m', memory: '64Mi', ...disk }, limits: { memory: '64Mi', ...disk } },
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [{ name: 'scripts', mountPath: FOLDER, readOnly: true }, ...(own.volumeMounts ?? [])],
  };
}
