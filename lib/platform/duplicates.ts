import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';

const guarded = new WeakSet<IConstruct>();

/**
 * Refuses two objects of one kind, namespace and name anywhere in the app: the second would silently
 * overwrite the first when they are applied.
 */
export function refuseDuplicates(construct: IConstruct): void {
  const { root } = construct.node;
  // Once for an app, however many platforms it holds: the check looks at all objects.
  if (guarded.has(root)) return;
  guarded.add(root);
  construct.node.addValidation({ validate: () => duplicates(root) });
}

function duplicates(root: IConstruct): string[] {
  const first = new Map<string, string>();
  const errors: string[] = [];
  for (const object of root.node.findAll()) {
    if (!ApiObject.isApiObject(object)) continue;
    const { namespace } = object.metadata;
    const key = [object.apiGroup, object.kind, namespace, object.name].join('|');
    const other = first.get(key);
    if (other === undefined) first.set(key, object.node.path);
    else {
      errors.push(
        `${object.kind} '${object.name}' in namespace '${namespace}' is made twice, by ${other} and by ` +
          `${object.node.path}: give one of them another id`,
      );
    }
  }
  return errors;
}
