import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { bytes, bytesSchema, cores, cpuSchema } from '../core/quantities';
import { type Amounts, COUNTED, RESOURCES, UNCOUNTED_DISK, written } from './quota';

/** A server whose replicas enter a queue. */
export type Served = IConstruct & { readonly nodes: { readonly deployment: ApiObject } };

/**
 * What keeps servers waiting for ever, each as the rest of a sentence after the queue's path: more than is its own, and
 * what it doesn't count. What it borrows doesn't count for servers: its owner would take it back from them, even for the
 * least urgent run.
 */
export function servedProblems(servers: readonly Served[], own: Amounts): string[] {
  const demands = servers.map(demandOf);
  const problems = demands.flatMap(({ name, others }) =>
    others.map(
      (resource) =>
        `serve must be given what asks only for what the queue counts, got ${resource} of '${name}': its replicas would wait for ever`,
    ),
  );
  for (const what of COUNTED) {
    const asking = demands.filter(({ each }) => each[what] > 0);
    if (asking.reduce((sum, { each, most, surge }) => sum + (most + surge) * each[what], 0) <= own[what]) continue;
    const asked = asking.map(({ name, each, most, surge }) => {
      const one = written(what, each[what]);
      return `${most} × ${one} of '${name}'${surge === 0 ? '' : ` and ${surge} × ${one} for its rollout`}`;
    });
    problems.push(
      `serve must be given servers that fit into the queue's own ${what} with all their replicas, got ${asked.join(' and ')}, and it has ${written(what, own[what])}: raise it or lower their most replicas, or some wait for ever`,
    );
  }
  return problems;
}

/**
 * Why a run and a server would stop each other in turns: Kubernetes stops pods of a lower priority class for the run's,
 * and the queue stops the run for the server. Nothing comes of it where the server has a class as well, which is then
 * taken to be the higher one.
 */
export function turnProblems(servers: readonly Served[], queue: string, priorityClass: string | undefined): string[] {
  if (priorityClass === undefined) return [];
  const plain = servers
    .map(({ nodes }) => podOf(nodes.deployment))
    .filter(({ pod }) => pod?.priorityClassName === undefined);
  if (plain.length === 0) return [];
  const names = plain.map(({ name }) => `'${name}'`).join(', ');
  return [
    `priorityClass must be left out in the queue '${queue}', got '${priorityClass}', while it serves ${names} without one: Kubernetes would stop the server for the run, and the queue the run for the server, in turns; give the server a higher class or use priority`,
  ];
}

function podOf(deployment: ApiObject) {
  const { metadata, spec }: Deployment = deployment.toJson();
  const name = metadata?.name ?? deployment.name;
  return { name, replicas: spec?.replicas, strategy: spec?.strategy, pod: spec?.template.spec };
}

/** What the replicas of a server ask for, and how many there can be. */
function demandOf({ nodes }: Served) {
  const { name, replicas, strategy, pod } = podOf(nodes.deployment);
  const { maxUnavailable = 0 } = strategy?.rollingUpdate ?? {};
  const requests = requestsOf(pod);
  const known: readonly string[] = [...Object.values(RESOURCES), UNCOUNTED_DISK.name];
  return {
    name,
    most: mostOf(nodes.deployment) ?? replicas ?? 1,
    // Where no replica may be away, a new version starts with one more, and waits for ever if that does.
    surge: strategy?.rollingUpdate !== undefined && Number.parseInt(String(maxUnavailable), 10) === 0 ? 1 : 0,
    each: { gpus: requests('nvidia.com/gpu'), cpu: requests('cpu'), memory: requests('memory') },
    others: namesIn(pod).filter((resource) => !known.includes(resource)),
  };
}

/** The most replicas that an autoscaler in the same chart makes. */
function mostOf(deployment: ApiObject): number | undefined {
  const objects = deployment.chart.node.findAll().filter(ApiObject.isApiObject);
  const scaling = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject');
  for (const object of scaling) {
    const { spec = {} }: { spec?: Scaling } = object.toJson();
    if (spec.scaleTargetRef?.name === deployment.name) return spec.maxReplicas ?? spec.maxReplicaCount;
  }
  return undefined;
}

interface Scaling {
  readonly scaleTargetRef?: { readonly name?: string };
  readonly maxReplicas?: number;
  readonly maxReplicaCount?: number;
}

/** What a pod sets aside: all that run together, or more if one that comes before asks for more. */
function requestsOf(pod: PodSpec | undefined): (resource: string) => number {
  const { containers = [], initContainers = [] } = pod ?? {};
  const stays = (container: Container) => Reflect.get(container, 'restartPolicy') === 'Always';
  const together = [...containers, ...initContainers.filter(stays)];
  const before = initContainers.filter((container) => !stays(container));
  return (resource) => {
    const of = (container: Container) => amount(resource, String(container.resources?.requests?.[resource] ?? 0));
    return Math.max(
      together.reduce((sum, container) => sum + of(container), 0),
      ...before.map(of),
    );
  };
}

function namesIn(pod: PodSpec | undefined): string[] {
  const all = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
  return [...new Set(all.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})))];
}

/** What can't be read, such as what a transform has written, counts for nothing. */
function amount(resource: string, quantity: string): number {
  if (resource === 'memory') {
    const { data } = bytesSchema.safeParse(quantity);
    return data === undefined ? 0 : bytes(data);
  }
  const { data } = cpuSchema.safeParse(quantity);
  return data === undefined ? 0 : cores(data);
}
