import { type ApiObject, Chart } from 'cdk8s';
import type { Problem } from '../core/problem';
import type { Manifest } from './manifest';

/**
 * Refuses two objects of one kind, namespace and name: the second would silently overwrite the first when they are
 * applied. What counts is what is written, after all transforms; versions of one API group are one kind.
 */
export class Duplicates {
  private readonly first = new Map<string, string>();

  /** Looks at the next object of the tree, and says whether one like it was there before. */
  visit(object: ApiObject, { apiVersion, kind, metadata: { name, namespace } }: Manifest): Problem | undefined {
    const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
    const key = [group, kind, namespace, name].join('|');
    const { path } = object.node;
    const other = this.first.get(key);
    if (other === undefined) {
      this.first.set(key, path);
      return undefined;
    }
    const place = namespace === undefined ? '' : ` in namespace '${namespace}'`;
    return {
      where: Chart.of(object).node.path,
      text: `${kind} '${name}'${place} is made twice, by ${other} and by ${path}: give one of them another id`,
    };
  }
}
