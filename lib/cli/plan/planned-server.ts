import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Service } from '../../capacity/simulation/service';
import type { Problem } from '../../core/problem';
import { InvalidInput } from '../../core/problem';
import { type PerReplica, type ScaledServer, scaledBelow } from '../../core/scaled';
import { SHORTEST_WINDOW } from '../../core/scaling';
import { didYouMean } from '../../core/schema';
import { type TrafficBudget, trafficBudgetOf } from '../../core/traffic-budget';
import type { Manifest } from '../../synth/manifest';

/** A server whose traffic can be replayed. */
export interface PlannedServer {
  /** The construct path: `shop/ranker`. */
  readonly path: string;
  readonly about: ScaledServer;
  readonly perReplica: PerReplica;
  readonly service: Service;
  /** The same, by a policy on requests, which are counted for longer than CPU is measured. */
  readonly onRequests: Service;
  /** The objects that scale it, as synth emits them. */
  readonly manifests: readonly Manifest[];
  readonly budget: TrafficBudget;
}

/**
 * The autoscaled servers of a tree, or those of them that are named.
 *
 * @param names names or paths; none for all
 * @throws InvalidInput when there is none of a name, none at all, or one that can't be replayed
 */
export function plannedServers(root: IConstruct, names: readonly string[]): PlannedServer[] {
  const all = scaledBelow(root);
  if (all.length === 0) {
    const text = 'must have a server with an autoscaler, but has none: give one by server.autoscale(…)';
    throw new InvalidInput([{ where: '--env', text }]);
  }
  const isChosen = ({ path, server }: (typeof all)[number]) => names.includes(path) || names.includes(server.name);
  const chosen = names.length === 0 ? all : all.filter(isChosen);
  const budgets = budgetsBelow(root);
  const problems = [
    ...unknownNames(names, all),
    ...chosen.flatMap(unmeasured),
    ...chosen.flatMap((one) => unlimited(one, budgets.get(one.path))),
  ];
  if (problems.length > 0) throw new InvalidInput(problems);
  return chosen.flatMap(({ path, server: about }) => {
    const { perReplica, readySeconds, metricSeconds } = about;
    if (perReplica === undefined) return [];
    const service = { capacity: perReplica.rps, readySeconds, metricWindow: metricSeconds };
    const onRequests = { ...service, metricWindow: Math.max(SHORTEST_WINDOW, metricSeconds) };
    const manifests = about.objects.filter(ApiObject.isApiObject).map((object): Manifest => object.toJson());
    return [{ path, about, perReplica, service, onRequests, manifests, budget: budgets.get(path) ?? {} }];
  });
}

function unknownNames(names: readonly string[], all: ReturnType<typeof scaledBelow>): Problem[] {
  const known = all.map(({ server }) => server.name);
  return names
    .filter((name) => !all.some(({ path, server }) => path === name || server.name === name))
    .map((name) => {
      const text = `must be a server with an autoscaler, got '${name}'${didYouMean(name, known)} (there are ${known.join(', ')})`;
      return { where: '--server', text };
    });
}

function unmeasured({ path, server }: ReturnType<typeof scaledBelow>[number]): Problem[] {
  if (server.perReplica !== undefined) return [];
  const text =
    'perReplica.rps must be known for a replay, but is missing: add to its autoscaling how many requests a second ' +
    'one replica answers within its objective, like perReplica: { rps: 100 }, or choose others by --server';
  return [{ where: path, text }];
}

/** A limit that nothing can be held against would pass whatever comes. */
function unlimited(
  { path, server }: ReturnType<typeof scaledBelow>[number],
  budget: TrafficBudget | undefined,
): Problem[] {
  if (budget?.overSlo === undefined || server.perReplica === undefined) return [];
  const lacks = [
    ...(server.perReplica.serviceSeconds === undefined ? ['perReplica.serviceTime'] : []),
    ...(server.slos.some(({ kind }) => kind === 'latency') ? [] : ['an objective for the latency']),
  ];
  if (lacks.length === 0) return [];
  const text = `budget.overSlo must come with ${lacks.join(' and ')}, which the server has not: add it, or limit overCapacity`;
  return [{ where: path, text }];
}

/** Budgets by the paths of their constructs. */
function budgetsBelow(root: IConstruct): ReadonlyMap<string, TrafficBudget> {
  const all = root.node.findAll().map((construct) => [construct.node.path, trafficBudgetOf(construct)] as const);
  return new Map(all.flatMap(([path, budget]) => (budget === undefined ? [] : [[path, budget] as const])));
}
