import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { InvalidInput } from '../core/problem';
import type { Manifest } from './manifest';
import { objectKey } from './references';

/** An object of the tree, what must be there before it, and its manifest. */
export interface Rendered {
  /** The construct path, stable for the life of the object: `shop/ranker/deployment`. */
  readonly path: string;
  readonly object: ApiObject;
  readonly manifest: Manifest;
  readonly dependsOn: readonly Rendered[];
}

/** An object, its manifest, and the keys of the objects that it refers to. */
export interface Unordered {
  readonly object: ApiObject;
  readonly manifest: Manifest;
  readonly references: ReadonlySet<string>;
}

/**
 * Puts objects into the order in which they can be applied, each after all that it depends on:
 * what its manifest refers to by name, and what a user declared by `node.addDependency`.
 * Otherwise the order of the tree is kept. Linear in objects and dependencies.
 *
 * cdk8s' own dependencies are not used: they expand a dependency between charts into the product of their
 * objects and walk it exponentially.
 *
 * @throws InvalidInput when the dependencies form a circle.
 */
export function inDependencyOrder(objects: readonly Unordered[]): Rendered[] {
  const byKey = new Map<string, Mutable>();
  const byObject = new Map<IConstruct, Mutable>();
  for (const { object, manifest } of objects) {
    const rendered: Mutable = { path: object.node.path, object, manifest, dependsOn: [] };
    byKey.set(objectKey(manifest.kind, manifest.metadata.name, manifest.metadata.namespace), rendered);
    byObject.set(object, rendered);
  }
  const declared = new DeclaredDependencies();
  for (const { object, references } of objects) {
    const found = new Set<Mutable>();
    for (const key of references) {
      const target = byKey.get(key);
      if (target !== undefined && !waitsForPods(target.manifest)) found.add(target);
    }
    for (const target of declared.of(object)) {
      const dependency = byObject.get(target);
      if (dependency !== undefined) found.add(dependency);
    }
    const rendered = byObject.get(object);
    if (rendered === undefined) continue;
    found.delete(rendered);
    rendered.dependsOn = [...found];
  }
  return sorted([...byObject.values()]);
}

interface Mutable extends Rendered {
  dependsOn: Mutable[];
}

/**
 * Pulumi waits until a Service has endpoints, unless it is headless. Workloads that name a Service must not
 * wait for it in turn.
 */
function waitsForPods({ kind, spec }: Manifest): boolean {
  return kind === 'Service' && (spec as { clusterIP?: string } | undefined)?.clusterIP !== 'None';
}

/** The objects that a user declared by `addDependency`, on the object itself or on a construct around it. */
class DeclaredDependencies {
  // By construct: what is declared around many objects is looked up once.
  private readonly known = new Map<IConstruct, readonly IConstruct[]>();

  of(construct: IConstruct): readonly IConstruct[] {
    const known = this.known.get(construct);
    if (known !== undefined) return known;
    const { scope, dependencies } = construct.node;
    const own = dependencies.flatMap((dependency) => dependency.node.findAll()).filter(ApiObject.isApiObject);
    const around = scope === undefined ? [] : this.of(scope);
    const all = own.length === 0 ? around : [...own, ...around];
    this.known.set(construct, all);
    return all;
  }
}

/** A depth-first walk with a stack of its own: chains of dependencies may be longer than the call stack. */
function sorted(objects: readonly Mutable[]): Mutable[] {
  const order: Mutable[] = [];
  const state = new Map<Mutable, 'open' | 'done'>();
  for (const start of objects) {
    const trail = state.has(start) ? [] : [{ rendered: start, next: 0 }];
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const { rendered } = top;
      state.set(rendered, 'open');
      const dependency = rendered.dependsOn[top.next++];
      if (dependency === undefined) {
        state.set(rendered, 'done');
        order.push(rendered);
        trail.pop();
      } else if (state.get(dependency) === 'open') {
        throw circle([...trail.map((step) => step.rendered), dependency]);
      } else if (!state.has(dependency)) {
        trail.push({ rendered: dependency, next: 0 });
      }
    }
  }
  return order;
}

function circle(trail: readonly Mutable[]): InvalidInput {
  const paths = trail.map(({ path }) => path);
  const [last = ''] = paths.slice(-1);
  const text = `depends on itself: ${paths.slice(paths.indexOf(last)).join(' → ')}`;
  return new InvalidInput([{ where: last, text }]);
}
