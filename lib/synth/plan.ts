import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { type Derivation, derivationsOf } from '../core/derivation';
import { type GpuHours, gpuHoursBelow } from '../core/gpu-hours';
import type { Problem } from '../core/problem';
import { warningsOf } from '../platform/warnings';
import type { Manifest } from './manifest';
import { render } from './render';

/** What stands directly below a chart, with all that is in it; or what is the chart's own. */
export interface Workload {
  /** The construct path: `shop/ranker`. */
  readonly path: string;
  /** The number of its objects of each kind, by the kind's name. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Its computed numbers. */
  readonly derivations: readonly Derivation[];
}

/** What a synth would write, and how its numbers came about. */
export interface Plan {
  /** The workloads, in the order of the tree. */
  readonly workloads: readonly Workload[];
  /** All objects, in the order in which they can be applied. */
  readonly manifests: readonly Manifest[];
  /** What workloads that come and go ask of GPUs. */
  readonly gpuHours: readonly GpuHours[];
  /** What works and yet should be mended. */
  readonly warnings: readonly Problem[];
}

/**
 * Checks and renders a tree like `synth`, and writes nothing. Values that only Pulumi knows may be in it.
 *
 * @throws InvalidInput with everything that is wrong in the tree
 */
export function plan(root: IConstruct): Plan {
  const rendered = render(root, { deferred: 'keep' });
  const workloads = new Map<string, { kinds: string[]; derivations: Derivation[] }>();
  const at = (path: string) => {
    const known = workloads.get(path) ?? { kinds: [], derivations: [] };
    workloads.set(path, known);
    return known;
  };
  const order = new Map(root.node.findAll().map((construct, i) => [construct.node.path, { construct, i }]));
  for (const { object, manifest } of rendered) at(workloadOf(object)).kinds.push(manifest.kind);
  for (const { where, derivations } of derivationsOf(root)) {
    const construct = order.get(where)?.construct;
    const path = construct === undefined ? where : workloadOf(construct);
    const part = where === path ? '' : `${where.slice(path.length + 1)} `;
    at(path).derivations.push(...derivations.map((derivation) => ({ ...derivation, what: part + derivation.what })));
  }
  const place = (path: string) => order.get(path)?.i ?? 0;
  return {
    workloads: [...workloads]
      .sort(([a], [b]) => place(a) - place(b))
      .map(([path, { kinds, derivations }]) => ({ path, kinds: counts(kinds.sort()), derivations })),
    manifests: rendered.map(({ manifest }) => manifest),
    gpuHours: gpuHoursBelow(root),
    warnings: warningsOf(root),
  };
}

/** The path of the construct directly below the chart that something is in; of the chart, if it is an object of its own. */
function workloadOf(construct: IConstruct): string {
  const { scopes } = construct.node;
  const chart = scopes.findIndex((scope) => Chart.isChart(scope));
  const workload = scopes[chart + 1];
  return (
    (workload === undefined || ApiObject.isApiObject(workload) ? scopes[chart] : workload)?.node.path ??
    construct.node.path
  );
}

function counts(kinds: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const kind of kinds) result.set(kind, (result.get(kind) ?? 0) + 1);
  return result;
}
