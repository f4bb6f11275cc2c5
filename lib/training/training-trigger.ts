import { type ApiObject, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { z } from 'zod';
import { seconds } from '../core/durations';
import { kubernetesObject } from '../core/kubernetes-object';
import { observedNotifiers, observeTrigger } from '../core/observed';
import { letIn } from '../platform/callers';
import { LABELS, selectorLabels, workloadMetadata } from '../platform/labels';
import { Platform } from '../platform/platform';
import { InClusterScript, type InClusterScriptNodes } from './in-cluster-script';
import type { trainOnSchema } from './training-trigger-props';

const PORT = 8080;

/** The constructs of a trigger. */
export interface TrainingTriggerNodes extends InClusterScriptNodes {
  readonly service: ApiObject;
  /** Lets Alertmanager out to the trigger. */
  readonly callerPolicy: ApiObject;
}

/**
 * Starts a run of a TrainingJob when an alert fires: never beside another, not within the cool-down after one, and once
 * for each firing. The alert that still fires when the cool-down is over starts its run then.
 *
 * A TrainingJob with `trainOn` makes it. Alertmanager of the platform's Monitoring calls it; one of another namespace is
 * let in by `allowFrom`, and told to post to `url`.
 */
export class TrainingTrigger extends Construct implements kplus.IPodSelector {
  readonly nodes: TrainingTriggerNodes;
  /** Its name, and that of its Service. */
  readonly name: string;
  /** Where Alertmanager's webhook posts to. */
  readonly url: string;
  private readonly platform: Platform;
  private hasOtherCallers = false;

  constructor(
    scope: Construct,
    id: string,
    props: z.output<typeof trainOnSchema> & {
      /** The CronJob from whose template runs are made. */
      readonly cronJob: string;
    },
  ) {
    super(scope, id);
    const { cronJob, cooldown } = props;
    const alerts = props.alerts.map((alert) => (typeof alert === 'string' ? { name: alert } : alert));
    this.platform = Platform.of(this);
    const { namespace } = this.platform;
    this.name = this.platform.nameOf(this);
    this.url = `http://${this.name}.${namespace}.svc:${PORT}/alerts`;
    const probe = { httpGet: { path: '/healthz', port: 'http' } };
    const script = new InClusterScript(this, 'receiver', {
      name: this.name,
      files: ['training/in-cluster/trigger.py', 'core/in-cluster/kube.py'],
      settings: () => ({
        cronJob,
        cooldownSeconds: seconds(cooldown),
        alerts: alerts.map(({ name }) => name),
      }),
      rules: () => [
        { apiGroups: ['batch'], resources: ['cronjobs'], resourceNames: [cronJob], verbs: ['get', 'patch'] },
        { apiGroups: ['batch'], resources: ['cronjobs/status'], resourceNames: [cronJob], verbs: ['patch'] },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'create'] },
      ],
      container: {
        ports: [{ name: 'http', containerPort: PORT }],
        readinessProbe: { ...probe, periodSeconds: 10, failureThreshold: 3 },
        livenessProbe: { ...probe, periodSeconds: 15, failureThreshold: 6 },
      },
      ingress: () => {
        const from = this.notifiers().map((name) => ({ podSelector: { matchLabels: this.podsOf(name) } }));
        // One without peers would be about everybody.
        return from.length === 0 ? undefined : [{ from, ports: [{ protocol: 'TCP', port: PORT }] }];
      },
    });
    const metadata = workloadMetadata(this.name, 'training-control');
    this.nodes = {
      ...script.nodes,
      service: kubernetesObject<Service>(this, 'service', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: {
          type: 'ClusterIP',
          selector: this.podsOf(this.name),
          ports: [{ name: 'http', port: PORT, targetPort: 'http', protocol: 'TCP' }],
        },
      }),
      callerPolicy: kubernetesObject<NetworkPolicy>(this, 'caller-policy', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { ...metadata, name: `${this.name}-caller` },
        spec: {
          podSelector: {
            matchLabels: { [LABELS.partOf]: this.platform.node.id },
            matchExpressions: [
              { key: LABELS.name, operator: 'In', values: Lazy.any({ produce: () => this.callers() }) },
            ],
          },
          policyTypes: ['Egress'],
          egress: [
            {
              to: [{ podSelector: { matchLabels: this.podsOf(this.name) } }],
              ports: [{ protocol: 'TCP', port: PORT }],
            },
          ],
        },
      }),
    };
    observeTrigger(this, { name: this.name, namespace, training: cronJob, url: this.url, alerts });
    this.node.addValidation({
      validate: () =>
        this.notifiers().length > 0 || this.hasOtherCallers
          ? []
          : [
              'must have somebody who tells it of alerts, got none: add a Monitoring to the platform or allowFrom an Alertmanager of your own',
            ],
    });
  }

  /**
   * Lets an Alertmanager of your own call the trigger; its configuration must send the alerts to `url`.
   *
   * @throws InvalidInput when it is let in already
   */
  allowFrom(caller: kplus.INetworkPolicyPeer): void {
    letIn(this, workloadMetadata(this.name, 'training-control'), [PORT], caller);
    this.hasOtherCallers = true;
  }

  /** Part of cdk8s-plus' `IPodSelector`. */
  toPodSelectorConfig(): kplus.PodSelectorConfig {
    const labelSelector = kplus.LabelSelector.of({ labels: this.podsOf(this.name) });
    return { labelSelector, namespaces: { names: [this.platform.namespace] } };
  }

  private notifiers(): string[] {
    return observedNotifiers(this.platform);
  }

  /** The trigger itself, which calls nobody, where there is no other: the list must not be empty. */
  private callers(): string[] {
    const names = this.notifiers();
    return names.length === 0 ? [this.name] : names;
  }

  private podsOf(name: string): Record<string, string> {
    return selectorLabels({ platform: this.platform.node.id, name });
  }
}
