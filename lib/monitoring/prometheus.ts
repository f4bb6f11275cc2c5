import { Lazy, Yaml } from 'cdk8s';
import type * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ConfigMap } from 'kubernetes-types/core/v1';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from 'kubernetes-types/rbac/v1';
import { HELPER_IMAGES } from '../core/helper-images';
import { clusterWide, kubernetesObject } from '../core/kubernetes-object';
import {
  type ObservedServer,
  observedFunnels,
  observedServers,
  observedTrainings,
  observedTriggers,
  observePrometheus,
} from '../core/observed';
import { LABELS, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { alertRules } from './alerts';
import { funnelRules } from './funnel-alerts';
import type { MonitoringSettings } from './monitoring-props';
import { Program } from './program';
import { OWN_JOBS, prometheusConfig } from './prometheus-config';
import { trainingRules } from './training-alerts';
import { triggerRules } from './trigger-routes';

const PORT = 9090;

/** Prometheus, watching every server and all training of its platform: also those that are added after it. */
export class Prometheus extends Construct {
  /** Where others in the namespace reach it. */
  readonly address: string;

  constructor(
    scope: Construct,
    id: string,
    props: MonitoringSettings['prometheus'] & {
      readonly alertmanager: Program;
      /** Where kube-state-metrics is reached. */
      readonly kubeStateMetrics: string;
      readonly storageClass: string | undefined;
    },
  ) {
    super(scope, id);
    const platform = Platform.of(this);
    const hasDcgm = platform.cluster.has('dcgm-exporter');
    const config = this.config(platform, props, hasDcgm);
    const program = new Program(this, 'server', {
      image: props.image ?? HELPER_IMAGES.prometheus,
      args: [
        '--config.file=/etc/prometheus/prometheus.yaml',
        // Servers come and go; a restart for each would leave gaps.
        '--config.auto-reload',
        '--storage.tsdb.path=/prometheus',
      ],
      port: PORT,
      probes: { ready: '/-/ready', live: '/-/healthy' },
      resources: props.resources,
      // It replays its write-ahead log before it is ready, and a long one takes minutes; to be killed in it, or on the
      // way out, would only make it longer.
      startupSeconds: 900,
      graceSeconds: 300,
      data: { path: '/prometheus', size: props.storage, storageClass: props.storageClass },
      volumes: [{ name: 'config', configMap: { name: config } }],
      mounts: [{ name: 'config', mountPath: '/etc/prometheus', readOnly: true }],
      usesApi: true,
      egress: [
        // The servers, the nodes of training, kube-state-metrics and Alertmanager.
        { to: [{ podSelector: { matchLabels: { [LABELS.partOf]: platform.node.id } } }] },
        // The API server and the kubelets, whose addresses nobody knows here.
        { ports: [443, 6443, 8443, 10250].map((port) => ({ protocol: 'TCP', port })) },
        ...(hasDcgm ? [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 9400 }] }] : []),
      ],
    });
    this.address = program.address;
    observePrometheus(this, { name: program.name, namespace: platform.namespace, port: PORT });
    this.grant(platform, program.serviceAccount, hasDcgm);
    this.node.addValidation({
      validate: () =>
        [
          ...observedServers(platform).map(({ name }) => ({ name, what: 'server' })),
          ...observedTrainings(platform).map(({ name }) => ({ name, what: 'training' })),
        ]
          .filter(({ name }) => OWN_JOBS.includes(name))
          .map(
            ({ name, what }) =>
              `must not watch a ${what} called '${name}', as a job of its own is: give the ${what} another id`,
          ),
    });
  }

  private config(
    platform: Platform,
    {
      alertmanager,
      kubeStateMetrics,
      retention,
      storage,
    }: MonitoringSettings['prometheus'] & { readonly alertmanager: Program; readonly kubeStateMetrics: string },
    hasDcgm: boolean,
  ): string {
    const name = platform.nameOf(this);
    const servers = (): ObservedServer[] => observedServers(platform);
    const config = () =>
      prometheusConfig({
        platform: platform.node.id,
        namespace: platform.namespace,
        servers: servers(),
        trainings: observedTrainings(platform),
        alertmanager: alertmanager.address,
        kubeStateMetrics,
        retention,
        storage,
        hasDcgm,
      });
    const rules = () => ({
      groups: [
        ...alertRules(platform.node.id, servers()).groups,
        ...funnelRules(platform.node.id, observedFunnels(platform)),
        ...triggerRules(platform.node.id, observedTriggers(platform)),
        ...trainingRules(platform.node.id, observedTrainings(platform), { hasDcgm }),
      ],
    });
    kubernetesObject<ConfigMap>(this, 'config', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: workloadMetadata(name, 'monitoring'),
      data: {
        'prometheus.yaml': Lazy.any({ produce: () => Yaml.stringify(config()) }),
        'rules.yaml': Lazy.any({ produce: () => Yaml.stringify(rules()) }),
      },
    });
    return name;
  }

  /** What discovery and the kubelets' metrics ask for, and no more. */
  private grant(platform: Platform, account: kplus.ServiceAccount, hasDcgm: boolean): void {
    const { name } = account;
    const { namespace } = platform;
    const subjects = [{ kind: 'ServiceAccount', name, namespace }];
    const apiGroup = 'rbac.authorization.k8s.io';
    const read = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get', 'list', 'watch'] });
    kubernetesObject<Role>(this, 'role', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata: workloadMetadata(name, 'monitoring'),
      rules: [read('pods')],
    });
    kubernetesObject<RoleBinding>(this, 'role-binding', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: workloadMetadata(name, 'monitoring'),
      roleRef: { apiGroup, kind: 'Role', name },
      subjects,
    });
    const unique = `${namespace}-${name}`;
    const metrics = { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] };
    const nodes = kubernetesObject<ClusterRole>(this, 'cluster-role', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { ...workloadMetadata(name, 'monitoring'), name: unique },
      // The pods of dcgm-exporter live in a namespace of their own.
      rules: [read('nodes'), metrics, ...(hasDcgm ? [read('pods')] : [])],
    });
    const binding = kubernetesObject<ClusterRoleBinding>(this, 'cluster-role-binding', {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { ...workloadMetadata(name, 'monitoring'), name: unique },
      roleRef: { apiGroup, kind: 'ClusterRole', name: unique },
      subjects,
    });
    clusterWide(nodes);
    clusterWide(binding);
  }
}
