import type { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { StatefulSet } from 'kubernetes-types/apps/v1';
import type { Container, EnvVar, Service, Volume, VolumeMount } from 'kubernetes-types/core/v1';
import type { NetworkPolicy, NetworkPolicyEgressRule } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { kubernetesObject } from '../core/kubernetes-object';
import { type Bytes, bytes, type Cpu, cores, formatBytes, formatCpu } from '../core/quantities';
import { dataClaim } from '../platform/data-claim';
import { disruptionBudget } from '../platform/disruption-budget';
import { podLabels, selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { RESTRICTED_CONTAINER, restrictedPod } from '../platform/pod-security';

/** One of the programs that monitoring consists of. */
export interface ProgramProps {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  /** The port that it answers on; its name is `http`. */
  readonly port: number;
  readonly probes: { readonly ready: string; readonly live: string };
  /**
   * Seconds from its start until it answers, at most.
   * @default 300
   */
  readonly startupSeconds?: number;
  /**
   * Seconds that it has to end.
   * @default - Kubernetes' own, 30
   */
  readonly graceSeconds?: number;
  readonly resources: { readonly cpu: Cpu; readonly memory: Bytes };
  /** Where it keeps its data, and how much. Without a size, the data goes with the pod. */
  readonly data: { readonly path: string; readonly size?: Bytes; readonly storageClass?: string };
  readonly volumes?: readonly Volume[];
  readonly mounts?: readonly VolumeMount[];
  /** Containers beside its own. */
  readonly sidecars?: readonly Container[];
  /** Changes when the pod must start anew to see its configuration; asked at synth. */
  readonly configChecksum?: string;
  /** Whether it talks to the Kubernetes API. */
  readonly usesApi?: boolean;
  readonly egress: readonly NetworkPolicyEgressRule[];
}

/** A monitoring program: one replica with its data, service, identity, and doors that are just wide enough. */
export class Program extends Construct {
  /** Its name and that of its objects: the one of the construct that it works for. */
  readonly name: string;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly statefulSet: ApiObject;
  readonly service: ApiObject;
  /** Where others in the namespace reach it: `prometheus:9090`. */
  readonly address: string;

  constructor(scope: Construct, id: string, props: ProgramProps) {
    super(scope, id);
    const platform = Platform.of(this);
    this.name = platform.nameOf(scope);
    this.address = `${this.name}:${props.port}`;
    const metadata = workloadMetadata(this.name, 'monitoring');
    const selector = selectorLabels({ platform: platform.node.id, name: this.name });
    this.serviceAccount = new kplus.ServiceAccount(this, 'service-account', { metadata });
    kubernetesObject<NetworkPolicy>(this, 'network-policy', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: props.port }] }],
        // An empty list is one that the API server drops, so that each apply would change the object.
        ...(props.egress.length > 0 ? { egress: [...props.egress] } : {}),
      },
    });
    this.service = kubernetesObject<Service>(this, 'service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: 'ClusterIP',
        selector,
        ports: [{ name: 'http', port: props.port, targetPort: 'http', protocol: 'TCP' }],
      },
    });
    kubernetesObject<PodDisruptionBudget>(this, 'disruption-budget', disruptionBudget(metadata, selector));
    this.statefulSet = kubernetesObject<StatefulSet>(this, 'stateful-set', this.workload(platform, selector, props));
  }

  private workload(platform: Platform, selector: Record<string, string>, props: ProgramProps) {
    const { port, probes, startupSeconds = 300, graceSeconds, data, resources, configChecksum } = props;
    const memory = formatBytes(bytes(resources.memory));
    const disk = { 'ephemeral-storage': '1Gi' };
    return {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: workloadMetadata(this.name, 'monitoring'),
      spec: {
        serviceName: this.name,
        replicas: 1,
        selector: { matchLabels: selector },
        template: {
          metadata: {
            labels: podLabels({ platform: platform.node.id, name: this.name, component: 'monitoring' }),
            ...(configChecksum === undefined ? {} : { annotations: { 'checksum/config': configChecksum } }),
          },
          spec: {
            serviceAccountName: this.serviceAccount.name,
            automountServiceAccountToken: props.usesApi === true,
            enableServiceLinks: false,
            securityContext: restrictedPod(),
            ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
            containers: [
              {
                name: this.name,
                image: platform.pin(props.image),
                imagePullPolicy: 'IfNotPresent',
                ...(props.args === undefined ? {} : { args: [...props.args] }),
                ...(props.env === undefined ? {} : { env: [...props.env] }),
                ports: [{ name: 'http', containerPort: port }],
                startupProbe: {
                  httpGet: { path: probes.ready, port: 'http' },
                  periodSeconds: 5,
                  failureThreshold: Math.ceil(startupSeconds / 5),
                },
                readinessProbe: {
                  httpGet: { path: probes.ready, port: 'http' },
                  periodSeconds: 10,
                  failureThreshold: 3,
                },
                livenessProbe: { httpGet: { path: probes.live, port: 'http' }, periodSeconds: 15, failureThreshold: 6 },
                resources: {
                  requests: { cpu: formatCpu(cores(resources.cpu)), memory, ...disk },
                  limits: { memory, ...disk },
                },
                securityContext: RESTRICTED_CONTAINER,
                volumeMounts: [{ name: 'data', mountPath: data.path }, ...(props.mounts ?? [])],
              },
              ...(props.sidecars ?? []),
            ],
            volumes: [...(data.size === undefined ? [{ name: 'data', emptyDir: {} }] : []), ...(props.volumes ?? [])],
          },
        },
        ...(data.size === undefined
          ? {}
          : {
              volumeClaimTemplates: [dataClaim({ size: data.size, storageClass: data.storageClass })],
            }),
      },
    } as const satisfies StatefulSet;
  }
}
