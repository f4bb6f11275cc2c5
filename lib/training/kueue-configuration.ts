import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { CronJob } from 'kubernetes-types/batch/v1';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Duration, durationSchema, formatSeconds, seconds } from '../core/durations';
import { InvalidInput } from '../core/problem';
import { parse } from '../core/schema';
import { KUEUE_LABELS } from '../crds/kueue';
import { Platform } from '../platform/platform';

/** What Kueue calls the kinds that it takes in. A Deployment enters pod by pod. */
const FRAMEWORKS: Readonly<Record<string, readonly string[]>> = {
  Job: ['batch/job'],
  CronJob: ['batch/job'],
  JobSet: ['jobset.x-k8s.io/jobset'],
  TrainJob: ['trainer.kubeflow.org/trainjob'],
  RayJob: ['ray.io/rayjob'],
  RayCluster: ['ray.io/raycluster'],
  Deployment: ['pod', 'deployment'],
};

/** For a node that must come and an image that must be pulled, which is all that a run takes to start. */
const RUN_SECONDS = 600;

/** Checks {@link KueueConfigurationProps}. */
export const kueueConfigurationSchema = z.strictObject({
  /**
   * How long the pods of what was let in may take until all are ready. After that it goes back to the queue, and others
   * get their turn: no run holds GPUs while it waits for nodes that don't come, or for a pod whose node is lost.
   * @default - ten minutes, or as long as the slowest of the queued servers may take to start
   */
  podsReadyWithin: durationSchema.optional(),
});

/** Properties of {@link kueueConfiguration}. @interface */
export type KueueConfigurationProps = z.input<typeof kueueConfigurationSchema>;

/**
 * The configuration that Kueue needs for the queues of a tree, as YAML: the value `managerConfig.controllerManagerConfigYaml`
 * of its Helm chart. Kueue has one for the whole cluster, which no object of a queue can change.
 *
 * It takes in the kinds that are queued, in the namespaces that have queues, and ends the wait of what can't start. While
 * a run's pods start, others are let in all the same: a server must not wait for an image of a run.
 *
 * @throws InvalidInput when nothing is queued, or when servers take longer to start than they would be given
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.14.0/apis/config/v1beta1/configuration_types.go
 * @example
 * ```ts
 * writeFileSync('kueue.yaml', stringify({ managerConfig: { controllerManagerConfigYaml: kueueConfiguration(app) } }));
 * // helm upgrade --install kueue … --version 0.14.0 --values kueue.yaml
 * ```
 */
export function kueueConfiguration(root: IConstruct, props: KueueConfigurationProps = {}): string {
  const where = 'kueueConfiguration';
  const { podsReadyWithin } = parse(kueueConfigurationSchema, props, where);
  const queued = root.node.findAll().filter(ApiObject.isApiObject).filter(isQueued);
  if (queued.length === 0) {
    throw new InvalidInput([{ where, text: 'must be given a tree with something in a queue, got one without' }]);
  }
  const starts = Math.max(...queued.map(startSeconds));
  const within = podsReadyWithin ?? formatSeconds(Math.max(RUN_SECONDS, starts));
  if (seconds(within) < starts) {
    const text = `podsReadyWithin must be at least '${formatSeconds(starts)}', which the queued servers may take to start, got '${within}': their replicas would be stopped before`;
    throw new InvalidInput([{ where, text }]);
  }
  const namespaces = [...new Set(queued.map((object) => Platform.of(object).namespace))].sort();
  return stringify(
    configurationOf(
      queued.flatMap(({ kind }) => FRAMEWORKS[kind] ?? []),
      namespaces,
      within,
    ),
  );
}

function configurationOf(frameworks: readonly string[], namespaces: readonly string[], within: Duration) {
  const timeout = `${Math.ceil(seconds(within))}s`;
  return {
    apiVersion: 'config.kueue.x-k8s.io/v1beta1',
    kind: 'Configuration',
    // As the chart has them: its Services and its Deployment count on these.
    health: { healthProbeBindAddress: ':8081' },
    metrics: { bindAddress: ':8443' },
    webhook: { port: 9443 },
    leaderElection: { leaderElect: true, resourceName: 'c1f6bfd2.kueue.x-k8s.io' },
    integrations: { frameworks: [...new Set(frameworks)].sort() },
    managedJobsNamespaceSelector: {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }],
    },
    waitForPodsReady: {
      enable: true,
      timeout,
      // A replacement that finds no node counts as well: Kueue waits for it for ever otherwise.
      recoveryTimeout: timeout,
      // On by default where the rest is.
      blockAdmission: false,
      // Behind those that came later: what can't start must not be the next again.
      requeuingStrategy: { timestamp: 'Eviction' },
    },
  };
}

/** A CronJob's runs enter, and not the CronJob. */
function isQueued(object: ApiObject): boolean {
  const { spec }: CronJob = object.kind === 'CronJob' ? object.toJson() : {};
  const labels = spec?.jobTemplate.metadata?.labels ?? {};
  return KUEUE_LABELS.queue in labels || object.metadata.getLabel(KUEUE_LABELS.queue) !== undefined;
}

/** What a server may take until its pods are ready: an image and a model to pull, a model to load. */
function startSeconds(object: ApiObject): number {
  if (object.kind !== 'Deployment') return 0;
  const { spec }: Deployment = object.toJson();
  return spec?.progressDeadlineSeconds ?? RUN_SECONDS;
}
