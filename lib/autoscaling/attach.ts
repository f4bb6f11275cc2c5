import type { IConstruct } from 'constructs';
import { seconds } from '../core/durations';
import { InvalidInput } from '../core/problem';
import { type ScaledServer, scaled } from '../core/scaled';
import type { ScalingTarget } from '../core/scaling';
import { Platform } from '../platform/platform';
import { type PerReplicaProps, toPerReplica } from './per-replica';

/** Seconds until a replica is ready of which nothing is known. */
const READY_SECONDS = 60;

/**
 * Takes over the replicas of a target.
 *
 * @throws InvalidInput when another one decides on them already
 */
export function takeOver(target: ScalingTarget): void {
  if (target.hasAutoscaler) {
    const text = 'must have one autoscaler, but has one already: two would fight over the replicas';
    throw new InvalidInput([{ where: target.node.path, text }]);
  }
  target.markHasAutoscaler();
}

/** Seconds from the decision for a replica of a target until it is ready: measured, else derived. */
export function readySecondsOf(target: ScalingTarget, perReplica: PerReplicaProps | undefined): number {
  const { readyAfter } = perReplica ?? {};
  return readyAfter === undefined ? (target.readySeconds ?? READY_SECONDS) : seconds(readyAfter);
}

/** Tells whoever replays traffic of what was emitted. */
export function tell(
  target: ScalingTarget,
  about: {
    readonly perReplica: PerReplicaProps | undefined;
    readonly metricSeconds: number;
    readonly objects: readonly IConstruct[];
    readonly floors?: ScaledServer['floors'];
    readonly kept?: ScaledServer['kept'];
    readonly triggersFor?: ScaledServer['triggersFor'];
  },
): void {
  const { perReplica, metricSeconds, objects, floors, kept, triggersFor } = about;
  const { namespace, cluster } = Platform.of(target);
  scaled(target, {
    name: target.name,
    namespace,
    ...(perReplica === undefined ? {} : { perReplica: toPerReplica(perReplica) }),
    readySeconds: readySecondsOf(target, perReplica),
    metricSeconds,
    gpus: target.gpus ?? 0,
    slos: target.slos ?? [],
    canSetTolerance: cluster.supports('HPA tolerance'),
    objects,
    ...(kept === undefined ? {} : { kept }),
    ...(triggersFor === undefined ? {} : { triggersFor }),
    ...(floors === undefined ? {} : { floors }),
  });
}

/** What the cluster lacks for what a policy says, each as the rest of a message. */
export function clusterProblems(
  { cluster }: Platform,
  settings: {
    readonly cpu?: string | undefined;
    readonly memory?: string | undefined;
    readonly tolerance?: unknown;
  },
): string[] {
  const problems: string[] = [];
  if ((settings.cpu !== undefined || settings.memory !== undefined) && !cluster.has('metrics-server')) {
    problems.push('must have CPU and memory metrics, but the cluster has no metrics-server: add it to cluster.addons');
  }
  if (settings.tolerance !== undefined && !cluster.supports('HPA tolerance')) {
    problems.push(
      `tolerance must run on Kubernetes ${cluster.since('HPA tolerance')} or newer, got ${cluster.kubernetes}: leave it out`,
    );
  }
  return problems;
}
