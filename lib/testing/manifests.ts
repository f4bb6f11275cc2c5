import type { IConstruct } from 'constructs';
import type { Problem } from '../core/problem';
import { warningsOf } from '../platform/warnings';
import type { Manifest } from '../synth/manifest';
import { render } from '../synth/render';

/**
 * The objects of a tree, in memory: what `synth` would write, to be looked at in a test.
 *
 * @throws InvalidInput with everything that is wrong in the tree
 * @example
 * ```ts
 * const manifests = synthesize(stack.build('stacks/environments/production.yaml'));
 * expect(manifests.get('Deployment', 'ranker').spec).toMatchObject({ strategy: { type: 'RollingUpdate' } });
 * expect(manifests).toMatchSnapshot();
 * ```
 */
export function synthesize(root: IConstruct): Manifests {
  const objects = render(root, { deferred: 'refuse' }).map(({ manifest }) => manifest);
  return new Manifests(objects, warningsOf(root));
}

/** Objects, found by kind and name. */
export class Manifests {
  constructor(
    /** All objects, in the order in which they can be applied. */
    readonly all: readonly Manifest[],
    /** What works and yet should be mended. */
    readonly warnings: readonly Problem[] = [],
  ) {}

  /** The objects of a kind. */
  ofKind(kind: string): Manifest[] {
    return this.all.filter((manifest) => manifest.kind === kind);
  }

  /** The object of a kind and name, or undefined. With the same name in several namespaces, say which. */
  find(kind: string, name: string, namespace?: string): Manifest | undefined {
    return this.all.find(
      ({ kind: k, metadata }) =>
        k === kind && metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
    );
  }

  /**
   * The object of a kind and name.
   *
   * @throws Error that says what there is, when there is none
   */
  get(kind: string, name: string, namespace?: string): Manifest {
    const found = this.find(kind, name, namespace);
    if (found !== undefined) return found;
    const names = this.ofKind(kind).map(({ metadata }) => metadata.name);
    const kinds = [...new Set(this.all.map((manifest) => manifest.kind))].sort();
    throw new Error(
      names.length > 0
        ? `there is no ${kind} '${name}'; there are ${names.join(', ')}`
        : `there is no ${kind} at all; there are ${kinds.join(', ')}`,
    );
  }

  /** For snapshots: by kind and group (as kubectl has it), namespace and name, in alphabetical order. */
  toJSON(): Record<string, Manifest> {
    const named = this.all.map((manifest) => {
      const { namespace, name } = manifest.metadata;
      const [group] = manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/') : [];
      const kind = group === undefined ? manifest.kind : `${manifest.kind}.${group}`;
      return [[kind, namespace, name].filter(Boolean).join('/'), manifest] as const;
    });
    return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
