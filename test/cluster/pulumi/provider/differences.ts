import { PropertyDiff } from '@pulumi/pulumi/proto/provider_pb';
import { isMap, type Properties } from './properties';

const { ADD, DELETE, UPDATE } = PropertyDiff.Kind;
type Kind = PropertyDiff.Kind;

/** What differs between two objects: the path of each property, written as in a program, and what happens to it. */
export function differences(before: unknown, after: unknown, path = ''): Map<string, Kind> {
  if (before === after) return new Map();
  if (before === undefined) return new Map([[path, ADD]]);
  if (after === undefined) return new Map([[path, DELETE]]);
  const [old, fresh] = [asMap(before), asMap(after)];
  if (old === undefined || fresh === undefined || Array.isArray(before) !== Array.isArray(after)) {
    return new Map([[path, UPDATE]]);
  }
  const step = (key: string) => (Array.isArray(after) ? `${path}[${key}]` : `${path}${property(key, path === '')}`);
  const keys = new Set([...Object.keys(old), ...Object.keys(fresh)]);
  return new Map([...keys].flatMap((key) => [...differences(old[key], fresh[key], step(key))]));
}

function property(key: string, first: boolean): string {
  if (!/^\w+$/.test(key)) return `["${key}"]`;
  return first ? key : `.${key}`;
}

function asMap(data: unknown): Properties | undefined {
  return isMap(data) || Array.isArray(data) ? { ...data } : undefined;
}
